// The worker's sockets: creation, peer credentials, pidfd. See listener.h.
#include "transport/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "wire/limits.h"
#include "wire/tcp.h"

namespace transport {
namespace {

constexpr int kBacklog = 4;
constexpr int kUnixSendBuffer = wire::limits::kUnixSendBytes;
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

bool loopback_address(const std::string& text, sockaddr_storage& place, socklen_t& size) {
    sockaddr_in narrow{};
    narrow.sin_family = AF_INET;
    sockaddr_in6 wide{};
    wide.sin6_family = AF_INET6;
    if (::inet_pton(AF_INET, text.c_str(), &narrow.sin_addr) == 1) {
        std::memcpy(&place, &narrow, size = sizeof narrow);
    } else if (::inet_pton(AF_INET6, text.c_str(), &wide.sin6_addr) == 1) {
        std::memcpy(&place, &wide, size = sizeof wide);
    }
    return wire::is_loopback(place);
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

ferry::Status Listener::open_tcp(const std::string& address) {
    sockaddr_storage place{};
    socklen_t size = 0;
    if (!loopback_address(address, place, size)) {
        return ferry::Status::failure("tcpAddress must be of the loopback (127.0.0.0/8 or ::1), got '" +
                                      address + "'");
    }
    UniqueFd socket(::socket(place.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.valid()) return failure_of("cannot create a socket");
    wire::tune_tcp(socket.get(), place);
    // SAFETY: the sockets API takes every address family through this cast.
    auto* generic = reinterpret_cast<sockaddr*>(&place);
    if (::bind(socket.get(), generic, size) != 0 || ::listen(socket.get(), kBacklog) != 0 ||
        ::getsockname(socket.get(), generic, &size) != 0) {
        return failure_of("cannot listen at " + address);
    }
    // SAFETY: the family says which of the two the kernel has filled in.
    port_ = ntohs(place.ss_family == AF_INET ? reinterpret_cast<const sockaddr_in&>(place).sin_port
                                             : reinterpret_cast<const sockaddr_in6&>(place).sin6_port);
    socket_ = std::move(socket);
    return ferry::Status::success();
}

std::optional<Connection> Listener::accept() {
    Connection connection;
    connection.socket.reset(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!connection.socket.valid()) return std::nullopt;
    if (port_ != 0) {
        connection.uid = kNoUid;
        connection.is_tcp = true;
        return connection;
    }
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(connection.socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return std::nullopt;
    if (peer.uid != ::geteuid()) return std::nullopt;
    // A writer of a Unix socket is woken when three quarters of this are read: the reader must not run dry.
    const int send_buffer = kUnixSendBuffer;
    ::setsockopt(connection.socket.get(), SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
    connection.pid = peer.pid;
    connection.uid = peer.uid;
    connection.process = peer_pidfd(connection.socket.get(), peer.pid);
    return connection;
}

void Listener::close() {
    if (!socket_.valid()) return;
    socket_.reset();
    if (!path_.empty()) ::unlink(path_.c_str());
}

}  // namespace transport
