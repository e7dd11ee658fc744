// The send queue over a socket that takes little at a time: order, what is kept and for how long, and what
// goes out again on another connection.
#include "transport/send_queue.h"

#include <sys/socket.h>

#include <algorithm>
#include <vector>

#include "check.h"
#include "transport/unique_fd.h"

namespace {

using transport::OutMessage;
using transport::SendQueue;
using Bytes = std::vector<std::byte>;

Bytes some(std::size_t size, unsigned seed) {
    Bytes bytes(size);
    for (std::size_t at = 0; at < size; ++at) bytes[at] = static_cast<std::byte>(at * 13 + seed);
    return bytes;
}

struct Owner final : transport::BodyOwner {
    void body_sent(std::uint32_t token) override { told.push_back(token); }
    std::vector<std::uint32_t> told;
};

// Two ends; what has been read at the far one.
struct Wire {
    Wire() {
        int sockets[2];
        CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets) == 0);
        near.reset(sockets[0]);
        far.reset(sockets[1]);
        const int little = 8192;
        ::setsockopt(near.get(), SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
    }
    std::size_t read(std::size_t size) {
        Bytes buffer(size);
        const ssize_t got = ::recv(far.get(), buffer.data(), size, MSG_DONTWAIT);
        if (got > 0) seen.insert(seen.end(), buffer.begin(), buffer.begin() + got);
        return got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    // Until all is through, in steps of `size`.
    void carry(SendQueue& queue, std::size_t size) {
        while (queue.flush(near.get()) == SendQueue::Flushed::blocked) read(size);
        while (read(size) != 0) {
        }
    }
    transport::UniqueFd near;
    transport::UniqueFd far;
    Bytes seen;
};

OutMessage message(SendQueue& queue, const Bytes& head, const Bytes& body, Owner& owner,
                   std::uint32_t token) {
    OutMessage made;
    made.head = queue.take_buffer();
    made.head.append(head);
    made.body = body;
    made.padding = (8 - body.size() % 8) % 8;
    made.owner = &owner;
    made.token = token;
    made.sequence = token;
    return made;
}

void append(Bytes& to, const Bytes& bytes, std::size_t padding = 0) {
    to.insert(to.end(), bytes.begin(), bytes.end());
    to.insert(to.end(), padding, std::byte{0});
}

void frame_all(SendQueue& queue, std::size_t longest) {
    while (queue.has_message()) queue.take_front(std::min(queue.front_remaining(), longest));
}

TEST(heads_bodies_and_padding_go_out_in_order_through_a_narrow_socket) {
    SendQueue queue;
    Owner owner;
    Wire wire;
    Bytes expected;
    std::vector<Bytes> bodies;
    for (unsigned each = 0; each < 20; ++each) bodies.push_back(some(each * 7919 + each % 8, each));
    for (unsigned each = 0; each < 20; ++each) {
        const Bytes head = some(30 + each, 99);
        queue.push(message(queue, head, bodies[each], owner, each + 1));
        append(expected, head);
        append(expected, bodies[each], (8 - bodies[each].size() % 8) % 8);
    }
    CHECK_EQUAL(queue.unwritten(), expected.size());
    frame_all(queue, 10'000);
    queue.copy(some(17, 5));
    append(expected, some(17, 5));
    wire.carry(queue, 3000);
    CHECK(wire.seen == expected);
    CHECK_EQUAL(owner.told.size(), 20u);
    CHECK_EQUAL(queue.unwritten(), 0u);
    CHECK_EQUAL(queue.held(), 0u);
}

TEST(an_owner_hears_as_soon_as_its_body_has_left_although_more_is_on_its_way) {
    SendQueue queue;
    Owner owner;
    Wire wire;
    const Bytes body = some(40'000, 1);
    for (std::uint32_t each = 1; each <= 3; ++each) queue.push(message(queue, some(9, 2), body, owner, each));
    frame_all(queue, 1 << 20);
    while (wire.seen.size() < 60'000) {
        CHECK(queue.flush(wire.near.get()) == SendQueue::Flushed::blocked);
        wire.read(4096);
    }
    CHECK_EQUAL(owner.told.size(), 1u);
    CHECK(queue.unwritten() != 0);
}

TEST(what_is_kept_is_released_by_its_acknowledgement_and_not_before) {
    SendQueue queue;
    Owner owner;
    Wire wire;
    queue.keep_until_acknowledged();
    const Bytes body = some(5000, 1);
    for (std::uint32_t each = 1; each <= 4; ++each) queue.push(message(queue, {}, body, owner, each));
    queue.push(message(queue, some(10, 3), {}, owner, 0));  // no batch: nothing to keep
    frame_all(queue, 1 << 20);
    CHECK(queue.awaits_acknowledgement());
    wire.carry(queue, 1 << 16);
    CHECK_EQUAL(owner.told.size(), 1u);
    CHECK_EQUAL(queue.held(), 4u * 5000);
    CHECK_EQUAL(queue.unwritten(), 0u);
    queue.acknowledge(3);
    CHECK_EQUAL(owner.told.size(), 4u);
    queue.acknowledge(2);  // late, and nothing new
    CHECK(queue.awaits_acknowledgement());
    queue.acknowledge(4);
    CHECK(!queue.awaits_acknowledgement());
    CHECK_EQUAL(queue.held(), 0u);
}

TEST(another_connection_sends_again_what_was_not_seen_and_nothing_else) {
    SendQueue broken;
    Owner owner;
    Wire wire;
    broken.keep_until_acknowledged();
    std::vector<Bytes> bodies;
    for (unsigned each = 0; each < 8; ++each) bodies.push_back(some(8000, each));
    for (std::uint32_t each = 1; each <= 8; ++each) {
        broken.push(message(broken, some(16, each), bodies[each - 1], owner, each));
        if (each == 2) broken.push(message(broken, some(11, 0), {}, owner, 0));  // of the old connection only
    }
    // Three are written, the others framed in part or not at all.
    for (int each = 0; each < 5; ++each) broken.take_front(broken.front_remaining());
    broken.take_front(100);
    while (wire.seen.size() < 25'000) {
        (void)broken.flush(wire.near.get());
        wire.read(1000);
    }
    SendQueue fresh;
    fresh.take_over(broken, 2);
    CHECK_EQUAL(broken.held(), 0u);
    CHECK_EQUAL(owner.told.size(), 3u);
    Wire other;
    frame_all(fresh, 5000);
    other.carry(fresh, 1 << 16);
    Bytes expected;
    for (std::uint32_t each = 3; each <= 8; ++each) {
        append(expected, some(16, each));
        append(expected, bodies[each - 1]);
    }
    CHECK(other.seen == expected);
    fresh.acknowledge(8);
    CHECK_EQUAL(owner.told.size(), 9u);
    CHECK_EQUAL(fresh.held(), 0u);
}

TEST(nobody_comes_back_for_what_is_forgotten) {
    SendQueue queue;
    Owner owner;
    Wire wire;
    queue.keep_until_acknowledged();
    const Bytes body = some(500, 1);
    queue.push(message(queue, {}, body, owner, 1));
    frame_all(queue, 1 << 20);
    wire.carry(queue, 1 << 16);
    queue.forget_written();
    queue.push(message(queue, {}, body, owner, 2));
    frame_all(queue, 1 << 20);
    wire.carry(queue, 1 << 16);
    CHECK_EQUAL(owner.told.size(), 2u);
    CHECK_EQUAL(queue.held(), 0u);
}

TEST(a_socket_that_is_gone_is_said) {
    SendQueue queue;
    Wire wire;
    wire.far.reset();
    queue.copy(some(10, 1));
    CHECK(queue.flush(wire.near.get()) == SendQueue::Flushed::broken);
}

}  // namespace
