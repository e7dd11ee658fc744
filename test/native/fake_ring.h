// The guest's end of a ring: maps what it was passed, publishes records, reads replies, rings and hears
// doorbells. Used by the tests of the ring. data() and page() let a test write there what no honest guest
// would.
#pragma once
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <span>
#include <thread>
#include <vector>

#include "check.h"
#include "fake_channel.h"
#include "transport/frames.h"
#include "wire/ring.h"

namespace fake {

class RingGuest {
public:
    // The descriptors stay the caller's.
    RingGuest(const transport::RingTerms& given, std::span<const int> descriptors)
        : terms(given), host_bell_(descriptors[1]), guest_bell_(descriptors[2]) {
        const auto places = wire::ring_places(terms.fence_count, terms.command_bytes, terms.reply_bytes);
        size_ = places.arena;
        void* mapped = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, descriptors[0], 0);
        CHECK(mapped != MAP_FAILED);
        use(mapped);
    }
    // In the worker's own mapping: ThreadSanitizer sees no order between two of them.
    RingGuest(const transport::RingTerms& given, std::span<const int> descriptors, wire::SharedPage& page)
        : terms(given), host_bell_(descriptors[1]), guest_bell_(descriptors[2]) {
        use(&page);
    }
    ~RingGuest() {
        if (size_ != 0) ::munmap(memory_, size_);
    }
    RingGuest(const RingGuest&) = delete;
    RingGuest& operator=(const RingGuest&) = delete;

    wire::SharedPage& page() { return *page_; }
    std::byte* data() { return commands_; }

    // Publishes each record; waits for room, reading replies meanwhile.
    void send(const Batch& batch) {
        std::span<const std::byte> rest(batch.bytes);
        while (!rest.empty()) {
            std::uint32_t size = 0;
            std::memcpy(&size, rest.data(), sizeof size);
            if (size > writer.whole()) {
                send_pieces(rest.first(size));
            } else {
                std::byte* at = nullptr;
                const bool room = until([&] { return (at = writer.reserve(size)) != nullptr; });
                CHECK(room);
                if (!room) return;
                std::memcpy(at, rest.data(), size);
                writer.publish(size);
                ring();
            }
            rest = rest.subspan(size);
        }
    }
    void ring() {
        const std::uint64_t one = 1;
        if (writer.must_ring()) CHECK_EQUAL(::write(host_bell_, &one, sizeof one), ssize_t{8});
    }
    void callbacks_done(std::uint64_t count) {
        page().callbacks_done.store(count, std::memory_order_release);
        const std::uint64_t one = 1;
        CHECK_EQUAL(::write(host_bell_, &one, sizeof one), ssize_t{8});
    }
    // Takes what has come out of the reply ring.
    void read() {
        const std::uint64_t before = reader.consumed();
        std::span<const std::byte> records;
        while (reader.next(records) == wire::RingReader::State::run) {
            for (auto rest = records; !rest.empty();) {
                Reply reply;
                std::memcpy(&reply.header, rest.data(), sizeof reply.header);
                reply.payload.assign(rest.begin() + sizeof reply.header, rest.begin() + reply.header.size);
                rest = rest.subspan(reply.header.size);
                replies.push_back(std::move(reply));
            }
            reader.done(records.size());
        }
        const std::uint64_t one = 1;
        if (reader.consumed() == before || !reader.must_ring()) return;
        CHECK_EQUAL(::write(host_bell_, &one, sizeof one), ssize_t{8});
    }
    // Reads until `condition`; sleeps on the doorbell between looks.
    bool until(const std::function<bool()>& condition) {
        const auto deadline = std::chrono::steady_clock::now() + kPatience;
        while (!condition() && std::chrono::steady_clock::now() < deadline) {
            read();
            if (condition()) return true;
            if (!writer.begin_wait() || !reader.begin_sleep()) continue;
            pollfd bell{guest_bell_, POLLIN, 0};
            (void)::poll(&bell, 1, 100);
            std::uint64_t count = 0;
            if (bell.revents != 0) (void)!::read(guest_bell_, &count, sizeof count);
            bells += count;
            reader.end_sleep();
        }
        return condition();
    }
    // The reply to `ticket`; a header of kind 0 after kPatience without one.
    Reply reply_to(std::uint32_t ticket) {
        Reply found;
        (void)until([&] {
            for (const Reply& reply : replies) {
                if (reply.header.ticket == ticket && reply.header.kind == 1) found = reply;
            }
            return found.header.kind != 0;
        });
        return found;
    }

    const transport::RingTerms terms;
    wire::RingWriter writer;
    wire::RingReader reader;
    std::deque<Reply> replies;
    std::uint64_t bells = 0;

private:
    void use(void* mapped) {
        const auto places = wire::ring_places(terms.fence_count, terms.command_bytes, terms.reply_bytes);
        memory_ = static_cast<std::byte*>(mapped);
        page_ = static_cast<wire::SharedPage*>(mapped);
        commands_ = memory_ + places.commands;
        writer = wire::RingWriter(&page_->commands, commands_, terms.command_bytes);
        reader.open(&page_->replies, memory_ + places.replies, terms.reply_bytes, std::size_t{256} << 20);
    }
    void send_pieces(std::span<const std::byte> record) {
        const bool sent = until([&] {
            record = record.subspan(writer.publish_pieces(record));
            ring();
            return record.empty();
        });
        CHECK(sent);
    }

    int host_bell_;
    int guest_bell_;
    std::byte* memory_ = nullptr;
    std::size_t size_ = 0;
    std::byte* commands_ = nullptr;
    wire::SharedPage* page_ = nullptr;
};

}  // namespace fake
