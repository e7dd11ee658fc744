// Warp-wide operations with named members: what sync.cc (who waits for whom) and sync_ops.cc (what is
// computed) share.
#pragma once
#include <cstdint>

#include "soft/launch/warp.h"

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

const SyncOperation* sync_operation(std::uint16_t kind);
const Insn* run_sync(Warp& w, const Insn* i, const SyncOperation& operation);

}  // namespace soft
