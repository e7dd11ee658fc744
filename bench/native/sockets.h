// Connected pairs of sockets and whole messages over them, for limits.cc and the relay.
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <utility>

namespace bench {

// Owns a descriptor.
class Socket {
public:
    Socket() = default;
    explicit Socket(int descriptor) : descriptor_(descriptor) {}
    Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    Socket& operator=(Socket&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~Socket();
    int get() const { return descriptor_; }
    // Ends both directions: whoever reads the other end sees its end.
    void shut();

private:
    int descriptor_ = -1;
};

struct SocketPair {
    Socket near;
    Socket far;
};

// A Unix stream socket pair.
SocketPair unix_pair();
// A TCP connection to a server of this process on 127.0.0.1, made to the address `host` on the server's port.
// Ends the process with a line when it cannot be made.
SocketPair tcp_pair(const char* host);
// A TCP socket listening on `host`:`port` (0: any), not blocking; -1 with errno when that fails.
int listen_on(const char* host, int port);
// A TCP socket that is connected to `host`:`port`, or about to be, not blocking; -1 when that cannot be.
int begin_connect(const char* host, int port);
// The local port of a TCP socket.
int port_of(int socket);

// False when the other end is gone. `awake`: never sleeps, looks again and again.
bool receive_all(int socket, char* at, std::size_t size, bool awake);
bool send_all(int socket, const char* at, std::size_t size);

}  // namespace bench
