// mbarrier: barriers that live in 64 bits of shared memory and count arrivals and bytes. Shared memory
// belongs to a block that one worker runs, so plain accesses do. The word, which programs may not look into:
//   0..19 arrivals still due | 20..39 arrivals due in each phase | 40..61 bytes due, signed | 63 parity of
//   the phase
// A state is the word before the arrival.
#include "soft/launch/mbarrier.h"

#include <bit>
#include <cstring>

#include "soft/launch/access.h"
#include "soft/launch/cold.h"
#include "soft/launch/registry.h"
#include "soft/launch/runtime.h"
#include "soft/launch/tables.h"

namespace soft {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

constexpr u64 kCountMask = (u64{1} << 20) - 1;
constexpr u64 kBytesMask = (u64{1} << 22) - 1;

struct Word {
    u64 pending = 0;
    u64 expected = 0;
    u64 bytes = 0;  // modulo 2^22
    u64 phase = 0;
};

Word unpack(u64 bits) {
    return {bits & kCountMask, bits >> 20 & kCountMask, bits >> 40 & kBytesMask, bits >> 63};
}

u64 pack(const Word& word) {
    return (word.pending & kCountMask) | (word.expected & kCountMask) << 20 |
           (word.bytes & kBytesMask) << 40 | word.phase << 63;
}

void complete_if_due(Word& word) {
    if (word.pending != 0 || word.bytes != 0) return;
    word.pending = word.expected;
    word.phase ^= 1;
}

void change(Word& word, MbarrierOp operation, u32 count, u32 bytes, bool expects) {
    switch (operation) {
        case MbarrierOp::init:
            word = Word{count, count, 0, 0};
            return;
        case MbarrierOp::inval:
            word = Word{};
            return;
        case MbarrierOp::expect_tx:
            word.bytes = (word.bytes + bytes) & kBytesMask;
            return;
        case MbarrierOp::complete_tx:
            word.bytes = (word.bytes - bytes) & kBytesMask;
            return complete_if_due(word);
        case MbarrierOp::arrive_drop:
            word.expected = (word.expected - count) & kCountMask;
            break;
        default:
            break;
    }
    if (expects) word.bytes = (word.bytes + bytes) & kBytesMask;
    word.pending = (word.pending - count) & kCountMask;
    complete_if_due(word);
}

std::byte* word_of(Warp& w, const Insn& i, u32 lane) {
    const auto space = static_cast<ptx::Space>(i.mod[kModSpace]);
    const u64 address = lane_address(w, i, lane);
    if (space == ptx::Space::generic && (address & ~(kWindowSize - 1)) != kSharedWindow) {
        raise_address(w, &i, 717, lane, "mbarrier outside shared memory at", address);
        return nullptr;
    }
    return resolve(w, i, space, address, sizeof(u64), lane);
}

u64 load_word(const std::byte* at) {
    u64 bits = 0;
    std::memcpy(&bits, at, sizeof bits);
    return bits;
}

// Lanes that are too early give way to whoever they wait for.
const Insn* wait(Warp& w, const Insn* i) {
    const bool is_parity = (i->mod[kMbarrierFlags] & kMbarrierParity) != 0;
    u32 holds = 0;
    for (u32 mask = w.active; mask != 0; mask &= mask - 1) {
        const auto lane = static_cast<u32>(std::countr_zero(mask));
        const std::byte* at = word_of(w, *i, lane);
        if (at == nullptr) return nullptr;
        const u64 phase = is_parity ? read_lane(w, i->c, 4, lane) & 1u : read_lane(w, i->c, 8, lane) >> 63;
        holds |= unpack(load_word(at)).phase != phase ? 1u << lane : 0u;
    }
    u32& p = predicate(w, i->d);
    p = (p & ~w.active) | holds;
    if (holds == w.active) return i + 1;
    push_fragment(w, i + 1, w.active, w.waiting == 0 ? 0 : w.turn + 1, w.frame);
    return nullptr;
}

const Insn* mbarrier(Warp& w, const Insn* i) {
    const auto operation = static_cast<MbarrierOp>(i->mod[kModOp]);
    if (operation == MbarrierOp::wait) return wait(w, i);
    const u32 flags = i->mod[kMbarrierFlags];
    const bool has_values = operation != MbarrierOp::inval;
    for (u32 mask = w.active; mask != 0; mask &= mask - 1) {
        const auto lane = static_cast<u32>(std::countr_zero(mask));
        std::byte* at = word_of(w, *i, lane);
        if (at == nullptr) return nullptr;
        const u64 before = load_word(at);
        Word word = unpack(before);
        const u32 count = has_values ? slot<u32>(w, i->b)[lane] : 0;
        const bool expects = (flags & kMbarrierExpects) != 0;
        const bool has_bytes =
            expects || operation == MbarrierOp::expect_tx || operation == MbarrierOp::complete_tx;
        change(word, operation, count, has_bytes ? slot<u32>(w, i->c)[lane] : 0, expects);
        const u64 after = pack(word);
        std::memcpy(at, &after, sizeof after);
        if ((flags & kMbarrierHasState) != 0) slot<u64>(w, i->d)[lane] = before;
    }
    return i + 1;
}

const Insn* pending_count(Warp& w, const Insn* i) {
    const u64* state = slot<u64>(w, i->c);
    write_lanes<u32>(w, i->d, [=](u32 l) { return state[l] & kCountMask; });
    return i + 1;
}

const OpEntry kEntries[] = {
    FERRY_PLAIN(mbarrier, none, 0, mbarrier),
    FERRY_PLAIN(mbarrier, none, 1, pending_count),
};

}  // namespace

std::span<const OpEntry> mbarrier_entries() { return kEntries; }

}  // namespace soft
