// Names across the linked units and what they resolve to. Built by link.cc, read by the decoder.
#pragma once
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "soft/launch/insn.h"
#include "soft/ptx/syntax.h"

namespace soft::ptx {

enum class SymbolKind : std::uint8_t { none, variable, shared, dynamic_shared, function };

struct Symbol {
    SymbolKind kind = SymbolKind::none;
    const Variable* variable = nullptr;
    std::uint64_t address = 0;   // of variables and functions (as data sees them); offset of shared ones
    std::uint32_t function = 0;  // index of a function's Code
    std::uint32_t align = 1;
};

using SymbolMap = std::unordered_map<std::string_view, Symbol>;

// Functions the engine itself provides.
enum class Builtin : std::uint8_t {
    none,
    vprintf,
    assertfail,
    malloc,
    free,
    set_condition,
    missing,
    // of CUDA's device runtime
    get_buffer,
    launch,
    create_stream,
    destroy_stream,
    last_error,
    peek_error,
};

struct LinkedFunction {
    const FunctionSyntax* syntax = nullptr;
    std::uint32_t unit = 0;
    Builtin builtin = Builtin::none;
    Code* code = nullptr;
};

struct Link {
    std::vector<SymbolMap> units;           // names each unit sees; its own statics win
    std::vector<LinkedFunction> functions;  // parallel to Symbol::function
    std::uint32_t module_shared = 0;        // bytes of module-scope .shared and that of device functions
    std::uint32_t dynamic_align = 16;       // largest alignment of an extern .shared array

    const Symbol* find(std::uint32_t unit, std::string_view name) const {
        const auto found = units[unit].find(name);
        return found == units[unit].end() ? nullptr : &found->second;
    }
};

}  // namespace soft::ptx
