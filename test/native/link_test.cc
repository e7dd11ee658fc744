// The link against a client: greeting, order of batches, acknowledgements, large messages and bodies that are
// not copied.
#include "transport/link.h"

#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "check.h"
#include "h2_client.h"
#include "wire/grpc_reader.h"

namespace {

using transport::GrpcStatus;

struct Events final : transport::LinkEvents {
    bool on_hello(const transport::Hello& hello) override {
        ++hellos;
        hash = hello.spec_hash;
        return true;
    }
    bool on_batch(std::span<const std::byte> records) override {
        batches.emplace_back(records.begin(), records.end());
        return true;
    }
    void on_callbacks_done(std::uint64_t count) override { callbacks = count; }
    void on_guest_done() override { done = true; }
    void on_violation(GrpcStatus status, const std::string& message) override {
        violation = message;
        link->close(status, message);
    }
    bool holds_reading() const override { return hold; }

    transport::Link* link = nullptr;
    int hellos = 0;
    std::string hash;
    std::vector<std::vector<std::byte>> batches;
    std::string violation;
    std::uint64_t callbacks = 0;
    bool done = false;
    bool hold = false;
};

struct Pair {
    explicit Pair(std::size_t limit = 1 << 20) {
        int sockets[2];
        CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets) == 0);
        link = std::make_unique<transport::Link>(transport::UniqueFd(sockets[0]), limit, events);
        events.link = link.get();
        CHECK(link->start().ok());
        client = std::make_unique<h2::Client>(sockets[1]);
        stream = client->request(h2::attach_headers());
        pump();
    }
    void pump(int turns = 40) {
        for (int turn = 0; turn < turns; ++turn) {
            client->pump();
            if (!closed && !events.hold) closed = link->read() == transport::Link::Io::closed;
            if (!closed) closed = link->flush() == transport::Link::Io::closed;
        }
    }
    void send(const std::vector<std::byte>& bytes) { client->data(stream, bytes); }
    std::string status() { return client->streams[stream].grpc_status(); }

    Events events;
    std::unique_ptr<transport::Link> link;
    std::unique_ptr<h2::Client> client;
    std::int32_t stream = 0;
    bool closed = false;
};

std::vector<std::byte> some(std::size_t size, int seed = 1) {
    std::vector<std::byte> bytes(size);
    for (std::size_t index = 0; index < size; ++index)
        bytes[index] = static_cast<std::byte>(index * 7 + static_cast<std::size_t>(seed));
    return bytes;
}

TEST(batches_arrive_in_order_and_whole) {
    Pair pair;
    pair.send(h2::hello({.spec_hash = "abc"}));
    for (std::uint64_t sequence = 1; sequence <= 50; ++sequence) {
        pair.send(h2::batch(sequence, 0, some(sequence * 16)));
    }
    pair.pump();
    CHECK_EQUAL(pair.events.hellos, 1);
    CHECK_EQUAL(pair.events.hash, std::string("abc"));
    CHECK_EQUAL(pair.events.batches.size(), 50u);
    for (std::size_t index = 0; index < pair.events.batches.size(); ++index) {
        CHECK(pair.events.batches[index] == some((index + 1) * 16));
    }
    CHECK(pair.events.violation.empty());
}

TEST(a_message_of_many_frames_is_gathered) {
    Pair pair(64 << 20);
    pair.send(h2::hello({}));
    const auto records = some(20 << 20);
    pair.send(h2::batch(1, 0, records));
    pair.pump(600);
    CHECK_EQUAL(pair.events.batches.size(), 1u);
    CHECK(!pair.events.batches.empty() && pair.events.batches[0] == records);
}

TEST(a_gap_a_repeat_and_an_early_batch_are_violations) {
    for (const std::uint64_t sequence :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{3}, ~std::uint64_t{0}}) {
        Pair pair;
        pair.send(h2::hello({}));
        pair.send(h2::batch(1, 0, some(16)));
        pair.send(h2::batch(sequence, 0, some(16)));
        pair.pump();
        CHECK_EQUAL(pair.events.batches.size(), 1u);
        CHECK(!pair.events.violation.empty());
        CHECK_EQUAL(pair.status(), std::string("3"));
    }
    Pair early;
    early.send(h2::batch(1, 0, some(16)));
    early.pump();
    CHECK_EQUAL(early.status(), std::string("3"));
    Pair twice;
    twice.send(h2::hello({}));
    twice.send(h2::hello({}));
    twice.pump();
    CHECK_EQUAL(twice.status(), std::string("3"));
}

TEST(an_acknowledgement_of_what_was_never_sent_is_a_violation) {
    Pair pair;
    pair.send(h2::hello({}));
    pair.send(h2::batch(1, 1, {}));
    pair.pump();
    CHECK_EQUAL(pair.status(), std::string("3"));
}

TEST(garbage_instead_of_a_frame_is_a_violation) {
    Pair pair;
    pair.send(h2::framed(some(100)));
    pair.pump();
    CHECK_EQUAL(pair.status(), std::string("3"));
    CHECK_EQUAL(pair.events.hellos, 0);
}

TEST(replies_carry_sequence_and_acknowledgement) {
    Pair pair;
    pair.send(h2::hello({}));
    pair.send(h2::batch(1, 0, some(16)));
    pair.pump();
    for (int index = 0; index < 3; ++index) {
        transport::OutBuffer replies = pair.link->take_buffer();
        replies.append(some(24, index));
        pair.link->send_batch(std::move(replies));
    }
    pair.pump();
    const auto messages = pair.client->messages(pair.stream);
    CHECK_EQUAL(messages.size(), 3u);
    for (std::size_t index = 0; index < messages.size(); ++index) {
        wire::BatchView view;
        const auto inner = h2::frame_field(messages[index], 2);
        CHECK(wire::read_batch(inner, view));
        CHECK_EQUAL(view.sequence, index + 1);
        CHECK_EQUAL(view.acknowledged, 1u);
        CHECK(std::vector<std::byte>(view.records.begin(), view.records.end()) ==
              some(24, static_cast<int>(index)));
    }
}

struct Owner final : transport::BodyOwner {
    void body_sent(std::uint32_t token) override { tokens.push_back(token); }
    std::vector<std::uint32_t> tokens;
};

TEST(a_body_is_sent_in_place_padded_and_given_back) {
    Pair pair;
    Owner owner;
    pair.send(h2::hello({}));
    pair.pump();
    const auto body = some((1 << 20) - 3);
    for (std::uint32_t token = 0; token < 20; ++token) {
        transport::OutBuffer replies = pair.link->take_buffer();
        replies.append(some(32));
        pair.link->send_batch(std::move(replies), body, &owner, token);
    }
    pair.pump(2000);
    const auto messages = pair.client->messages(pair.stream);
    CHECK_EQUAL(messages.size(), 20u);
    CHECK_EQUAL(owner.tokens.size(), 20u);
    CHECK_EQUAL(pair.link->held(), 0u);
    for (const auto& message : messages) {
        wire::BatchView view;
        const auto inner = h2::frame_field(message, 2);
        CHECK(wire::read_batch(inner, view));
        CHECK_EQUAL(view.records.size(), 32 + body.size() + 3);
        CHECK(std::equal(body.begin(), body.end(), view.records.begin() + 32));
    }
}

TEST(farewell_comes_before_the_status) {
    Pair pair;
    pair.send(h2::hello({}));
    pair.pump();
    pair.link->send_farewell(999, "100 % sure\n");
    pair.link->close(GrpcStatus::aborted, "100 % sure\n");
    pair.pump();
    const auto messages = pair.client->messages(pair.stream);
    CHECK_EQUAL(messages.size(), 1u);
    const auto farewell = h2::frame_field(messages.at(0), 3);
    CHECK_EQUAL(h2::varint_field(farewell, 1), 999u);
    CHECK_EQUAL(pair.status(), std::string("10"));
    CHECK_EQUAL(pair.client->streams[pair.stream].headers["grpc-message"], std::string("100 %25 sure%0A"));
    CHECK(pair.link->drained());
}

}  // namespace
