// The operands of one matrix instruction, and which lane holds which element of a fragment. Written by
// ptx/build_matrix.cc, read by hot_matrix.h and matrix.cc; owned by its Code.
//
// A fragment is cut into tiles of 8 rows and 4 * `across` columns. Lane l holds, of every tile, the
// `across` columns from (l % 4) * across on of row l / 4: for A and B as many as fill 32 bits, for C and
// D two. Tiles follow each other down the rows first. B is taken as n rows of k columns. That is the
// layout PTX gives for mma (but for m8n8k4 of f16, see is_quad); for wmma, where it gives none, it is
// ours.
#pragma once
#include <cstdint>

#include "soft/launch/insn.h"
#include "soft/numerics/matrix.h"

namespace soft {

enum class MatrixOp : std::uint8_t { multiply, load, store, load_rows, store_rows, transpose };

constexpr std::uint32_t kMaxMatrixSlots = 8;

struct MatrixFragment {
    numerics::Element element = numerics::Element::none;
    std::uint8_t count = 0;  // slots
    std::uint8_t across = 1;
    std::uint8_t per_slot = 1;  // elements of a lane in one slot
    std::uint16_t rows = 0;
    std::uint16_t columns = 0;
    std::uint32_t slots[kMaxMatrixSlots] = {};
};

struct MatrixPlace {
    std::uint32_t row;
    std::uint32_t column;
};

// SAFETY of static: every ISA's unit must keep its own copy.
static constexpr MatrixPlace place_of(const MatrixFragment& f, std::uint32_t lane, std::uint32_t index) {
    const std::uint32_t tile = index / f.across;
    const std::uint32_t down = f.rows / 8u;
    const std::uint32_t sideways = f.columns / (4u * f.across);
    return {(lane >> 2) + 8 * (tile % down),
            (lane & 3u) * f.across + index % f.across + 4u * f.across * (tile / down % sideways)};
}

// Elements of a lane before the fragment repeats itself, as wmma's of f16 do.
static constexpr std::uint32_t held_by_lane(const MatrixFragment& f) { return f.rows * f.columns / 32u; }

struct MatrixSite {
    MatrixOp op = MatrixOp::multiply;
    bool is_quad = false;        // m8n8k4 of f16: four products, of the lanes 4q..4q+3 and 16 above
    bool a_by_row = true;        // of a quad, which keeps its operands as they were in memory
    bool b_by_row = false;
    bool saturates = false;
    bool counts_xor = false;     // of b1: by exclusive or, not and
    bool is_row_major = true;    // of load and store: whether rows of the fragment are contiguous
    bool is_transposed = false;  // of load_rows and store_rows
    numerics::Round rounding = numerics::Round::rn;
    std::uint32_t stride = 0;  // slot, elements between rows (or columns)
    numerics::MatrixShape shape;
    MatrixFragment d, a, b, c;     // load and store use d only
    Handler multiply = nullptr;    // of this machine's instruction set
};

}  // namespace soft
