// The limits the engine enforces on a guest: those of proto/spec/limits.ts under the engine's names, and the
// few that concern the engine alone (how much it holds, how long it waits) and that a guest cannot observe.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "wire/limits.h"

namespace engine {

inline constexpr auto kMaxContexts = static_cast<std::uint32_t>(wire::limits::kContexts);
inline constexpr auto kMaxStreams = static_cast<std::uint32_t>(wire::limits::kStreams);
inline constexpr auto kMaxEvents = static_cast<std::uint32_t>(wire::limits::kEvents);
inline constexpr auto kMaxModules = static_cast<std::uint32_t>(wire::limits::kModules);
inline constexpr auto kMaxFunctions = static_cast<std::uint32_t>(wire::limits::kFunctions);
inline constexpr auto kMaxArrays = static_cast<std::uint32_t>(wire::limits::kArrays);
inline constexpr std::size_t kMaxTextures = wire::limits::kTextures;
inline constexpr auto kMaxPools = static_cast<std::uint32_t>(wire::limits::kPools);
inline constexpr auto kMaxGraphs = static_cast<std::uint32_t>(wire::limits::kGraphs);
inline constexpr auto kMaxGraphNodes = static_cast<std::uint32_t>(wire::limits::kGraphNodes);
inline constexpr auto kMaxLinks = static_cast<std::uint32_t>(wire::limits::kLinks);
inline constexpr std::size_t kMaxLogSize = wire::limits::kCompileLogBytes;
inline constexpr std::size_t kMaxMetadataSize = wire::limits::kKernelMetadataBytes;
inline constexpr std::size_t kMaxParameterSize = wire::limits::kKernelParameterBytes;
inline constexpr std::size_t kMaxPendingCallbacks = wire::limits::kPendingCallbacks;
inline constexpr std::size_t kMaxAllocations = wire::limits::kAllocations;
inline constexpr std::size_t kOutputChunk = wire::limits::kOutputBytes;

// An image with more kernels than this is not described at load (asking makes a driver load each of them):
// its kernels are described one by one, when they are asked for by name.
inline constexpr std::uint32_t kKernelsDescribedAtLoad = 256;
inline constexpr std::uint32_t kMaxKernelParameters = 4096;
inline constexpr std::size_t kMaxThreadStreams = 4096;

// Records that give the device work while a host function is outstanding: about a quarter of what a real
// driver's queue is known to take.
inline constexpr std::uint64_t kWorkBehindCallback = 256;

// A slot of pinned staging memory: the largest landing, and the unit in which copies are cut.
inline constexpr std::size_t kSlotSize = wire::limits::kCopySliceBytes;
inline constexpr std::size_t kSlotCount = 64;
// Room in a slot beside the data, for the rest of the message that brings it: earlier records, and heads.
inline constexpr std::size_t kSlotHead = 128 << 10;
inline constexpr std::size_t kSlotsPerChunk = 8;
// Landings that the socket has not taken, beyond which no further copy to the guest is begun: enough to keep
// it busy, and few enough to stay in the caches.
inline constexpr std::size_t kLandingsAhead = 4;
// Host-to-device copies up to here are left to the driver, which takes pageable bytes of this size at the
// call.
inline constexpr std::size_t kUnstagedCopy = 64 << 10;

// How long the engine looks for more before it sleeps: FERRY_SPIN_US, which the daemon sets, else the
// specification's. See limits.cc.
extern const std::chrono::microseconds kSpin;
inline constexpr std::size_t kWaiterThreads = 16;
// Pending watches beyond the waiter threads are polled this often.
inline constexpr std::chrono::milliseconds kPollInterval{1};
// Replies a guest has not read, beyond which nothing more is executed for it.
inline constexpr std::size_t kMaxUnsent = std::size_t{64} << 20;
// Batches read while host functions are outstanding, although nothing of them may be executed: that these
// have returned is said behind them. More than a guest sends then.
inline constexpr std::size_t kMaxHeldBytes =
    std::size_t{wire::limits::kUnacknowledgedBytes} + wire::limits::kBatchBytes;

}  // namespace engine
