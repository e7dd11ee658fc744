// Where a daemon or a worker is reached: "unix:/path", or "tcp:HOST:PORT" with HOST an address of this
// machine's loopback. Text becomes a socket address here and nowhere else; no name is ever looked up (the
// program's resolver is the program's). Used by whoever connects.
#pragma once
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

namespace guest {

struct Endpoint {
    char text[256] = "";  // as it was given, for people
    sockaddr_storage address{};
    socklen_t size = 0;
    bool is_tcp() const { return address.ss_family == AF_INET || address.ss_family == AF_INET6; }
};

// Null, or what is wrong with `text`, for people.
const char* parse_endpoint(const char* text, Endpoint& endpoint);

// The same port at the host of `reached`, when both are TCP: a worker is where its daemon was reached, behind
// a tunnel or a relay too, whatever address the daemon knows itself by.
void move_to_host_of(const Endpoint& reached, Endpoint& endpoint);

// Another port of the same host. Only of a TCP endpoint.
void set_port(Endpoint& endpoint, std::uint16_t port);

// A connection, made within `deadline_ns` (monotonic). 0 or an errno; what `fd` then holds is the caller's.
int dial(const Endpoint& endpoint, std::int64_t deadline_ns, int& fd);

}  // namespace guest
