// cp.async.bulk and cp.reduce.async.bulk: whole runs of bytes between global and shared memory. See
// build_bulk.cc for the layout of the instruction.
#include <bit>
#include <cstring>

#include "soft/launch/access.h"
#include "soft/launch/atomic.h"
#include "soft/launch/cold.h"
#include "soft/launch/registry.h"
#include "soft/launch/tables.h"

namespace soft {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

constexpr u64 kUnit = 16;  // of addresses and sizes

void reduce(const Insn& i, std::byte* to, const std::byte* from, u64 size, bool is_private) {
    const auto type = static_cast<ptx::Type>(i.mod[kModType]);
    const u64 step = ptx::type_size(type);
    for (u64 at = 0; at < size; at += step) {
        u64 value = 0;
        std::memcpy(&value, from + at, step);
        update_element(to + at, static_cast<ptx::Mod>(i.mod[kModOp]), type, value, is_private);
    }
}

const Insn* bulk_copy(Warp& w, const Insn* i) {
    const auto to_space = static_cast<ptx::Space>(i->mod[kModVector]);
    const auto from_space = static_cast<ptx::Space>(i->mod[kModSpace]);
    for (u32 mask = w.active; mask != 0; mask &= mask - 1) {
        const auto lane = static_cast<u32>(std::countr_zero(mask));
        const u64 size = slot<u32>(w, i->b)[lane];
        const u64 offset = static_cast<u64>(std::bit_cast<std::int32_t>(i->c));
        const u64 target = read_lane(w, i->d, i->mod[kModWidth], lane) + offset;
        const u64 source = lane_address(w, *i, lane);
        if ((target | source | size) % kUnit != 0)
            return raise_address(w, i, 716, lane, "misaligned address or size",
                                 target % kUnit != 0 ? target : source);
        if (size == 0) continue;
        std::byte* to = resolve_bytes(w, *i, to_space, target, size, lane);
        if (to == nullptr) return nullptr;
        const std::byte* from = resolve_bytes(w, *i, from_space, source, size, lane);
        if (from == nullptr) return nullptr;
        if (i->mod[kModOp] == 0)
            std::memmove(to, from, size);
        else
            reduce(*i, to, from, size, to_space == ptx::Space::shared);
    }
    return i + 1;
}

const OpEntry kEntries[] = {
    FERRY_PLAIN(bulk_copy, none, 0, bulk_copy),
};

}  // namespace

std::span<const OpEntry> bulk_entries() { return kEntries; }

}  // namespace soft
