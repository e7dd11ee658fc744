// The ring carrier, guest side: the shared memory that came with the Welcome, its doorbells, and the reading
// end of the reply ring. The writing end of the command ring is the lane's. Used by Session: whoever reads
// holds the gRPC carrier's lock. See proto/wire/ring.h.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "wire/ring.h"

namespace guest {

// What the Welcome says of the ring, and where the guest wants the arena.
struct RingOffer {
    bool offered = false;
    std::uint64_t command_bytes = 0;
    std::uint64_t reply_bytes = 0;
    std::uint64_t fence_count = 0;
    std::uint64_t arena_bytes = 0;
    std::uint64_t arena_base = 0;
};

class RingCarrier {
public:
    static constexpr std::size_t kDescriptors = 3;  // memfd, host doorbell, guest doorbell

    // Maps what was offered and takes the descriptors over, whatever comes of it. `arena_room`: bytes this
    // process has reserved at offer.arena_base. `message_limit`: the largest reply believed. Null, or why
    // the offer cannot be taken.
    const char* open(const RingOffer& offer, const int (&descriptors)[kDescriptors], std::uint64_t arena_room,
                     std::size_t message_limit);
    bool is_open() const { return page_ != nullptr; }
    // Before open(): the memory's descriptor is to stay, for others that map the arena.
    void keep_memory() { keeps_memory_ = true; }

    wire::RingWriter commands() const { return commands_; }
    wire::RingReader& replies() { return replies_; }
    // Whether the thread that said it waits for room still has to.
    bool waits_for_room() const {
        return page_->commands.producer_waits.load(std::memory_order_acquire) != 0;
    }
    // Wakes the host.
    void ring_host();
    // Readable once the host has rung.
    int doorbell() const { return guest_doorbell_; }
    void drain_doorbell();
    // In a forked child, which must not keep the host's descriptors alive.
    void close_descriptors();

    // The arena: [arena_base, arena_base + arena_bytes) at the same address in the host; 0 bytes: none.
    std::uint64_t arena_base() const { return arena_base_; }
    std::uint64_t arena_bytes() const { return arena_bytes_; }
    // The memory's descriptor where it was to be kept, else -1; and where in it the arena begins.
    int memory() const { return memory_; }
    std::uint64_t arena_offset() const { return arena_offset_; }
    const wire::SharedPage& page() const { return *page_; }
    // The calling thread begins to wait.
    void tell_wait();
    // How many host functions have returned; the caller rings the host.
    void tell_callbacks_done(std::uint64_t count) {
        page_->callbacks_done.store(count, std::memory_order_release);
    }
    // The fence table of wire/fence.h.
    const std::atomic<std::uint64_t>* fences() const { return fences_; }
    std::uint32_t fence_count() const { return fence_count_; }
    std::uint64_t doorbells() const { return doorbells_.load(std::memory_order_relaxed); }

private:
    const char* map(const RingOffer& offer, int memory, std::uint64_t arena_room, std::size_t message_limit);
    void map_arena(const RingOffer& offer, int memory, std::uint64_t offset);

    wire::SharedPage* page_ = nullptr;
    const std::atomic<std::uint64_t>* fences_ = nullptr;
    std::uint32_t fence_count_ = 0;
    wire::RingWriter commands_;
    wire::RingReader replies_;
    int host_doorbell_ = -1;
    int guest_doorbell_ = -1;
    std::uint64_t arena_base_ = 0;
    std::uint64_t arena_bytes_ = 0;
    std::uint64_t arena_offset_ = 0;
    bool keeps_memory_ = false;
    int memory_ = -1;
    std::atomic<std::uint64_t> doorbells_{0};
};

}  // namespace guest
