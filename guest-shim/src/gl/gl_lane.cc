// See gl_lane.h.
#include "gl/gl_lane.h"

#include <stdio.h>
#include <unistd.h>

#include <new>

#include "gl/process.h"
#include "log.h"
#include "window.h"
#include "wire/codec.h"
#include "wire/limits.h"

namespace guest::gl {
namespace {

// As for CUDA: work nobody waited for has no visible effect any more.
constexpr std::int64_t kDetachTimeoutNs = 2'000'000'000;

// Takes up the ring, if the host offers one; else everything goes over gRPC. Null, or what is wrong.
const char* take_ring(GlLane& lane, AddressWindow& place) {
    const char* wrong = lane.open_ring(place.arena_base, place.arena_size, wire::limits::kBatchBytes);
    if (wrong == nullptr) trim_arena(place, lane.ring.arena_bytes());
    return wrong;
}

}  // namespace

GlLane::GlLane(const Settings& chosen, std::uint32_t number)
    : Connection(chosen, wire::limits::kBatchBytes + 64, kCounted), number_(number) {
    // The X server maps the arena, too.
    ring.keep_memory();
}

const char* GlLane::open_ring(std::uint64_t arena_base, std::uint64_t arena_size, std::size_t message_limit) {
    const char* wrong = Connection::open_ring(arena_base, arena_size, message_limit);
    if (wrong != nullptr || !ring.is_open() || ring.arena_bytes() == 0) return wrong;
    arena.open(ring.arena_base(), ring.arena_bytes());
    // Nothing has to be pinned for OpenGL: all of it is one chunk.
    const Arena::Chunk all = arena.find_place(ring.arena_bytes());
    if (all.size != 0) arena.add(all);
    return nullptr;
}

void GlLane::ended(abi::CUresult, const char* reason) {
    if (reason == nullptr) return;
    log_line(LogLevel::error, "%s; OpenGL of this process draws nothing any more", reason);
}

GlLane* attach_lane(const Settings& settings, const Door& door) {
    auto* lane = new (std::nothrow) GlLane(settings, door.number);
    if (lane == nullptr) return nullptr;
    AddressWindow place = reserve_arena(door.number);
    char reason[512] = "";
    const Hello hello{.ticket = door.ticket,
                      .window_base = 0,
                      .window_size = 0,
                      .wants_ring = settings.wants_ring() && !door.worker.is_tcp(),
                      .arena_base = place.arena_base,
                      .arena_size = place.arena_size,
                      .ring_bytes = settings.ring_bytes,
                      .can_resume = true,
                      .api = wire::kApiGl};
    bool attached =
        lane->carrier.attach(door.worker, hello, nullptr, reason, sizeof reason) == abi::CUDA_SUCCESS;
    if (attached) {
        const char* wrong = take_ring(*lane, place);
        attached = wrong == nullptr && lane->start();
        if (wrong != nullptr) snprintf(reason, sizeof reason, "%s", wrong);
    }
    if (attached) return lane;
    log_line(LogLevel::error, "cannot attach a GL context to the host: %s", reason);
    lane->carrier.shut();
    trim_arena(place, 0);
    delete lane;
    return nullptr;
}

void detach_lane(GlLane& lane) {
    if (lane.lost() != abi::CUDA_SUCCESS) return;
    Slot* slot = lane.replies.take_slot();
    if (slot == nullptr) return;
    wire::RecordHeader header{};
    header.ticket = slot->ticket();
    header.flags = static_cast<std::uint16_t>(wire::RecordFlag::wants_reply);
    const std::int64_t deadline_ns = now_ns() + kDetachTimeoutNs;
    // A ring that stays full belongs to a host that does not move: no word of ours can reach it.
    Appended how = lane.lane.append(wire::session_detach_Request{}, header);
    for (; how == Appended::no_room && now_ns() < deadline_ns; usleep(1000)) {
        how = lane.lane.append(wire::session_detach_Request{}, header);
    }
    if (how == Appended::wake) lane.ring.ring_host();
    if (how == Appended::no_room || how == Appended::no_memory) return;
    lane.wait_until(*slot, deadline_ns);
}

}  // namespace guest::gl
