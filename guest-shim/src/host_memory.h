// Pinned host memory: blocks of the arena, which the device reads and writes in place. Sends the records that
// Arena's decisions need. Called by entry_memory.cc and staging.cc.
#pragma once
#include <cstddef>
#include <cstdint>

#include "cudart/abi.h"

namespace guest {

class Session;

// A block of `size` bytes of pinned memory; 0 when there is none to be had: no arena, no memory, or a host
// that cannot pin. The calling thread has a context.
std::uint64_t take_pinned(Session& session, std::size_t size);
// Gives it back. Nothing uses it any more.
void give_pinned(Session& session, std::uint64_t address, std::size_t size);

// Waits until no copy by reference that was sent before can touch the arena any more.
abi::CUresult settle_copies(Session& session);

}  // namespace guest
