// Listener over TCP: what it accepts is set up as wire/tcp.h says, though that is said of the listening
// socket only, and it listens on the loopback alone.
#include "transport/listener.h"

#include <arpa/inet.h>
#include <poll.h>

#include <string>

#include "check.h"
#include "wire/tcp.h"

namespace {

constexpr int kPatienceMs = 10'000;

int number_of(int socket, int level, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    ::getsockopt(socket, level, option, &value, &size);
    return value;
}

std::string control_of(int socket) {
    char name[16] = "";
    socklen_t size = sizeof name;
    ::getsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, name, &size);
    return name;
}

TEST(what_it_accepts_over_tcp_is_tuned) {
    transport::Listener listener;
    CHECK(listener.open_tcp("127.0.0.1").ok());
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(listener.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // A client that tunes nothing.
    const transport::UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    // SAFETY: the sockets API takes every address family through this cast.
    CHECK_EQUAL(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    pollfd waiting{listener.fd(), POLLIN, 0};
    CHECK_EQUAL(::poll(&waiting, 1, kPatienceMs), 1);
    const auto accepted = listener.accept();
    CHECK(accepted.has_value());
    if (!accepted) return;
    CHECK(accepted->is_tcp);
    const int socket = accepted->socket.get();
    CHECK_EQUAL(number_of(socket, IPPROTO_TCP, TCP_NODELAY), 1);
    CHECK_EQUAL(number_of(socket, SOL_SOCKET, SO_KEEPALIVE), 1);
    CHECK_EQUAL(control_of(socket), "reno");
}

TEST(only_the_loopback_is_listened_on) {
    for (const char* address : {"0.0.0.0", "192.0.2.1", "::", "2001:db8::1", "localhost", ""}) {
        transport::Listener listener;
        CHECK(!listener.open_tcp(address).ok());
        CHECK(!listener.is_open());
    }
}

}  // namespace
