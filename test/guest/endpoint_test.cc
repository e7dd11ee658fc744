// Endpoints: a connection over TCP is set up as wire/tcp.h says, and elsewhere than on the loopback the
// system's congestion control stays.
#include "endpoint.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "futex.h"
#include "unit.h"
#include "wire/tcp.h"

namespace {

constexpr std::int64_t kPatienceNs = 10'000'000'000;

std::string control_of(int socket) {
    char name[16] = "";
    socklen_t size = sizeof name;
    getsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, name, &size);
    return name;
}

sockaddr_storage address_of(const char* host) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    CHECK(inet_pton(AF_INET, host, &address.sin_addr) == 1);
    sockaddr_storage place{};
    std::memcpy(&place, &address, sizeof address);
    return place;
}

// The congestion control of a new socket that is going to be connected to `host`.
std::string control_towards(const char* host) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    wire::tune_tcp(fd, address_of(host));
    const std::string control = control_of(fd);
    close(fd);
    return control;
}

}  // namespace

TEST("a dialled connection does not wait for more to send, and is not paced") {
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_storage place = address_of("127.0.0.1");
    socklen_t size = sizeof(sockaddr_in);
    // SAFETY: the sockets API takes every address family through this cast.
    auto* generic = reinterpret_cast<sockaddr*>(&place);
    CHECK(bind(server, generic, size) == 0 && listen(server, 1) == 0);
    CHECK(getsockname(server, generic, &size) == 0);
    sockaddr_in bound{};
    std::memcpy(&bound, &place, sizeof bound);
    const std::string text = "tcp:127.0.0.1:" + std::to_string(ntohs(bound.sin_port));
    guest::Endpoint endpoint;
    CHECK(guest::parse_endpoint(text.c_str(), endpoint) == nullptr);
    int fd = -1;
    CHECK(guest::dial(endpoint, guest::now_ns() + kPatienceNs, fd) == 0);
    int no_delay = 0;
    size = sizeof no_delay;
    CHECK(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size) == 0 && no_delay == 1);
    CHECK(control_of(fd) == "reno");
    close(fd);
    close(server);
}

TEST("elsewhere than on the loopback the system's congestion control stays") {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const std::string usual = control_of(fd);
    close(fd);
    CHECK(!usual.empty());
    CHECK(control_towards("192.0.2.1") == usual);
    CHECK(control_towards("127.9.9.9") == "reno");
}
