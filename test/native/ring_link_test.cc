// The worker's end of a ring without a session: what it makes, what fits, what waits, and what a guest that
// lies in the shared memory gets.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <filesystem>
#include <random>

#include "check.h"
#include "fake_ring.h"
#include "transport/ring_link.h"
#include "wire/limits.h"

namespace {

using State = transport::RingLink::State;
using fake::Batch;
using fake::RingGuest;

constexpr std::size_t kRecordLimit = std::size_t{1} << 20;

transport::Hello wishing(std::uint64_t ring_bytes) {
    transport::Hello hello;
    hello.wants_ring = true;
    hello.ring_bytes = ring_bytes;
    return hello;
}

struct Ring {
    explicit Ring(const transport::Hello& hello) {
        CHECK(link.open(hello, kRecordLimit).ok());
        const auto descriptors = link.descriptors();
        guest = std::make_unique<RingGuest>(link.terms(), descriptors);
    }
    explicit Ring(std::uint64_t ring_bytes = 0) : Ring(wishing(ring_bytes)) {}
    // One reply of `size` bytes, filled with `fill`.
    void reply(std::uint32_t ticket, std::size_t payload, std::byte fill = std::byte{1}) {
        transport::OutMessage message;
        message.head = link.take_buffer();
        const auto size = static_cast<std::uint32_t>(wire::align_up(16 + payload, 8));
        const wire::ReplyHeader header{size, 1, 0, ticket, 0};
        std::byte* at = message.head.extend(size);
        std::memset(at, static_cast<int>(fill), size);
        std::memcpy(at, &header, sizeof header);
        link.send(std::move(message));
    }
    transport::RingLink link;
    std::unique_ptr<RingGuest> guest;
};

std::size_t descriptors_open() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

std::vector<std::byte> record(std::uint32_t size) {
    std::vector<std::byte> bytes(size);
    const wire::RecordHeader header{size, 0x0100, 0, 0, 1, 1};
    std::memcpy(bytes.data(), &header, sizeof header);
    return bytes;
}

TEST(the_memory_is_sealed_and_sized_as_the_terms_say) {
    Ring ring;
    CHECK_EQUAL(ring.link.terms().command_bytes, wire::limits::kRingCommandBytes);
    CHECK_EQUAL(ring.link.terms().reply_bytes, wire::limits::kRingReplyBytes);
    const int memory = ring.link.descriptors()[0];
    CHECK_EQUAL(::fcntl(memory, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    CHECK(::ftruncate(memory, 0) != 0);
    const auto& terms = ring.link.terms();
    struct stat found{};
    CHECK(::fstat(memory, &found) == 0);
    CHECK_EQUAL(static_cast<std::uint64_t>(found.st_size),
                wire::ring_places(terms.fence_count, terms.command_bytes, terms.reply_bytes).arena);
}

TEST(a_wish_that_is_no_ring_size_is_ours_to_choose) {
    constexpr std::uint64_t kWishes[] = {1, 4095, 5000, ~std::uint64_t{0}};
    for (const std::uint64_t wish : kWishes) {
        CHECK_EQUAL(Ring(wish).link.terms().command_bytes, wire::limits::kRingCommandBytes);
    }
    CHECK_EQUAL(Ring(std::uint64_t{1} << 40).link.terms().command_bytes, wire::limits::kRingCommandBytes);
    CHECK_EQUAL(Ring(4096).link.terms().command_bytes, 4096u);
}

TEST(the_arena_lies_where_the_guest_keeps_room_and_nowhere_else) {
    constexpr std::uint64_t kSize = std::uint64_t{4} << 20;
    transport::Hello hello = wishing(0);
    hello.arena_base = 0x7e9000000000;
    hello.arena_size = kSize;
    {
        Ring ring(hello);
        CHECK_EQUAL(ring.link.terms().arena_bytes, kSize);
        CHECK_EQUAL(ring.link.terms().arena_base, hello.arena_base);
        auto* arena = reinterpret_cast<std::byte*>(hello.arena_base);
        arena[kSize - 1] = std::byte{42};
        const auto& terms = ring.link.terms();
        const auto places = wire::ring_places(terms.fence_count, terms.command_bytes, terms.reply_bytes);
        std::byte seen{};
        const auto at = static_cast<off_t>(places.arena + kSize - 1);
        CHECK_EQUAL(::pread(ring.link.descriptors()[0], &seen, 1, at), ssize_t{1});
        CHECK(seen == std::byte{42});
        // The place is taken now.
        CHECK_EQUAL(Ring(hello).link.terms().arena_bytes, 0u);
    }
    constexpr std::uint64_t kEnd = std::uint64_t{1} << 47;
    constexpr std::uint64_t kBases[] = {4096, 0x7e9000001000, ~std::uint64_t{0} << 21, kEnd,
                                        kEnd - kSize / 2};
    for (const std::uint64_t base : kBases) {
        hello.arena_base = base;
        CHECK_EQUAL(Ring(hello).link.terms().arena_bytes, 0u);
    }
    hello.arena_base = 0x7e9000000000;
    hello.window_base = hello.arena_base + kSize / 2;
    hello.window_size = kSize;
    CHECK_EQUAL(Ring(hello).link.terms().arena_bytes, 0u);
}

TEST(nothing_of_a_ring_is_left_behind) {
    const std::size_t before = descriptors_open();
    for (int round = 0; round < 50; ++round) Ring ring;
    CHECK_EQUAL(descriptors_open(), before);
}

TEST(replies_that_find_no_room_wait_in_order) {
    for (const std::uint64_t size : {std::uint64_t{4096}, std::uint64_t{65536}}) {
        Ring ring(size);
        for (std::uint32_t ticket = 1; ticket <= 400; ++ticket) ring.reply(ticket, ticket * 7 % 3000);
        CHECK(ring.link.held() > 0);
        CHECK(!ring.link.begin_sleep(true) || ring.guest->page().replies.producer_waits.load() == 1);
        std::size_t seen = 0;
        for (int round = 0; round < 10'000 && seen < 400; ++round) {
            ring.guest->read();
            CHECK(ring.link.flush());
            seen = ring.guest->replies.size();
        }
        CHECK_EQUAL(seen, 400u);
        CHECK_EQUAL(ring.link.held(), 0u);
        for (std::uint32_t ticket = 1; ticket <= seen; ++ticket) {
            const fake::Reply& reply = ring.guest->replies[ticket - 1];
            CHECK_EQUAL(reply.header.ticket, ticket);
            CHECK_EQUAL(reply.payload.size(), wire::align_up(ticket * 7 % 3000, 8));
        }
    }
}

struct Owner final : transport::BodyOwner {
    void body_sent(std::uint32_t token) override { heard.push_back(token); }
    std::vector<std::uint32_t> heard;
};

TEST(a_body_is_kept_until_it_is_in_the_ring) {
    Ring ring(65536);
    Owner owner;
    std::vector<std::byte> body(100'001, std::byte{9});
    for (std::uint32_t token = 1; token <= 3; ++token) {
        transport::OutMessage message;
        const std::size_t size = wire::align_up(32 + body.size(), 8);
        const wire::ReplyHeader header{static_cast<std::uint32_t>(size), 2, 0, token, 0};
        std::byte* at = message.head.extend(32);
        std::memcpy(at, &header, sizeof header);
        const std::uint64_t fixed[2] = {0, body.size()};
        std::memcpy(at + sizeof header, fixed, sizeof fixed);
        message.body = body;
        message.padding = size - 32 - body.size();
        message.owner = &owner;
        message.token = token;
        ring.link.send(std::move(message));
    }
    CHECK(owner.heard.empty());
    for (int round = 0; round < 100; ++round) {
        ring.guest->read();
        CHECK(ring.link.flush());
    }
    CHECK_EQUAL(owner.heard.size(), 3u);
    CHECK_EQUAL(ring.guest->replies.size(), 3u);
    for (const fake::Reply& reply : ring.guest->replies) {
        CHECK_EQUAL(reply.payload.size(), wire::align_up(16 + body.size(), 8));
        CHECK(reply.payload[16 + body.size() - 1] == std::byte{9});
        CHECK(reply.payload.back() == std::byte{0});
    }
}

TEST(a_guest_whose_position_lies_is_found_out) {
    for (const std::uint64_t head : {~std::uint64_t{0}, std::uint64_t{1} << 40}) {
        Ring ring(4096);
        for (std::uint32_t ticket = 1; ticket <= 100; ++ticket) ring.reply(ticket, 100);
        CHECK(ring.link.flush());
        ring.guest->page().replies.head.store(head);
        CHECK(!ring.link.flush());
    }
    Ring ring(4096);
    for (std::uint32_t ticket = 1; ticket <= 100; ++ticket) ring.reply(ticket, 100);
    ring.guest->read();
    CHECK(ring.link.flush());
    ring.guest->page().replies.head.store(8);
    CHECK(!ring.link.flush());
}

// What lies at the front of the ring, published up to `tail`.
State state_of(Ring& ring, std::span<const std::byte> bytes, std::uint64_t tail) {
    std::memcpy(ring.guest->data(), bytes.data(), bytes.size());
    ring.guest->page().commands.tail.store(tail);
    std::span<const std::byte> records;
    return ring.link.next(records);
}

TEST(a_tail_that_jumps_is_broken) {
    const auto good = record(64);
    constexpr std::uint64_t kTails[] = {4, 65, 4097, 4104, std::uint64_t{1} << 63, ~std::uint64_t{0}};
    for (const std::uint64_t tail : kTails) {
        Ring ring(4096);
        CHECK(state_of(ring, good, tail) == State::broken);
    }
    Ring ring(4096);
    CHECK(state_of(ring, good, 64) == State::run);
    ring.link.done(64);
    ring.guest->page().commands.tail.store(0);
    std::span<const std::byte> records;
    CHECK(ring.link.next(records) == State::broken);
}

TEST(an_item_that_cannot_be_is_broken) {
    const std::uint32_t firsts[] = {
        0,                                                    // a skip that is not at the end
        4,                                                    // no multiple of 8
        4096 + 8,                                             // beyond what was published
        0x3ffffff8,                                           // beyond any record
        wire::kPiece | 4096,                                  // a piece beyond what was published
        wire::kPiece | wire::kLastPiece | ((64u << 10) + 8),  // and beyond any piece
        wire::kPiece | wire::kLastPiece | 0x3fffffff,
    };
    for (const std::uint32_t first : firsts) {
        Ring ring(4096);
        auto bytes = record(64);
        std::memcpy(bytes.data(), &first, sizeof first);
        CHECK(state_of(ring, bytes, 64) == State::broken);
    }
}

TEST(a_record_in_pieces_without_end_is_broken_at_the_limit) {
    Ring ring(65536);
    std::uint64_t sent = 0;
    State state = State::empty;
    std::span<const std::byte> records;
    for (int round = 0; round < 10'000 && state == State::empty; ++round) {
        std::byte* at = ring.guest->writer.reserve(wire::kPieceHead + 8192);
        if (at == nullptr) break;
        const std::uint32_t head[2] = {wire::kPiece | 8192, 0};
        std::memcpy(at, head, sizeof head);
        ring.guest->writer.publish(wire::kPieceHead + 8192);
        sent += 8192;
        state = ring.link.next(records);
    }
    CHECK(state == State::broken);
    CHECK(sent <= kRecordLimit + 8192);
}

TEST(random_memory_is_read_within_its_bounds) {
    std::mt19937_64 random(99);
    for (int round = 0; round < 2000; ++round) {
        Ring ring(4096);
        auto* words = reinterpret_cast<std::uint32_t*>(ring.guest->data());
        for (std::size_t index = 0; index < 1024; ++index) {
            const std::uint64_t kind = random() % 4;
            words[index] = 64;
            if (kind == 0) words[index] = static_cast<std::uint32_t>(random());
            if (kind == 1) words[index] = static_cast<std::uint32_t>(random() % 128 * 8);
        }
        ring.guest->page().commands.tail.store(random() % 513 * 8);
        std::span<const std::byte> records;
        for (int run = 0; run < 1000 && ring.link.next(records) == State::run; ++run) {
            CHECK(!records.empty() && records.size() <= kRecordLimit);
            ring.link.done(records.size());
        }
    }
}

TEST(doorbells_are_rung_only_for_sleepers) {
    Ring ring;
    ring.reply(1, 8);
    CHECK_EQUAL(ring.guest->page().replies.consumer_asleep.load(), 0u);
    ring.guest->read();
    CHECK(ring.guest->reader.begin_sleep());
    ring.reply(2, 8);
    ring.reply(3, 8);
    pollfd bell{ring.link.descriptors()[2], POLLIN, 0};
    CHECK_EQUAL(::poll(&bell, 1, 0), 1);
    std::uint64_t count = 0;
    CHECK_EQUAL(::read(bell.fd, &count, sizeof count), ssize_t{8});
    CHECK_EQUAL(count, 1u);
    // A doorbell that the guest has filled up, and made to block, stops nothing.
    const std::uint64_t full = ~std::uint64_t{0} - 1;
    CHECK_EQUAL(::write(bell.fd, &full, sizeof full), ssize_t{8});
    CHECK(::fcntl(bell.fd, F_SETFL, 0) == 0);
    ring.guest->read();
    CHECK(ring.guest->reader.begin_sleep());
    ring.reply(4, 8);
}

}  // namespace
