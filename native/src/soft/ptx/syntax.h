// What the parser makes of one PTX module, before linking: variables, functions, statements with resolved
// registers and labels. Names are views into the text, which the Program keeps alive. Read by the linker and
// the decoder.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "soft/ptx/opcode.h"
#include "soft/ptx/types.h"

namespace soft::ptx {

enum class Linkage : std::uint8_t { internal, external, visible, weak, common };

// One address written into initialised data.
struct Relocation {
    std::uint64_t offset;  // bytes from the start of the variable
    std::string_view symbol;
    std::int64_t addend;
    std::uint8_t size;   // bytes written
    std::uint8_t shift;  // bits dropped first, for mask(symbol)
    std::uint32_t line;
};

struct Variable {
    std::string_view name;
    Space space = Space::global;
    Linkage linkage = Linkage::internal;
    Type type = Type::b8;
    std::uint8_t vector = 1;  // elements of .v2 / .v4; 0 of a vector parameter's parts behind the first
    bool managed = false;
    bool is_array = false;
    std::uint32_t align = 1;
    std::uint32_t line = 0;
    std::uint64_t size = 0;       // bytes; 0 for an unsized extern array
    std::vector<std::byte> data;  // initialiser; shorter than size means zeros follow
    std::vector<Relocation> relocations;
};

enum class OperandKind : std::uint8_t {
    reg,
    integer,
    f32,
    f64,
    symbol,
    local_symbol,
    address,
    vector,
    special,
    label,
    sink,
    pair,
    list
};

struct Operand {
    OperandKind kind = OperandKind::integer;
    bool negated = false;     // !p, or a register written -r where PTX allows it
    std::uint32_t index = 0;  // register, local symbol, statement of a label
    std::uint32_t first = 0;  // children in FunctionSyntax::operands: vector, list, pair, address base
    std::uint32_t count = 0;
    std::uint64_t value = 0;    // integer, float bits
    std::int64_t offset = 0;    // added to an address, a symbol or a register
    std::string_view name;      // symbol, special register
    std::string_view selector;  // of a register in a video instruction: b0, h1, b3210
};

struct Statement {
    std::uint32_t line = 0;
    std::uint32_t first_operand = 0;
    std::uint32_t operand_count = 0;
    std::uint32_t first_mod = 0;
    std::uint16_t mod_count = 0;
    std::uint8_t type_count = 0;
    bool guard_negated = false;
    std::int32_t guard = -1;  // predicate register
    std::array<Type, 6> types{};
    OpcodeTraits traits;
    std::string_view opcode;
    std::string_view text;  // opcode with its modifiers, for messages
};

struct Prototype {
    std::string_view name;
    std::vector<Variable> results;
    std::vector<Variable> params;
};

struct TargetList {
    std::string_view name;
    std::uint32_t first = 0;  // label operands
    std::uint32_t count = 0;
};

struct FunctionSyntax {
    std::string_view name;
    Linkage linkage = Linkage::internal;
    bool is_entry = false;
    bool has_body = false;
    std::uint32_t line = 0;
    std::vector<Variable> results;
    std::vector<Variable> params;
    std::vector<Variable> locals;              // params and results first, then what the body declares
    std::vector<std::int32_t> local_register;  // of each local: the register of a `.reg` parameter, else -1
    std::vector<Type> registers;
    std::vector<Statement> statements;
    std::vector<Operand> operands;
    std::vector<Mod> mods;
    std::vector<Prototype> prototypes;
    std::vector<TargetList> branch_targets;
    std::vector<std::uint32_t> label_statements;  // sorted: statements a label names
    std::array<std::uint32_t, 3> required_block{};
    std::array<std::uint32_t, 3> max_block{};
};

// `.alias name, target;`
struct Alias {
    std::string_view name;
    std::string_view target;
    std::uint32_t line = 0;
};

struct Module {
    int ptx_version = 0;  // 10 * major + minor
    int target = 0;       // 75 of sm_75
    std::vector<Variable> variables;
    std::vector<FunctionSyntax> functions;
    std::vector<Alias> aliases;
};

}  // namespace soft::ptx
