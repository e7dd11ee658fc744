// The lane of one GL context: a connection to an engine thread of the worker that has that context current
// for ever. The first lane of a process asks the daemon for a worker; every later one asks that worker,
// through a lane that lives. Made by process.cc; never freed.
#pragma once
#include <cstdint>
#include <span>

#include "arena.h"
#include "connection.h"
#include "endpoint.h"

namespace guest::gl {

class GlLane final : public Connection {
  public:
    GlLane(const Settings& settings, std::uint32_t number);

    // What the worker calls it: the first is 1.
    std::uint32_t number() const { return number_; }
    // How many records have been appended; those of the calling thread are among them.
    std::uint64_t position() const { return lane.records(); }

    // Memory that the worker has at the same address; empty without a ring.
    Arena arena;

    const char* open_ring(std::uint64_t arena_base, std::uint64_t arena_size,
                          std::size_t message_limit) override;

  private:
    void ended(abi::CUresult result, const char* reason) override;

    const std::uint32_t number_;
};

// Where a worker lets a lane in, once.
struct Door {
    Endpoint worker;
    std::span<const std::byte> ticket;
    std::uint32_t number = 1;
};

// Attaches at `door`. Null after one line on stderr that says why.
GlLane* attach_lane(const Settings& settings, const Door& door);

// Appends a record of Ferry's own, of which nothing comes back.
template <class Request>
void post(GlLane& lane, const Request& request) {
    if (lane.lost() == abi::CUDA_SUCCESS) (void)lane.appended(lane.append(request, wire::RecordHeader{}));
}

// The orderly end: answered after all that was appended has been executed, or given up after two seconds.
void detach_lane(GlLane& lane);

}  // namespace guest::gl
