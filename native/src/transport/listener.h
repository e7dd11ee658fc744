// Listener: the worker's Unix socket, in a folder only this user may enter. Used by the session until a guest
// is in. Hands out accepted connections together with who is behind them, as the kernel says; refuses other
// users.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>

#include "status.h"
#include "transport/unique_fd.h"

namespace transport {

struct Connection {
    UniqueFd socket;
    UniqueFd process;  // pidfd of the peer; invalid when the kernel or a PID namespace does not give one
    pid_t pid = 0;     // 0 when the peer lives in a PID namespace we cannot see
    uid_t uid = 0;
};

class Listener {
public:
    // Creates the folder of `path` (mode 0700) when it is missing. Fails when the folder is somebody else's,
    // is open to others, or when anything stands at `path` already.
    ferry::Status open(const std::string& path);
    ~Listener() { close(); }

    int fd() const { return socket_.get(); }
    bool is_open() const { return socket_.valid(); }
    // The next waiting connection; nothing when none waits or the one that did belongs to another user.
    std::optional<Connection> accept();
    // Stops listening and removes the socket from the folder.
    void close();

private:
    UniqueFd socket_;
    std::string path_;
};

}  // namespace transport
