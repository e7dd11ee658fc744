// mma and wmma.mma: fragments become dense matrices of doubles, are multiplied, and become a fragment
// again. Compiled once per instruction set by interpreter_matrix_*.cc. The lanes have met (matrix.cc):
// all 32 columns of the operands' slots are read, those of active lanes are written.
#include "soft/launch/lanes.h"
#include "soft/launch/matrix_site.h"
#include "soft/launch/registry.h"
#include "soft/launch/tables.h"

namespace soft {
namespace {

namespace n = numerics;
using n::Element;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

constexpr u32 kMaxRows = 32;
constexpr u32 kMaxDepth = 256;

// Room for the largest shape of each operand: m32n8k16, m8n32k16, m16n8k256.
struct Dense {
    alignas(64) double a[16 * kMaxDepth];
    alignas(64) double b[kMaxDepth * 8];
    alignas(64) double d[kMaxRows * 16];
};

template <Element E>
void widen(const u32* words, u32 shift, double* out) {
#pragma GCC ivdep
    for (u32 l = 0; l < kLanes; ++l) out[l] = n::element_value(E, words[l] >> shift);
}

void widen_any(Element element, const u32* words, u32 shift, double* out) {
    switch (element) {
        case Element::f16:
            return widen<Element::f16>(words, shift, out);
        case Element::bf16:
            return widen<Element::bf16>(words, shift, out);
        case Element::tf32:
            return widen<Element::tf32>(words, shift, out);
        case Element::f32:
            return widen<Element::f32>(words, shift, out);
        case Element::s8:
            return widen<Element::s8>(words, shift, out);
        case Element::u8:
            return widen<Element::u8>(words, shift, out);
        case Element::s32:
            return widen<Element::s32>(words, shift, out);
        default:
            for (u32 l = 0; l < kLanes; ++l) out[l] = n::element_value(element, words[l] >> shift);
    }
}

// Element `index` of every lane.
void widen_element(Warp& w, const MatrixFragment& f, u32 index, double* out) {
    const u32 from = f.slots[index / f.per_slot];
    if (f.element == Element::f64) {
        const u64* words = slot<u64>(w, from);
        for (u32 l = 0; l < kLanes; ++l) out[l] = n::f64_from(words[l]);
        return;
    }
    widen_any(f.element, slot<u32>(w, from), index % f.per_slot * n::element_bits(f.element), out);
}

// Where an element goes: dense[row * by_row + column * by_column].
struct Strides {
    u32 by_row;
    u32 by_column;
};

void gather(Warp& w, const MatrixFragment& f, Strides strides, double* dense) {
    alignas(64) double values[kLanes];
    for (u32 index = 0; index < held_by_lane(f); ++index) {
        widen_element(w, f, index, values);
        const MatrixPlace first = place_of(f, 0, index);
        double* at = dense + first.row * strides.by_row + first.column * strides.by_column;
        for (u32 l = 0; l < kLanes; ++l)
            at[(l >> 2) * strides.by_row + (l & 3u) * f.across * strides.by_column] = values[l];
    }
}

void put(Warp& w, const MatrixFragment& f, u32 lane, u32 index, u64 bits) {
    const u32 to = f.slots[index / f.per_slot];
    if (f.element == Element::f64) {
        slot<u64>(w, to)[lane] = bits;
        return;
    }
    u32& word = slot<u32>(w, to)[lane];
    if (f.per_slot == 1)
        word = static_cast<u32>(bits);
    else
        word = index % 2 == 0 ? static_cast<u32>(bits) : word | static_cast<u32>(bits) << 16;
}

void scatter(Warp& w, const MatrixFragment& f, bool saturates, const double* dense) {
    for (u32 index = 0; index < held_by_lane(f); ++index) {
        for (u32 l = 0; l < kLanes; ++l) {
            if ((w.active >> l & 1u) == 0) continue;
            const MatrixPlace at = place_of(f, l, index);
            const double value = dense[at.row * f.columns + at.column];
            put(w, f, l, index, n::element_result(f.element, value, saturates));
        }
    }
}

void multiply_dense(const MatrixSite& site, Dense& m) {
    if (site.d.element == Element::f64)
        n::multiply_add_f64(site.shape, m.a, m.b, m.d, site.rounding);
    else if (site.counts_xor)
        n::multiply_add_xor(site.shape, m.a, m.b, m.d);
    else
        n::multiply_add(site.shape, m.a, m.b, m.d);
}

// m8n8k4 of f16. A lane of a quad has four elements of A and of B, and eight of C and D.
MatrixPlace quad_input(u32 rank, u32 index, bool by_row) {
    return by_row ? MatrixPlace{rank, index} : MatrixPlace{(index & 3u) + (rank & 4u), rank & 3u};
}

MatrixPlace quad_output(u32 rank, u32 index, bool is_f32) {
    if (!is_f32) return {rank, index};
    return {(rank & 1u) + (index & 2u) + (rank & 4u), (index & 4u) + (rank & 2u) + (index & 1u)};
}

double quad_value(Warp& w, const MatrixFragment& f, u32 lane, u32 index) {
    const u32 word = slot<u32>(w, f.slots[index / f.per_slot])[lane];
    return n::element_value(f.element, word >> (index % f.per_slot * n::element_bits(f.element)));
}

void multiply_quad(Warp& w, const MatrixSite& site, u32 quad, Dense& m, u64 (&results)[kLanes][8]) {
    for (u32 rank = 0; rank < 8; ++rank) {
        const u32 lane = 4 * quad + (rank & 3u) + (rank & 4u) * 4;
        for (u32 k = 0; k < 4; ++k) {
            const MatrixPlace a = quad_input(rank, k, site.a_by_row);
            m.a[a.row * 4 + a.column] = quad_value(w, site.a, lane, k);
            const MatrixPlace b = quad_input(rank, k, !site.b_by_row);
            m.b[b.column * 8 + b.row] = quad_value(w, site.b, lane, k);
        }
        for (u32 k = 0; k < 8; ++k) {
            const MatrixPlace c = quad_output(rank, k, site.c.element == Element::f32);
            m.d[c.row * 8 + c.column] = quad_value(w, site.c, lane, k);
        }
    }
    n::multiply_add(site.shape, m.a, m.b, m.d);
    for (u32 rank = 0; rank < 8; ++rank) {
        const u32 lane = 4 * quad + (rank & 3u) + (rank & 4u) * 4;
        for (u32 k = 0; k < 8; ++k) {
            const MatrixPlace d = quad_output(rank, k, site.d.element == Element::f32);
            results[lane][k] =
                n::element_result(site.d.element, m.d[d.row * 8 + d.column], site.saturates);
        }
    }
}

// All four before any is written: D may be in C's registers.
void multiply_quads(Warp& w, const MatrixSite& site, Dense& m) {
    u64 results[kLanes][8];
    for (u32 quad = 0; quad < 4; ++quad) multiply_quad(w, site, quad, m, results);
    for (u32 l = 0; l < kLanes; ++l) {
        if ((w.active >> l & 1u) == 0) continue;
        for (u32 k = 0; k < 8; ++k) put(w, site.d, l, k, results[l][k]);
    }
}

const Insn* multiply(Warp& w, const Insn* i) {
    const auto& site = *static_cast<const MatrixSite*>(i->side);
    Dense m;
    if (site.is_quad) {
        multiply_quads(w, site, m);
        return i + 1;
    }
    gather(w, site.a, {site.shape.k, 1}, m.a);
    gather(w, site.b, {1, site.shape.n}, m.b);
    gather(w, site.c, {site.shape.n, 1}, m.d);
    multiply_dense(site, m);
    scatter(w, site.d, site.saturates, m.d);
    return i + 1;
}

const OpEntry kEntries[] = {
    FERRY_PLAIN(matrix, none, 1, multiply),
};

}  // namespace

namespace FERRY_ISA {
std::span<const OpEntry> matrix_entries() { return kEntries; }
}  // namespace FERRY_ISA

}  // namespace soft
