// RingLink: the worker's end of the ring (wire/ring.h): the shared memory, its two doorbells, commands in,
// replies out. Made by the session when a guest on this host asks for one; its descriptors travel with the
// Welcome. Replies that find no room wait here, in order, until the guest has read. Nothing the guest writes
// into the shared memory is believed: a lie shows as State::broken or as flush() answering false, and the
// session ends. Engine thread only.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "status.h"
#include "transport/frames.h"
#include "transport/out_buffer.h"
#include "transport/unique_fd.h"
#include "wire/ring.h"

namespace transport {

class RingLink {
public:
    using State = wire::RingReader::State;

    RingLink() = default;
    ~RingLink();
    RingLink(const RingLink&) = delete;
    RingLink& operator=(const RingLink&) = delete;

    // Makes the memory as `hello` wishes, within the limits, and maps it; the arena where the guest keeps its
    // place free, or none when something of ours lies there. `record_limit`: largest record believed, bytes.
    // Failure: this session goes on without a ring.
    ferry::Status open(const Hello& hello, std::size_t record_limit);
    const RingTerms& terms() const { return terms_; }
    // Leaves the arena mapped when this goes: the device may still be at work in it.
    void keep_arena() { arena_ = nullptr; }
    // What the guest gets: the memory, the doorbell it rings, the doorbell it hears.
    std::array<int, 3> descriptors() const;

    // --- commands
    // The doorbell to poll for, and what to do when it has rung.
    int doorbell() const { return host_bell_.get(); }
    void hear();
    bool has_commands() const { return !commands_.empty(); }
    State next(std::span<const std::byte>& records);
    // The first `bytes` of what next() gave have been dealt with.
    void done(std::size_t bytes);

    // --- replies
    // Whole replies, and the body of the last one, in order; a body is copied now or when there is room.
    void send(OutMessage message);
    // Writes what waits, as far as there is room. False: the guest's position in the ring is a lie.
    bool flush();
    // Bytes that wait because the guest does not read.
    std::size_t held() const { return held_; }
    // Replies up to here travel in one piece.
    std::size_t whole() const { return replies_.whole(); }
    OutBuffer take_buffer();

    // Before sleeping: false when there is something to do by now. `for_commands`: new ones are waited for.
    bool begin_sleep(bool for_commands);
    void end_sleep() { commands_.end_sleep(); }

    std::uint64_t bytes_received() const { return commands_.consumed(); }
    std::uint64_t bytes_sent() const { return replies_.published(); }
    wire::SharedPage& page() { return *page_; }
    // The fence table of wire/fence.h.
    std::span<std::atomic<std::uint64_t>> fences();

private:
    struct Waiting {
        OutMessage message;
        std::size_t written = 0;      // bytes of it that are in the ring
        std::size_t record_rest = 0;  // of a reply that travels in pieces: what is missing of it
    };
    ferry::Status make_memory(std::uint64_t size);
    bool map_arena(const Hello& hello);
    bool write(Waiting& waiting);
    bool write_piece(Waiting& waiting);
    void retire(OutMessage message);
    void ring_guest();

    RingTerms terms_;
    UniqueFd memory_;
    UniqueFd host_bell_;
    UniqueFd guest_bell_;
    std::byte* mapped_ = nullptr;
    std::size_t mapped_size_ = 0;
    std::byte* arena_ = nullptr;
    wire::SharedPage* page_ = nullptr;
    wire::RingReader commands_;
    wire::RingWriter replies_;
    std::deque<Waiting> waiting_;
    std::size_t held_ = 0;
    std::vector<OutBuffer> spare_;
};

}  // namespace transport
