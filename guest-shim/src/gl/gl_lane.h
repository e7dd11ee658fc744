// The lane of one GL context: a connection to an engine thread of the worker that has that context current
// for ever. The first lane of a process asks the daemon for a worker; every later one asks that worker,
// through a lane that lives. Made by process.cc; never freed.
#pragma once
#include <cstdint>
#include <span>

#include "arena.h"
#include "byte_buffer.h"
#include "connection.h"
#include "endpoint.h"
#include "wire/codec.h"
#include "wire/cursor.h"
#include "wire/record.h"

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

// Appends a record and waits for its answer, which any thread may; spans in `reply` live as long as `answer`.
// False: there is none, or the host refused.
template <class Request, class Reply>
bool ask(GlLane& lane, const Request& request, Reply& reply, ByteBuffer& answer) {
    Slot* slot = lane.replies.take_slot();
    if (slot == nullptr) return false;
    slot->payload = &answer;
    wire::RecordHeader header{};
    header.ticket = slot->ticket();
    header.flags = static_cast<std::uint16_t>(wire::RecordFlag::wants_reply);
    const Appended how = lane.append(request, header);
    const auto result = how == Appended::no_memory ? 1 : static_cast<int>(lane.wait(*slot));
    lane.replies.free_slot(slot);
    wire::Cursor cursor(answer.bytes());
    // 2: this one is fine, but an earlier one has failed.
    return (result == 0 || result == 2) && decode(cursor, reply);
}

// The orderly end: answered after all that was appended has been executed, or given up after two seconds.
void detach_lane(GlLane& lane);

}  // namespace guest::gl
