// Which handler executes an operation on a type. The decoder asks; the answer depends on the machine's
// instruction set, chosen once per process. Hot operations exist once per instruction set, the others once.
#pragma once
#include <cstdint>
#include <span>

#include "soft/launch/insn.h"
#include "soft/ptx/types.h"

namespace soft {

enum class Family : std::uint16_t {
    nop,
    mov,
    add,
    sub,
    mul_lo,
    mul_hi,
    mul_wide,
    mad_lo,
    mad_hi,
    mad_wide,
    div,
    rem,
    neg,
    abs,
    min,
    max,
    and_,
    or_,
    xor_,
    not_,
    cnot,
    shl,
    shr,
    setp,
    selp,
    fma,
    cvt,
    cvt_general,
    load_global,
    store_global,
    load_shared,
    store_shared,
    load_any,
    store_any,
    guard,
    jump,
    jump_back,
    branch,
    branch_back,
    reconverge,
    exit,
    ret,
    call,
    bar,
    bar_arrive,
    bar_red,
    unsupported,
    fault_trap,
    pack,
    unpack,
    pred_and,
    pred_or,
    pred_xor,
    pred_not,
    pred_mov,
    popc,
    clz,
    brev,
    bfind,
    bfe,
    bfi,
    prmt,
    shf_l,
    shf_r,
    lop3,
    sad,
    mul24,
    mad24,
    dp4a,
    dp2a,
    fns,
    bmsk,
    szext,
    add_cc,
    addc,
    sub_cc,
    subc,
    mad_cc,
    float_general,
    unary_approx,
    div_approx,
    sqrt,
    rcp,
    copysign,
    testp,
    set,
    slct,
    half,
    atom,
    red,
    shfl,
    vote,
    match,
    redux,
    activemask,
    bar_warp,
    fence,
    clock,
    nanosleep,
    brx,
    alloca,
    stacksave,
    stackrestore,
    cp_async,
    isspacep,
    min3,
    max3,
    sync_elect,
    mbarrier,
    addr_local,
    texture,
    texture_query,
    surface,
    matrix,
    video,
    pair,
    bulk_copy,
    cluster_barrier,
    atom_shared,
    count
};

struct OpEntry {
    Family family;
    ptx::Type type;
    std::uint8_t variant;
    Handler full;
    Handler partial;
};

// Matches any variant that has no entry of its own.
constexpr std::uint8_t kAnyVariant = 0xff;

// Null when nothing implements it.
const OpEntry* find_op(Family family, ptx::Type type, std::uint8_t variant = 0);
// "avx512", "avx2" or "base".
const char* instruction_set();

}  // namespace soft

// SAFETY: ops are named per unit; taking both instantiations keeps the tables to one line each.
#define FERRY_OP(family, type, variant, op)                                      \
    {Family::family, ptx::Type::type, variant, &LaneOp<op>::template run<false>, \
     &LaneOp<op>::template run<true>}
#define FERRY_CUSTOM(family, type, variant, op) \
    {Family::family, ptx::Type::type, variant, &op<false>, &op<true>}
#define FERRY_PLAIN(family, type, variant, op) {Family::family, ptx::Type::type, variant, &op, &op}
