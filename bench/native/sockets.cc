// See sockets.h.
#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/tcp.h"

namespace bench {
namespace {

[[noreturn]] void die(const char* what) {
    perror(what);
    exit(1);
}

sockaddr_in address_of(const char* host, int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<unsigned short>(port));
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) die(host);
    return address;
}

// As Ferry's own connections are: what is compared is what goes over them.
void tune(int socket, const sockaddr_in& address) {
    sockaddr_storage place{};
    memcpy(&place, &address, sizeof address);
    wire::tune_tcp(socket, place);
}

}  // namespace

Socket::~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
}

void Socket::shut() { shutdown(descriptor_, SHUT_RDWR); }

SocketPair unix_pair() {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) die("socketpair");
    return {Socket(pair[0]), Socket(pair[1])};
}

int listen_on(const char* host, int port) {
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address = address_of(host, port);
    tune(server, address);
    if (bind(server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(server, 16) != 0) {
        const int error = errno;
        close(server);
        errno = error;
        return -1;
    }
    return server;
}

int port_of(int socket) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
}

int begin_connect(const char* host, int port) {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address = address_of(host, port);
    tune(descriptor, address);
    const int failed = connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address);
    if (failed == 0 || errno == EINPROGRESS) return descriptor;
    close(descriptor);
    return -1;
}

SocketPair tcp_pair(const char* host) {
    const Socket server(listen_on("127.0.0.1", 0));
    if (server.get() < 0) die("listen");
    Socket near(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = address_of(host, port_of(server.get()));
    tune(near.get(), address);
    // The relay learns of a new port by looking; it may take a moment.
    constexpr int kTries = 100;
    for (int index = 0; connect(near.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0;
         ++index) {
        if (index == kTries) die(host);
        usleep(20'000);
    }
    pollfd ready{server.get(), POLLIN, 0};
    if (poll(&ready, 1, 5000) != 1) die("accept");
    Socket far(accept4(server.get(), nullptr, nullptr, SOCK_CLOEXEC));
    return {std::move(near), std::move(far)};
}

bool receive_all(int socket, char* at, std::size_t size, bool awake) {
    while (size > 0) {
        const ssize_t got = recv(socket, at, size, awake ? MSG_DONTWAIT : 0);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (got <= 0) return false;
        at += got;
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

bool send_all(int socket, const char* at, std::size_t size) {
    while (size > 0) {
        const ssize_t sent = send(socket, at, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        at += sent;
        size -= static_cast<std::size_t>(sent);
    }
    return true;
}

}  // namespace bench
