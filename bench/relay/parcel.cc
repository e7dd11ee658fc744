// See parcel.h.
#include "parcel.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

namespace relay {

Parcel::~Parcel() {
    for (const int end : pipe_) {
        if (end >= 0) close(end);
    }
}

ssize_t Parcel::fill(int socket) {
    if (pipe_[1] < 0) return recv(socket, bytes_.get(), kSize, 0);
    return splice(socket, nullptr, pipe_[1], nullptr, kSize, SPLICE_F_NONBLOCK);
}

ssize_t Parcel::empty_into(int socket, std::size_t from, std::size_t size, bool more) {
    if (pipe_[0] < 0) {
        return send(socket, bytes_.get() + from, size, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
    }
    return splice(pipe_[0], nullptr, socket, nullptr, size, SPLICE_F_NONBLOCK | (more ? SPLICE_F_MORE : 0));
}

Parcels::Parcels() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

Parcel Parcels::take() {
    if (!free_.empty()) {
        Parcel parcel = std::move(free_.back());
        free_.pop_back();
        return parcel;
    }
    Parcel parcel;
    if (pipe2(parcel.pipe_.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
        parcel.pipe_ = {-1, -1};
        parcel.bytes_.reset(new char[Parcel::kSize]);
    }
    return parcel;
}

void Parcels::give_back(Parcel parcel) {
    constexpr std::size_t kKept = 1024;
    if (free_.size() < kKept) free_.push_back(std::move(parcel));
}

}  // namespace relay
