// Listener: the worker's Unix socket, in a folder only this user may enter, or a TCP port on the loopback.
// Used by the session until a guest is in. Over the Unix socket it hands out accepted connections together
// with who is behind them, as the kernel says, and refuses other users; over TCP nobody says, and the ticket
// decides.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "status.h"
#include "transport/unique_fd.h"

namespace transport {

inline constexpr uid_t kNoUid = static_cast<uid_t>(-1);

struct Connection {
    UniqueFd socket;
    UniqueFd process;  // pidfd of the peer; invalid when the kernel or a PID namespace does not give one
    pid_t pid = 0;     // 0 when the peer lives in a PID namespace we cannot see
    uid_t uid = 0;             // kNoUid when the kernel does not say
    bool is_tcp = false;
};

class Listener {
public:
    // Creates the folder of `path` (mode 0700) when it is missing. Fails when the folder is somebody else's,
    // is open to others, or when anything stands at `path` already.
    ferry::Status open(const std::string& path);
    // A TCP port of the kernel's choice at `address`, which must be of the loopback: nothing is encrypted.
    ferry::Status open_tcp(const std::string& address);
    ~Listener() { close(); }
    std::uint16_t port() const { return port_; }

    int fd() const { return socket_.get(); }
    bool is_open() const { return socket_.valid(); }
    // The next waiting connection; nothing when none waits or the one that did belongs to another user.
    std::optional<Connection> accept();
    // Stops listening and removes the socket from the folder.
    void close();

private:
    UniqueFd socket_;
    std::string path_;         // of a Unix socket, else empty
    std::uint16_t port_ = 0;   // of a TCP socket, else 0
};

}  // namespace transport
