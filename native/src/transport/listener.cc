// The worker's Unix socket: creation, peer credentials, pidfd. See listener.h.
#include "transport/listener.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace transport {
namespace {

constexpr int kBacklog = 4;
// Debian 12's headers predate these; the numbers are the kernel's ABI. SO_PEERPIDFD exists from Linux 6.5 on.
constexpr int kSoPeerPidfd = 77;

ferry::Status failure_of(const std::string& what) {
    return ferry::Status::failure(what + ": " + std::strerror(errno));
}

ferry::Status require_private_folder(const std::string& folder) {
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return failure_of("cannot create " + folder);
    struct stat found{};
    if (::lstat(folder.c_str(), &found) != 0) return failure_of("cannot look at " + folder);
    if (!S_ISDIR(found.st_mode)) return ferry::Status::failure(folder + " is not a folder");
    if (found.st_uid != ::geteuid()) return ferry::Status::failure(folder + " belongs to another user");
    if ((found.st_mode & 077) != 0) {
        return ferry::Status::failure(folder + " must have mode 0700: other users can reach it");
    }
    return ferry::Status::success();
}

UniqueFd peer_pidfd(int socket, pid_t pid) {
    int fd = -1;
    socklen_t size = sizeof fd;
    if (::getsockopt(socket, SOL_SOCKET, kSoPeerPidfd, &fd, &size) == 0) return UniqueFd(fd);
    // Older kernels: between accept and here the pid can only be recycled if the guest is already dead, and
    // then the socket tells us.
    if (pid <= 0) return UniqueFd();
    return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

}  // namespace

ferry::Status Listener::open(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.front() != '/' || path.size() >= sizeof address.sun_path) {
        return ferry::Status::failure("socketPath must be an absolute path of at most " +
                                      std::to_string(sizeof address.sun_path - 1) + " bytes, got '" + path +
                                      "'");
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    const std::string folder = path.substr(0, path.rfind('/'));
    if (auto status = require_private_folder(folder.empty() ? "/" : folder); !status.ok()) return status;

    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.valid()) return failure_of("cannot create a socket");
    // SAFETY: sockaddr_un is what the kernel expects behind sockaddr for AF_UNIX.
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (::bind(socket.get(), generic, sizeof address) != 0) return failure_of("cannot listen at " + path);
    if (::chmod(path.c_str(), 0600) != 0 || ::listen(socket.get(), kBacklog) != 0) {
        const auto status = failure_of("cannot listen at " + path);
        ::unlink(path.c_str());
        return status;
    }
    socket_ = std::move(socket);
    path_ = path;
    return ferry::Status::success();
}

std::optional<Connection> Listener::accept() {
    Connection connection;
    connection.socket.reset(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!connection.socket.valid()) return std::nullopt;
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(connection.socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return std::nullopt;
    if (peer.uid != ::geteuid()) return std::nullopt;
    connection.pid = peer.pid;
    connection.uid = peer.uid;
    connection.process = peer_pidfd(connection.socket.get(), peer.pid);
    return connection;
}

void Listener::close() {
    if (!socket_.valid()) return;
    socket_.reset();
    ::unlink(path_.c_str());
}

}  // namespace transport
