// Warp-wide operations with named members: what sync.cc (who waits for whom) and sync_ops.cc (what is
// computed) share.
#pragma once
#include <cstdint>

#include "soft/launch/warp.h"
#include "soft/ptx/types.h"

namespace soft {

// Insn::mod of these instructions. Insn::e holds the slot of the member mask.
enum SyncMod : std::uint8_t {
    kSyncMode = 0,
    kSyncWidth = 1,
    kSyncLegacy = 2,
    kSyncHasPredicate = 3,
    kSyncSigned = 4
};

// In place of kSyncSigned, for redux.
constexpr std::uint8_t kReduceSigned = 1;
constexpr std::uint8_t kReduceFloat = 2;
constexpr std::uint8_t kReduceAbs = 4;
constexpr std::uint8_t kReduceNan = 8;

enum SyncKind : std::uint16_t {
    kSyncShuffle,
    kSyncVote,
    kSyncMatch,
    kSyncReduce,
    kSyncBarrier,
    kSyncElect,
    kSyncMatrix,
    kSyncKinds
};

struct SyncOperation {
    std::uint16_t kind;
    // Puts the active lanes' values into Warp::exchange.
    void (*deposit)(Warp& w, const Insn& i);
    // Computes the active lanes' results from the members' values.
    void (*collect)(Warp& w, const Insn& i, std::uint32_t members);
};

// The lane that `lane` reads in a shuffle, as the manual defines it: it may lie outside the warp. Whether it
// is in range depends on `b` and `c` too. SAFETY of static: every ISA's unit must keep its own copy of inline
// functions.
[[gnu::always_inline]] static inline std::uint32_t shuffle_source(ptx::Mod mode, std::uint32_t lane,
                                                                  std::uint32_t b, std::uint32_t c) {
    const std::uint32_t distance = b & 31;
    const std::uint32_t segment = c >> 8 & 31;
    return mode == ptx::Mod::up     ? lane - distance
           : mode == ptx::Mod::down ? lane + distance
           : mode == ptx::Mod::bfly ? lane ^ distance
                                    : (lane & segment) | (distance & ~segment);
}
[[gnu::always_inline]] static inline bool is_in_range(ptx::Mod mode, std::uint32_t lane, std::uint32_t source,
                                                      std::uint32_t c) {
    const std::uint32_t segment = c >> 8 & 31;
    const auto last = static_cast<std::int32_t>((lane & segment) | (c & 31 & ~segment));
    const auto from = static_cast<std::int32_t>(source);
    return mode == ptx::Mod::up ? from >= last : from <= last;
}

const SyncOperation* sync_operation(std::uint16_t kind);
const Insn* run_sync(Warp& w, const Insn* i, const SyncOperation& operation);

}  // namespace soft
