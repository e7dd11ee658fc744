// The compact instruction of the interpreter and the code of one function. Written by ptx/decode*, read by
// the handlers. One cache line per instruction; operands are byte offsets into the warp's register window.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "soft/launch/texture_site.h"

namespace soft {

struct Warp;
struct Insn;
struct Code;
struct MatrixSite;
struct VideoSite;

// Executes one instruction for the active lanes; answers the next one, or null when the fragment stops
// running.
using Handler = const Insn* (*)(Warp&, const Insn*);

// Which pattern of addresses an access of global or shared memory is compared with.
struct AddressPattern {
    std::uint32_t memo;      // index of the AddressMemo
    std::uint32_t is_known;  // 1: an access before it, with no wait between, has compared it already
};

struct Insn {
    Handler run[2] = {nullptr,
                      nullptr};  // [0] when every live lane is active (may write the others), [1] otherwise
    std::uint32_t d = 0, a = 0, b = 0, c = 0;
    std::int64_t imm = 0;
    union {
        const Insn* target = nullptr;  // of branches
        const void* side;              // a side table, by opcode
        AddressPattern pattern;        // of loads and stores that have hot handlers
    };
    std::uint32_t e = 0;
    std::uint32_t cache = 0;  // index of this instruction's RangeCache
    std::uint8_t mod[8] = {};
};
static_assert(sizeof(Insn) == 64);

constexpr std::uint32_t kLanes = 32;
constexpr std::uint32_t kFullMask = 0xffffffffu;

enum class Special : std::uint8_t {
    tid_x,
    tid_y,
    tid_z,
    ntid_x,
    ntid_y,
    ntid_z,
    ctaid_x,
    ctaid_y,
    ctaid_z,
    nctaid_x,
    nctaid_y,
    nctaid_z,
    laneid,
    warpid,
    nwarpid,
    smid,
    nsmid,
    gridid,
    lanemask_eq,
    lanemask_le,
    lanemask_lt,
    lanemask_ge,
    lanemask_gt,
    dynamic_smem,
    total_smem,
    dynamic_shared,
    envreg,
    reserved_begin,
    reserved_end,
    reserved_cap,
    reserved_0,
    reserved_1,
    zero,
    one,
    param
};

// A slot of the window that holds the same value for a whole launch (or block): filled before the code runs.
struct FixedSlot {
    Special special = Special::zero;
    std::uint8_t width = 4;  // bytes per lane of the slot: 4 or 8
    std::uint8_t size = 4;   // of a kernel parameter: bytes read
    bool is_constant = false;
    bool is_signed = false;
    std::uint32_t slot = 0;
    std::uint32_t index = 0;  // of a parameter: offset in the block; of envreg: its number
    std::uint64_t value = 0;  // of a constant
};

inline bool differs_by_lane(const FixedSlot& slot) {
    return !slot.is_constant &&
           (slot.special <= Special::tid_z || slot.special == Special::laneid ||
            (slot.special >= Special::lanemask_eq && slot.special <= Special::lanemask_gt));
}

// A value moved across a call: between a register or local bytes of one side and of the other.
struct CallMove {
    bool from_register = false;
    bool to_register = false;
    bool is_predicate = false;  // the register is a word with a bit for each lane
    std::uint32_t size = 0;
    std::uint32_t from = 0;  // slot, or offset in the caller's (callee's, for results) local frame
    std::uint32_t to = 0;
};

struct CallSite {
    const Code* callee = nullptr;  // null: by the address in register `a`
    std::vector<CallMove> args;    // `to` is resolved by position against the callee
    std::vector<CallMove> results;
};

// Where a callee keeps a parameter or result.
struct Formal {
    bool in_register = false;
    bool is_predicate = false;  // as in CallMove
    std::uint32_t size = 0;
    std::uint32_t at = 0;  // slot or local offset
};

struct Code {
    std::string name;
    bool is_entry = false;
    std::vector<Insn> insns;
    std::vector<std::uint32_t> lines;  // of each instruction
    std::vector<const char*> names;    // of each instruction: its opcode's text
    std::vector<std::uint32_t> name_sizes;
    std::vector<FixedSlot> fixed;
    std::vector<FixedSlot> per_block;
    std::vector<Formal> params;
    std::vector<Formal> results;
    std::vector<std::unique_ptr<CallSite>> calls;
    std::vector<std::unique_ptr<std::vector<const Insn*>>> jump_tables;
    std::vector<std::unique_ptr<TextureSite>> textures;
    std::vector<std::unique_ptr<SurfaceSite>> surfaces;
    std::vector<std::shared_ptr<VideoSite>> videos;
    std::vector<std::shared_ptr<MatrixSite>> matrices;  // shared only because it is incomplete here
    std::uint32_t frame_bytes = 0;                      // register window
    std::uint32_t local_bytes = 0;                      // per thread
    std::uint32_t shared_bytes = 0;                     // static, including what callees use
    std::uint32_t first_cache = 0;
    std::uint32_t cache_count = 0;
    bool has_calls = false;
    bool reads_reserved = false;  // names %reserved_smem_offset_*, itself or in a function it may call
    bool has_body = false;
};

}  // namespace soft
