// See endpoint.h.
#include "endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "futex.h"
#include "wire/limits.h"
#include "wire/tcp.h"

namespace guest {
namespace {

constexpr char kUnix[] = "unix:";
constexpr char kTcp[] = "tcp:";

template <class Address>
void store(const Address& address, Endpoint& endpoint) {
    static_assert(sizeof address <= sizeof endpoint.address);
    memcpy(&endpoint.address, &address, sizeof address);
    endpoint.size = sizeof address;
}

const char* parse_unix(const char* path, Endpoint& endpoint) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (*path == '\0') return "expected unix:/path";
    if (strlen(path) >= sizeof address.sun_path) return "its path is longer than a Unix socket's can be";
    memcpy(address.sun_path, path, strlen(path) + 1);
    store(address, endpoint);
    return nullptr;
}

bool parse_port(const char* text, in_port_t& port) {
    char* end = nullptr;
    errno = 0;
    const unsigned long number = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *text == '-' || number == 0 || number > 65535)
        return false;
    port = htons(static_cast<in_port_t>(number));
    return true;
}

// Tickets and data would cross a network in the clear: until connections are encrypted, this machine only.
constexpr char kLoopbackOnly[] =
    "TCP is for this machine only so far (127.0.0.0/8 or [::1]): connections are not encrypted";

constexpr char kExpected[] = "expected tcp:ADDRESS:PORT, with [ ] around an IPv6 address";

const char* parse_tcp(const char* text, Endpoint& endpoint) {
    const char* colon = strrchr(text, ':');
    char host[64];
    if (colon == nullptr || static_cast<std::size_t>(colon - text) >= sizeof host) return kExpected;
    memcpy(host, text, static_cast<std::size_t>(colon - text));
    host[colon - text] = '\0';
    in_port_t port = 0;
    if (!parse_port(colon + 1, port)) return kExpected;
    if (strcmp(host, "localhost") == 0) snprintf(host, sizeof host, "127.0.0.1");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = port;
    if (inet_pton(AF_INET, host, &address.sin_addr) == 1) {
        store(address, endpoint);
        return wire::is_loopback(endpoint.address) ? nullptr : kLoopbackOnly;
    }
    const std::size_t length = strlen(host);
    if (length < 2 || host[0] != '[' || host[length - 1] != ']') return kExpected;
    host[length - 1] = '\0';
    sockaddr_in6 wide{};
    wide.sin6_family = AF_INET6;
    wide.sin6_port = port;
    if (inet_pton(AF_INET6, host + 1, &wide.sin6_addr) != 1) return kExpected;
    store(wide, endpoint);
    return wire::is_loopback(endpoint.address) ? nullptr : kLoopbackOnly;
}

// A writer of a Unix socket is woken when three quarters of this are read: the reader must not run dry.
void tune_unix(int fd) {
    constexpr int kSendBuffer = wire::limits::kUnixSendBytes;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
}

// Waits for a connect that is under way. 0 or an errno.
int finish_connect(int fd, std::int64_t deadline_ns) {
    for (;;) {
        const std::int64_t left_ns = deadline_ns - now_ns();
        if (left_ns <= 0) return ETIMEDOUT;
        pollfd entry{fd, POLLOUT, 0};
        if (poll(&entry, 1, static_cast<int>(left_ns / 1'000'000 + 1)) > 0) break;
    }
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 ? errno : error;
}

in_port_t port_of(const Endpoint& endpoint) {
    // SAFETY: the family says which of the two was stored there.
    return endpoint.address.ss_family == AF_INET
               ? reinterpret_cast<const sockaddr_in&>(endpoint.address).sin_port
               : reinterpret_cast<const sockaddr_in6&>(endpoint.address).sin6_port;
}

}  // namespace

const char* parse_endpoint(const char* text, Endpoint& endpoint) {
    snprintf(endpoint.text, sizeof endpoint.text, "%s", text);
    if (strncmp(text, kUnix, sizeof kUnix - 1) == 0) return parse_unix(text + sizeof kUnix - 1, endpoint);
    if (strncmp(text, kTcp, sizeof kTcp - 1) == 0) return parse_tcp(text + sizeof kTcp - 1, endpoint);
    return "expected unix:/path or tcp:ADDRESS:PORT";
}

void set_port(Endpoint& endpoint, std::uint16_t port) {
    // SAFETY: as in port_of().
    if (endpoint.address.ss_family == AF_INET) {
        reinterpret_cast<sockaddr_in&>(endpoint.address).sin_port = htons(port);
    } else {
        reinterpret_cast<sockaddr_in6&>(endpoint.address).sin6_port = htons(port);
    }
}

void move_to_host_of(const Endpoint& reached, Endpoint& endpoint) {
    if (!reached.is_tcp() || !endpoint.is_tcp()) return;
    const std::uint16_t port = ntohs(port_of(endpoint));
    endpoint.address = reached.address;
    endpoint.size = reached.size;
    set_port(endpoint, port);
}

int dial(const Endpoint& endpoint, std::int64_t deadline_ns, int& fd) {
    fd = socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return errno;
    endpoint.is_tcp() ? wire::tune_tcp(fd, endpoint.address) : tune_unix(fd);
    // SAFETY: the sockets API takes every address family through this cast.
    const auto* address = reinterpret_cast<const sockaddr*>(&endpoint.address);
    while (::connect(fd, address, endpoint.size) != 0) {
        if (errno == EINPROGRESS || errno == EALREADY) return finish_connect(fd, deadline_ns);
        if (errno == EISCONN) return 0;  // an interrupted connect has gone on by itself
        // EAGAIN: the listener's backlog is full, and a Unix socket offers nothing to poll for.
        if (errno != EAGAIN && errno != EINTR) return errno;
        if (now_ns() >= deadline_ns) return ETIMEDOUT;
        usleep(2000);
    }
    return 0;
}

}  // namespace guest
