// cp.async: copies from global to shared memory when issued. See build_cp for the layout of the instruction.
#include <algorithm>
#include <bit>
#include <cstring>

#include "soft/launch/access.h"
#include "soft/launch/cold.h"
#include "soft/launch/registry.h"
#include "soft/launch/tables.h"

namespace soft {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

const Insn* copy_async(Warp& w, const Insn* i) {
    const u64 size = i->mod[kModSize];
    for (u32 mask = w.active; mask != 0; mask &= mask - 1) {
        const auto lane = static_cast<u32>(std::countr_zero(mask));
        const u64 target = read_lane(w, i->d, i->mod[kModWidth], lane) + i->c;
        const u64 wanted = std::min<u64>(read_lane(w, i->b, 4, lane), size);
        std::byte* to = resolve(w, *i, ptx::Space::shared, target, size, lane);
        if (to == nullptr) return nullptr;
        std::memset(to + wanted, 0, size - wanted);
        if (wanted == 0) continue;
        const u64 source = lane_address(w, *i, lane);
        const std::byte* from = resolve_bytes(w, *i, ptx::Space::global, source, wanted, lane);
        if (from == nullptr) return nullptr;
        if (source % size != 0) return raise_address(w, i, 716, lane, "misaligned address", source);
        std::memcpy(to, from, wanted);
    }
    return i + 1;
}

const OpEntry kEntries[] = {
    FERRY_PLAIN(cp_async, none, 0, copy_async),
};

}  // namespace

std::span<const OpEntry> copy_async_entries() { return kEntries; }

}  // namespace soft
