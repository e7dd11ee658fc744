// One builder per PTX opcode, grouped by file. Only find_builder (build.cc) names them.
#pragma once
#include "soft/ptx/decoder.h"

namespace soft::ptx {

// build_arithmetic.cc
bool build_add(Decoder&);
bool build_sub(Decoder&);
bool build_mul(Decoder&);
bool build_mad(Decoder&);
bool build_fma(Decoder&);
bool build_div(Decoder&);
bool build_rem(Decoder&);
bool build_neg(Decoder&);
bool build_abs(Decoder&);
bool build_min(Decoder&);
bool build_max(Decoder&);
bool build_root(Decoder&);
bool build_approximate(Decoder&);
bool build_addc(Decoder&);
bool build_subc(Decoder&);
bool build_madc(Decoder&);

// build_logic.cc
bool build_and(Decoder&);
bool build_or(Decoder&);
bool build_xor(Decoder&);
bool build_not(Decoder&);
bool build_cnot(Decoder&);
bool build_shl(Decoder&);
bool build_shr(Decoder&);
bool build_setp(Decoder&);
bool build_selp(Decoder&);

// build_move.cc
bool build_mov(Decoder&);
bool build_cvta(Decoder&);
bool build_cvt(Decoder&);

// build_memory.cc
bool build_ld(Decoder&);
bool build_st(Decoder&);
bool build_nothing(Decoder&);

// build_control.cc
bool build_bra(Decoder&);
bool build_ret(Decoder&);
bool build_exit(Decoder&);
bool build_trap(Decoder&);
bool build_bar(Decoder&);

// build_call.cc
bool build_call(Decoder&);
bool build_brx(Decoder&);
bool build_alloca(Decoder&);
bool build_stack(Decoder&);

// build_bits.cc
bool build_count(Decoder&);
bool build_bfind(Decoder&);
bool build_bfe(Decoder&);
bool build_bfi(Decoder&);
bool build_prmt(Decoder&);
bool build_shf(Decoder&);
bool build_lop3(Decoder&);
bool build_sad(Decoder&);
bool build_mul24(Decoder&);
bool build_dot(Decoder&);
bool build_fns(Decoder&);
bool build_bmsk(Decoder&);
bool build_copysign(Decoder&);
bool build_testp(Decoder&);
bool build_set(Decoder&);
bool build_slct(Decoder&);

// build_async.cc
bool build_cp(Decoder&);
bool build_mbarrier(Decoder&);

// build_matrix.cc
bool build_wmma(Decoder&);
bool build_mma(Decoder&);
bool build_matrix_rows(Decoder&);
bool build_movmatrix(Decoder&);

// build_video.cc
bool build_video(Decoder&);
bool build_video_simd(Decoder&);

// build_cluster.cc
bool build_policy(Decoder&);
bool build_mapa(Decoder&);
bool build_cluster_rank(Decoder&);
bool build_cluster_barrier(Decoder&);

// build_bulk.cc
bool build_bulk_copy(Decoder&);
// The bytes in slot `size` complete on the mbarrier at operand `n`.
bool emit_completion(Decoder&, std::uint32_t n, std::uint32_t size);

// build_warp.cc
bool build_shfl(Decoder&);
bool build_vote(Decoder&);
bool build_match(Decoder&);
bool build_redux(Decoder&);
bool build_elect(Decoder&);
bool build_bar_warp(Decoder&);
bool build_activemask(Decoder&);
bool build_atom(Decoder&);
bool build_fence(Decoder&);
bool build_nanosleep(Decoder&);
bool build_isspacep(Decoder&);

// build_texture.cc
bool build_tex(Decoder&);
bool build_texture_query(Decoder&);

// build_surface.cc
bool build_surface(Decoder&);

// The 64-bit slot of a texture or surface handle: a register, a parameter, or the address of a variable.
bool handle_operand(Decoder& d, const Operand& address, std::uint32_t& slot);
// Fills in the coordinates of `[handle, {...}]`; false after fail().
bool coordinate_operands(Decoder& d, const Operand& address, Geometry geometry, std::uint32_t& layer,
                         std::uint32_t (&coordinates)[3]);
// False when the statement names none that is known.
bool find_geometry(const Decoder& d, Geometry& geometry);

// The type whose handler serves when the sign does not matter: u32 for s32 and b32, ...
Type unsigned_type(Type type);
// The same as plain bits: b32 for u32, s32 and f32, ...
Type bit_type(Type type);
// Compares two slots as the statement's modifiers say, into a predicate (build_logic.cc).
bool emit_comparison(Decoder& d, std::uint32_t to, std::uint32_t a, std::uint32_t b, Type type);
// A copy of an f32 slot with subnormals flushed.
std::uint32_t emit_flush(Decoder& d, std::uint32_t from);
// Emits family.type with operands d, a[, b[, c]] all of the statement's type.
bool build_simple(Decoder& d, Family family, Type key, std::uint8_t variant = 0);

}  // namespace soft::ptx
