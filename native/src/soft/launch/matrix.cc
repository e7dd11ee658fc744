// Matrix instructions of a warp: the lanes meet, then whole fragments move between memory and registers,
// or are multiplied (hot_matrix.h). Memory is read and written a row at a time; which lane has what is in
// matrix_site.h.
#include "soft/launch/matrix.h"

#include <bit>
#include <cstring>

#include "soft/launch/access.h"
#include "soft/launch/cold.h"
#include "soft/launch/matrix_site.h"
#include "soft/launch/registry.h"
#include "soft/launch/runtime.h"
#include "soft/launch/sync.h"
#include "soft/launch/tables.h"

namespace soft {
namespace {

using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

const MatrixSite& site_of(const Insn& i) { return *static_cast<const MatrixSite*>(i.side); }

bool is_active(const Warp& w, u32 lane) { return (w.active >> lane & 1u) != 0; }

// The contiguous runs of a matrix in memory: its rows, or its columns.
struct Runs {
    std::byte* at[kLanes] = {};
    u32 bits = 8;  // of an element
    bool is_row_major = true;

    u64 read(u32 row, u32 column) const {
        const u32 bit = (is_row_major ? column : row) * bits;
        const std::byte* from = at[is_row_major ? row : column] + bit / 8;
        u64 word = 0;
        std::memcpy(&word, from, (bits + 7) / 8);
        return bits >= 8 ? word : word >> bit % 8 & ((1u << bits) - 1);
    }
    // Only accumulators are stored, and they have whole bytes.
    void write(u32 row, u32 column, u64 word) const {
        std::memcpy(at[is_row_major ? row : column] + (is_row_major ? column : row) * bits / 8, &word,
                    bits / 8);
    }
};

// The address and the stride are the same in all lanes.
bool find_runs(Warp& w, const Insn& i, Runs& runs) {
    const MatrixSite& site = site_of(i);
    const MatrixFragment& f = site.d;
    const auto lane = static_cast<u32>(std::countr_zero(w.active));
    runs.bits = numerics::element_bits(f.element);
    runs.is_row_major = site.is_row_major;
    const u64 base = lane_address(w, i, lane);
    const u64 step = u64{slot<u32>(w, site.stride)[lane]} * runs.bits / 8;
    const u32 count = site.is_row_major ? f.rows : f.columns;
    const u64 size = u64{site.is_row_major ? f.columns : f.rows} * runs.bits / 8;
    for (u32 k = 0; k < count; ++k) {
        const u64 address = base + k * step;
        runs.at[k] = resolve_bytes(w, i, static_cast<ptx::Space>(i.mod[kModSpace]), address, size, lane);
        if (runs.at[k] == nullptr) return false;
        if (runs.bits >= 8 && address % (runs.bits / 8) != 0) {
            raise_address(w, &i, 716, lane, "misaligned address", address);
            return false;
        }
    }
    return true;
}

void load(Warp& w, const Insn& i) {
    const MatrixFragment& f = site_of(i).d;
    Runs runs;
    if (!find_runs(w, i, runs)) return;
    const u32 held = held_by_lane(f);
    for (u32 k = 0; k < f.count; ++k) {
        for (u32 l = 0; l < kLanes; ++l) {
            if (!is_active(w, l)) continue;
            u64 word = 0;
            for (u32 e = 0; e < f.per_slot; ++e) {
                const MatrixPlace at = place_of(f, l, (k * f.per_slot + e) % held);
                word |= runs.read(at.row, at.column) << (e * runs.bits);
            }
            if (runs.bits == 64)
                slot<u64>(w, f.slots[k])[l] = word;
            else
                slot<u32>(w, f.slots[k])[l] = static_cast<u32>(word);
        }
    }
}

void store(Warp& w, const Insn& i) {
    const MatrixFragment& f = site_of(i).d;
    Runs runs;
    if (!find_runs(w, i, runs)) return;
    for (u32 k = 0; k < held_by_lane(f); ++k) {
        const u32 from = f.slots[k / f.per_slot];
        for (u32 l = 0; l < kLanes; ++l) {
            if (!is_active(w, l)) continue;
            const MatrixPlace at = place_of(f, l, k);
            const u64 word = read_lane(w, from, runs.bits == 64 ? 8 : 4, l);
            runs.write(at.row, at.column, runs.bits == 64 ? word : word >> (k % f.per_slot * runs.bits));
        }
    }
}

// ldmatrix and stmatrix: 8x8 matrices of 16 bits, whose rows lane 8j + r names for matrix j.
struct Rows {
    std::byte* at[kMaxMatrixSlots / 2][8] = {};
};

bool find_rows(Warp& w, const Insn& i, u32 members, Rows& rows) {
    const u32 count = site_of(i).d.count;
    for (u32 l = 0; l < 8 * count; ++l) {
        if ((members >> l & 1u) == 0) continue;
        const auto space = static_cast<ptx::Space>(i.mod[kModSpace]);
        const u64 address = lane_address(w, i, l);
        if (space == ptx::Space::generic && (address & ~(kWindowSize - 1)) != kSharedWindow) {
            raise_address(w, &i, 717, l, "matrix rows outside shared memory at", address);
            return false;
        }
        std::byte* at = resolve(w, i, space, address, 16, l);
        if (at == nullptr) return false;
        rows.at[l / 8][l % 8] = at;
    }
    return true;
}

// The word lane l has of a matrix: two neighbours of a row, or of a column when transposed.
void row_word(std::byte* const (&rows)[8], u32 lane, bool is_transposed, bool is_store, u32& word) {
    for (u32 k = 0; k < 2; ++k) {
        const u32 major = lane / 4;
        const u32 minor = lane % 4 * 2 + k;
        std::byte* row = rows[is_transposed ? minor : major];
        if (row == nullptr) continue;
        std::byte* at = row + 2 * (is_transposed ? major : minor);
        auto half = static_cast<u16>(word >> (16 * k));
        if (is_store)
            std::memcpy(at, &half, sizeof half);
        else
            std::memcpy(&half, at, sizeof half);
        word = (word & ~(0xffffu << (16 * k))) | u32{half} << (16 * k);
    }
}

void move_rows(Warp& w, const Insn& i, u32 members) {
    const MatrixSite& site = site_of(i);
    Rows rows;
    if (!find_rows(w, i, members, rows)) return;
    const bool is_store = site.op == MatrixOp::store_rows;
    for (u32 k = 0; k < site.d.count; ++k) {
        for (u32 l = 0; l < kLanes; ++l) {
            if (!is_active(w, l)) continue;
            u32 word = is_store ? slot<u32>(w, site.d.slots[k])[l] : 0;
            row_word(rows.at[k], l, site.is_transposed, is_store, word);
            if (!is_store) slot<u32>(w, site.d.slots[k])[l] = word;
        }
    }
}

void transpose(Warp& w, const MatrixSite& site) {
    u16 matrix[8][8];
    for (u32 l = 0; l < kLanes; ++l) {
        const u32 word = slot<u32>(w, site.a.slots[0])[l];
        matrix[l / 4][l % 4 * 2] = static_cast<u16>(word);
        matrix[l / 4][l % 4 * 2 + 1] = static_cast<u16>(word >> 16);
    }
    write_lanes<u32>(w, site.d.slots[0], [&](u32 l) {
        return u32{matrix[l % 4 * 2][l / 4]} | u32{matrix[l % 4 * 2 + 1][l / 4]} << 16;
    });
}

constexpr SyncOperation kOperation{kSyncMatrix, nullptr, collect_matrix};

const Insn* matrix(Warp& w, const Insn* i) {
    const Insn* next = run_sync(w, i, kOperation);
    // A fault happened in collect_matrix, which has no way to say so.
    return w.block->grid->stop.load(std::memory_order_relaxed) ? nullptr : next;
}

const OpEntry kEntries[] = {
    FERRY_PLAIN(matrix, none, 0, matrix),
};

}  // namespace

std::span<const OpEntry> matrix_memory_entries() { return kEntries; }

void collect_matrix(Warp& w, const Insn& i, u32 members) {
    const MatrixSite& site = site_of(i);
    switch (site.op) {
        case MatrixOp::multiply:
            site.multiply(w, &i);
            return;
        case MatrixOp::load:
            return load(w, i);
        case MatrixOp::store:
            return store(w, i);
        case MatrixOp::transpose:
            return transpose(w, site);
        default:
            return move_rows(w, i, members);
    }
}

}  // namespace soft
