// The worker's end of a ring and a guest's, each on a thread of its own over one mapping, so that
// ThreadSanitizer sees whether the words order the bytes. Both sleep whenever they find nothing.
#include <poll.h>
#include <sys/eventfd.h>

#include <random>
#include <thread>

#include "check.h"
#include "fake_ring.h"
#include "transport/ring_link.h"

namespace {

using State = transport::RingLink::State;

constexpr std::size_t kRecordLimit = std::size_t{16} << 20;

std::uint32_t rounds() {
    const char* text = std::getenv("FERRY_TEST_LONG");
    return text != nullptr && std::strcmp(text, "1") == 0 ? 60'000 : 6'000;
}

std::uint64_t seed() {
    const char* text = std::getenv("FERRY_TEST_SEED");
    return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

// A header and bytes that follow from the number; mostly small, sometimes larger than an item can be.
std::vector<std::byte> numbered(std::mt19937_64& random, std::uint32_t number, std::uint64_t ring_bytes) {
    const std::uint64_t most = random() % 16 == 0 ? 2 * ring_bytes : ring_bytes / 16;
    const auto size = static_cast<std::uint32_t>(16 + random() % (most / 8) * 8);
    std::vector<std::byte> bytes(size, static_cast<std::byte>(number));
    const wire::RecordHeader header{size, 0x0100, 1, number, 1, 1};
    std::memcpy(bytes.data(), &header, sizeof header);
    return bytes;
}

// Answers every record with a reply of the same bytes, as the engine's loop does it.
void serve(transport::RingLink& link, std::uint32_t count) {
    std::uint32_t next = 1;
    const auto over = [&] { return next > count && link.held() == 0; };
    while (!over()) {
        std::span<const std::byte> run;
        const State state = link.held() > kRecordLimit ? State::empty : link.next(run);
        CHECK(state != State::broken);
        for (auto rest = run; state == State::run && !rest.empty();) {
            wire::RecordHeader header;
            std::memcpy(&header, rest.data(), sizeof header);
            CHECK_EQUAL(header.ticket, next);
            ++next;
            transport::OutMessage message;
            message.head = link.take_buffer();
            std::byte* at = message.head.extend(header.size);
            std::memcpy(at, rest.data(), header.size);
            const wire::ReplyHeader reply{header.size, 1, 0, header.ticket, 0};
            std::memcpy(at, &reply, sizeof reply);
            link.send(std::move(message));
            rest = rest.subspan(header.size);
        }
        if (state == State::run) link.done(run.size());
        CHECK(link.flush());
        if (over() || state == State::run || !link.begin_sleep(link.held() <= kRecordLimit)) continue;
        pollfd bell{link.doorbell(), POLLIN, 0};
        CHECK_EQUAL(::poll(&bell, 1, 60'000), 1);
        link.hear();
        link.end_sleep();
    }
}

void ask(fake::RingGuest& guest, std::uint32_t count, std::uint64_t ring_bytes) {
    std::mt19937_64 random(seed());
    std::mt19937_64 again(seed());
    std::uint32_t answered = 0;
    const auto take = [&] {
        for (; !guest.replies.empty(); guest.replies.pop_front()) {
            const fake::Reply& reply = guest.replies.front();
            const auto expected = numbered(again, ++answered, ring_bytes);
            CHECK_EQUAL(reply.header.ticket, answered);
            CHECK_EQUAL(reply.payload.size() + sizeof reply.header, expected.size());
            const auto same = std::equal(reply.payload.begin(), reply.payload.end(), expected.begin() + 16);
            CHECK(same);
        }
        return answered == count;
    };
    for (std::uint32_t number = 1; number <= count; ++number) {
        fake::Batch batch;
        batch.bytes = numbered(random, number, ring_bytes);
        guest.send(batch);
        if (number % 16 == 0) guest.read();
        (void)take();
    }
    CHECK(guest.until(take));
}

TEST(two_ends_on_two_threads_lose_no_record_no_reply_and_no_doorbell) {
    for (const std::uint64_t ring_bytes : {std::uint64_t{4096}, std::uint64_t{65536}}) {
        transport::Hello hello;
        hello.wants_ring = true;
        hello.ring_bytes = ring_bytes;
        transport::RingLink link;
        CHECK(link.open(hello, kRecordLimit).ok());
        const auto descriptors = link.descriptors();
        fake::RingGuest guest(link.terms(), descriptors, link.page());
        std::thread worker([&] { serve(link, rounds()); });
        ask(guest, rounds(), ring_bytes);
        worker.join();
    }
}

}  // namespace
