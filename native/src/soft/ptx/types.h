// The vocabulary of PTX that the parser, the decoder and the interpreter share: data types, state spaces, modifiers.
// Modifiers are one flat list because the same word means different things to different opcodes (`.and`, `.add`).
#pragma once
#include <cstdint>
#include <string_view>

namespace soft::ptx {

enum class Type : std::uint8_t {
    none, u8, u16, u32, u64, s8, s16, s32, s64, b8, b16, b32, b64, b128, f16, f16x2, bf16, bf16x2, f32, f64, tf32,
    pred, u16x2, s16x2, e4m3, e5m2, e4m3x2, e5m2x2, f32x2, ue8m0x2, u4, s4, b1, texref, samplerref, surfref, count
};

enum class Space : std::uint8_t { generic, global, constant, shared, local, param, reg };

// Every modifier that is not a type. Kept in the order of kModifierNames (types.cc).
enum class Mod : std::uint16_t {
    none, rn, rz, rm, rp, rna, rni, rzi, rmi, rpi, ftz, sat, satfinite, relu, approx, full, lo, hi, wide, cc, uni, sync,
    aligned, volatile_, nc, to, global, const_, shared, local, param, reg, v2, v4, v8, eq, ne, lt, le, gt, ge, lo_unused,
    ls, hs, equ, neu, ltu, leu, gtu, geu, num, nan, NaN, and_, or_, xor_, not_, cas, exch, add, inc, dec, min, max,
    popc, cta, cluster, gpu, sys, gl, weak, relaxed, acquire, release, acq_rel, sc, mmio, ca, cg, cs, lu, cv, wb, wt,
    up, down, bfly, idx, all, any, ballot, f4e, b4e, rc8, ecl, ecr, rc16, l, r, clamp, wrap, shiftamt, finite, infinite,
    number, notanumber, normal, subnormal, arrive, red, warp, noftz, async, commit_group, wait_group, wait_all,
    bulk, mbarrier, init, inval, test_wait, try_wait, pending_count, noComplete, expect_tx, complete_tx, arrive_drop,
    parity, x, xorsign, abs, proxy, alias, L1, L2, address, size, trap, zero, mode, unified, noinc, x1, x2, x4, row,
    col, mma, load, store, a, b, c, d, is_global, k1d, k2d, k3d, a1d, a2d, cube, acube, lut, scale, pack, foreign, ignored, count
};

// Looks `word` up (no leading dot). Type::none or Mod::none when it is not one.
Type find_type(std::string_view word);
Mod find_modifier(std::string_view word);
std::string_view type_name(Type type);

// Bytes in memory of one element; 0 for pred and opaque types.
std::uint32_t type_size(Type type);
bool is_signed(Type type);
bool is_float(Type type);

}  // namespace soft::ptx
