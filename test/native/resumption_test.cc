// Who is let in when a connection has broken: whoever shows the secret of the last Welcome, or of the one the
// guest is known to hold, and nobody else.
#include "engine/resumption.h"

#include <sys/socket.h>

#include <memory>
#include <vector>

#include "check.h"
#include "h2_client.h"

namespace {

using namespace std::chrono_literals;
using engine::Resumption;
using Bytes = std::vector<std::byte>;

Bytes offer(Resumption& resumption) {
    transport::Welcome welcome;
    CHECK(resumption.offer(welcome));
    CHECK_EQUAL(welcome.resume_secret.size(), transport::kTicketSize);
    CHECK_EQUAL(welcome.resume_grace_ms, 1500u);
    return welcome.resume_secret;
}

// Somebody calls and says this; the link once let in.
std::unique_ptr<transport::Link> call(Resumption& resumption, const Bytes& words, std::uint64_t& seen) {
    int sockets[2];
    CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets) == 0);
    transport::Connection connection;
    connection.socket.reset(sockets[0]);
    resumption.accept(std::move(connection), 1 << 20, Resumption::Clock::now());
    h2::Client client(sockets[1]);
    client.data(client.request(h2::attach_headers()), words);
    for (int turn = 0; turn < 20 && resumption.has_caller(); ++turn) {
        client.pump(1);
        if (auto link = resumption.read(seen)) return link;
    }
    return nullptr;
}

bool lets_in(Resumption& resumption, const Bytes& secret) {
    std::uint64_t seen = 0;
    const auto link = call(resumption, h2::hello({.resume = secret, .seen = 42}), seen);
    CHECK(link == nullptr || seen == 42);
    CHECK(!resumption.has_caller());
    return link != nullptr;
}

TEST(the_secret_of_the_last_welcome_lets_in) {
    Resumption resumption(1500ms);
    CHECK(!resumption.offered());
    const Bytes secret = offer(resumption);
    CHECK(resumption.offered());
    CHECK(lets_in(resumption, secret));
}

TEST(nothing_else_does) {
    Resumption resumption(1500ms);
    const Bytes secret = offer(resumption);
    Bytes close = secret;
    close.back() ^= std::byte{1};
    CHECK(!lets_in(resumption, close));
    CHECK(!lets_in(resumption, {}));
    CHECK(!lets_in(resumption, Bytes(secret.begin(), secret.end() - 1)));
    CHECK(!lets_in(resumption, Bytes(transport::kTicketSize)));
    std::uint64_t seen = 0;
    CHECK(call(resumption, h2::batch(1, 0, secret), seen) == nullptr);
    CHECK(lets_in(resumption, secret));  // wrong words do not use it up
}

TEST(a_welcome_that_was_lost_leaves_the_secret_before_it_good_until_the_guest_has_spoken) {
    Resumption resumption(1500ms);
    const Bytes first = offer(resumption);
    CHECK(lets_in(resumption, first));
    const Bytes second = offer(resumption);  // lost on its way
    CHECK(!lets_in(resumption, Bytes(transport::kTicketSize)));
    CHECK(second != first);
    CHECK(lets_in(resumption, first));
    const Bytes third = offer(resumption);
    CHECK(!lets_in(resumption, second));  // never shown, so nobody holds it
    CHECK(lets_in(resumption, third));
    resumption.confirm();
    CHECK(!lets_in(resumption, first));
    CHECK(lets_in(resumption, third));
}

TEST(the_ticket_gets_the_first_welcome_again_until_the_guest_has_spoken) {
    transport::Ticket ticket{};
    ticket.fill(std::byte{9});
    const Bytes shown(ticket.begin(), ticket.end());
    Resumption resumption(1500ms);
    const auto call_with_ticket = [&](const Bytes& words) {
        std::uint64_t seen = 1;
        return call(resumption, h2::hello({.ticket = words, .seen = 77}), seen) != nullptr && seen == 0;
    };
    transport::Welcome first;
    CHECK(resumption.offer(first));
    CHECK(!call_with_ticket(shown));
    first.snapshot.driver_version = 13000;
    resumption.keep_welcome(first, ticket);
    CHECK(!call_with_ticket(Bytes(transport::kTicketSize)));
    CHECK(call_with_ticket(shown));
    CHECK_EQUAL(resumption.welcome().snapshot.driver_version, 13000);
    const Bytes second = offer(resumption);
    CHECK(second != first.resume_secret && call_with_ticket(shown));
    CHECK(!lets_in(resumption, Bytes(transport::kTicketSize)));  // no secret was ever shown
    CHECK(lets_in(resumption, second));
    CHECK_EQUAL(resumption.welcome().snapshot.driver_version, 0);
    resumption.confirm();
    CHECK(!call_with_ticket(shown));
}

TEST(it_waits_for_the_grace_period_from_the_break_on) {
    Resumption resumption(1500ms);
    (void)offer(resumption);
    CHECK(!resumption.parted());
    const auto now = Resumption::Clock::now();
    resumption.part(now);
    CHECK(resumption.parted() && resumption.parted_until() == now + 1500ms);
    (void)offer(resumption);
    CHECK(!resumption.parted());
}

}  // namespace
