// Device memory of the program: blocks out of lent memory, allocations of their own, frees, and what is left.
// Sends the records that DeviceHeap's decisions need. Called by entry_memory.cc.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "cudart/abi.h"
#include "device_heap.h"
#include "futex.h"

namespace guest {

class Session;
struct Context;
struct Region;

// What a context knows about its device's memory beside the heap.
struct MemoryFacts {
    Mutex mutex;
    // The host's answer to cuMemGetInfo, while nothing can have changed it.
    bool fresh = false;
    std::uint64_t free = 0;   // bytes
    std::uint64_t total = 0;  // bytes
    std::int64_t asked_ns = 0;
    std::uint64_t round_trips = 0;  // the session's at that time, and so on
    std::uint64_t changes = 0;
    bool gave_back = false;  // something on its way to the host is not free there yet
    bool lends = true;       // the host has not refused to lend
    // Pitch by width and element size, in bytes: a driver's answer does not depend on anything else.
    std::map<std::pair<std::uint64_t, unsigned>, std::uint64_t> pitches;
};

// Allocates `size` bytes (not 0) in `context`, which is current, and enters the region.
abi::CUresult allocate_device(Session& session, Context& context, std::uint64_t size, std::uint64_t& address);
// The same for `height` rows of at least `width` bytes.
abi::CUresult allocate_rows(Session& session, Context& context, std::uint64_t width, std::uint64_t height,
                            unsigned element, std::uint64_t& address, std::uint64_t& pitch);
// Frees the device region that starts at `address`. Waits only where the program could tell.
abi::CUresult free_device(Session& session, Context& current, std::uint64_t address);
// Gives the host all that the program does not use. False: there was nothing, or it cannot be done.
bool give_back_idle(Session& session);
// Asks again, once, where the host has no memory and this end has some idle: what a program was lent and does
// not use is its own to fill with code or contexts.
template <class Ask>
abi::CUresult with_all_memory(Session& session, Ask&& ask) {
    const abi::CUresult result = ask();
    return result == abi::CUDA_ERROR_OUT_OF_MEMORY && give_back_idle(session) ? ask() : result;
}
// What cuMemGetInfo answers.
abi::CUresult device_memory_left(Session& session, Context& context, std::uint64_t& free,
                                 std::uint64_t& total);

}  // namespace guest
