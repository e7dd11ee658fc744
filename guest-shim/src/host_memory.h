// Pinned host memory: blocks of the arena, which the device reads and writes in place. Sends the records that
// Arena's decisions need. Called by entry_memory.cc and staging.cc.
#pragma once
#include <cstddef>
#include <cstdint>

#include "arena.h"
#include "cudart/abi.h"

namespace guest {

class Session;
struct Context;
struct Region;
struct Slot;

// A block of `size` bytes of pinned memory; 0 when there is none to be had: no arena, no memory, or a host
// that cannot pin. The calling thread has a context.
std::uint64_t take_pinned(Session& session, std::size_t size);
// Gives it back. Nothing uses it any more.
void give_pinned(Session& session, std::uint64_t address, std::size_t size);

// Memory that has been asked for with nobody waiting for the answer.
struct AskedMemory {
    Arena::Chunk chunk{};
    Slot* slot = nullptr;  // null: nothing is asked for
};
// Asks for pinned memory of `size` bytes. False: there is none to be had.
bool ask_pinned(Session& session, std::size_t size, AskedMemory& asked);
// What has become of it, once asked.slot is done: its address, or 0. Takes the slot back.
std::uint64_t take_asked(Session& session, std::size_t size, AskedMemory& asked);

// Whether devices of the kind of `context` read pinned memory where it lies.
bool maps_host_memory(const Session& session, const Context& context);
// Whether kernels can use this host memory at its own address.
bool is_mapped(const Session& session, const Region& region);

// Waits until no copy by reference that was sent before can touch the arena any more.
abi::CUresult settle_copies(Session& session);

}  // namespace guest
