// How both ends set up a TCP connection. Nagle's delay would be paid by every call that waits and by every
// reply. The keepalive tells of a dead machine even while nothing is read; a process that hangs shows in the
// heartbeat. On the loopback nothing is lost or queued, so a congestion control that paces what it sends
// (BBR, the default of some systems) only costs timers and rate there (D-68); elsewhere the system's stays.
#pragma once
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace wire {

// Whether the address (AF_INET or AF_INET6) is of this machine's loopback: 127.0.0.0/8 or ::1.
inline bool is_loopback(const sockaddr_storage& address) {
    // SAFETY: the family says which of the two is stored there.
    if (address.ss_family == AF_INET) {
        return (ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr) >> 24) == 127;
    }
    return address.ss_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
}

// Of a socket before it is connected to `address`, or of one that listens there: what it accepts inherits
// all of it. Once connected a socket goes on pacing whatever control it gets. What the kernel does not allow
// stays as it was.
inline void tune_tcp(int socket, const sockaddr_storage& address) {
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    // Reno is in every kernel, and who is not root may choose it unless an administrator forbids that.
    constexpr char kUnpaced[] = "reno";
    if (is_loopback(address)) setsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, kUnpaced, sizeof kUnpaced - 1);
}

}  // namespace wire
