// See relay.h.
#include "relay.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "../native/sockets.h"
#include "ports.h"

namespace relay {
namespace {

constexpr Nanoseconds kMillisecond = 1'000'000;
// How often to look for new ports, and how long after its beginning a connection may carry the news of one:
// a daemon answers with the port of a worker, and whoever hears of it connects at once.
constexpr Nanoseconds kLookEvery = 20 * kMillisecond;
constexpr Nanoseconds kYoung = 2000 * kMillisecond;
// A core that sleeps takes so long to notice that time is up: the link would be longer by that each way.
constexpr Nanoseconds kEarly = 50'000;

timespec to_timespec(Nanoseconds time) {
    return {static_cast<time_t>(time / 1'000'000'000), static_cast<long>(time % 1'000'000'000)};
}

}  // namespace

Nanoseconds now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<Nanoseconds>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

Relay::Relay(std::string near, std::string far, const LinkShape& shape)
    : near_host_(std::move(near)),
      far_host_(std::move(far)),
      shape_(shape),
      up_(shape),
      down_(shape),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    mirror_ports(now());
}

Relay::~Relay() {
    for (const auto& server : servers_) close(server->socket);
    for (const auto& each : connections_) {
        close(each->near.socket);
        close(each->far.socket);
    }
    close(epoll_);
}

Relay::Side& Relay::other(Side& side) const {
    return is_near(side) ? side.connection->far : side.connection->near;
}
bool Relay::is_near(const Side& side) const { return &side == &side.connection->near; }

// Listens on every port that somebody listens on behind the link by now.
void Relay::mirror_ports(Nanoseconds time) {
    looked_ = time;
    for (const int port : listening_ports(far_host_)) {
        if (mirrored_.count(port) != 0) continue;
        const int socket = bench::listen_on(near_host_.c_str(), port);
        if (socket < 0) continue;
        mirrored_.insert(port);
        auto server = std::make_unique<Side>();
        server->socket = socket;
        server->listens_for = port;
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = server.get();
        epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
        servers_.push_back(std::move(server));
    }
}

void Relay::accept_from(const Side& server, Nanoseconds time) {
    const int near = accept4(server.socket, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (near < 0) return;
    const int far = bench::begin_connect(far_host_.c_str(), server.listens_for);
    if (far < 0) {
        close(near);
        return;
    }
    auto connection = std::make_unique<Connection>();
    connection->begun = time;
    connection->near.socket = near;
    connection->far.socket = far;
    for (Side* side : {&connection->near, &connection->far}) {
        side->connection = connection.get();
        side->interest = EPOLLIN;
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = side;
        epoll_ctl(epoll_, EPOLL_CTL_ADD, side->socket, &event);
    }
    connections_.push_back(std::move(connection));
    ++totals_.connections;
}

// Reads while there is room on the link, writes while something that has arrived could not be written.
void Relay::set_interest(Side& side) {
    const InFlight& incoming = side.incoming;
    const InFlight& outgoing = other(side).incoming;
    const bool reads = !incoming.sender_ended && incoming.size < shape_.capacity();
    const bool writes = !outgoing.chunks.empty() && outgoing.chunks.front().arrives <= now();
    const std::uint32_t wanted =
        (reads ? std::uint32_t{EPOLLIN} : 0) | (writes ? std::uint32_t{EPOLLOUT} : 0);
    if (wanted == side.interest) return;
    side.interest = wanted;
    epoll_event event{};
    event.events = wanted;
    event.data.ptr = &side;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, side.socket, &event);
}

void Relay::read_from(Side& side, Nanoseconds time) {
    Chunk chunk;
    chunk.parcel = parcels_.take();
    const ssize_t got = chunk.parcel.fill(side.socket);
    if (got <= 0) {
        parcels_.give_back(std::move(chunk.parcel));
        side.incoming.sender_ended = got == 0;
        side.connection->broken |= got < 0 && errno != EAGAIN && errno != EINTR;
        return;
    }
    const auto size = static_cast<std::size_t>(got);
    chunk.size = size;
    const bool up = is_near(side);
    if (!up && time - side.connection->begun < kYoung) mirror_ports(time);
    chunk.arrives = (up ? up_ : down_).arrival(time, size);
    (up ? totals_.bytes_up : totals_.bytes_down) += size;
    side.incoming.size += size;
    side.incoming.chunks.push_back(std::move(chunk));
}

// Writes what has arrived by now, and then its sender's end.
void Relay::pass_on(Side& from, Side& to, Nanoseconds time) {
    InFlight& flight = from.incoming;
    while (!flight.chunks.empty() && flight.chunks.front().arrives <= time) {
        Chunk& chunk = flight.chunks.front();
        const bool more = flight.chunks.size() > 1 && flight.chunks[1].arrives <= time;
        const ssize_t sent = chunk.parcel.empty_into(to.socket, chunk.done, chunk.size - chunk.done, more);
        if (sent < 0) {
            from.connection->broken |= errno != EAGAIN && errno != EINTR && errno != ENOTCONN;
            return;
        }
        chunk.done += static_cast<std::size_t>(sent);
        flight.size -= static_cast<std::size_t>(sent);
        if (chunk.done < chunk.size) return;
        parcels_.give_back(std::move(chunk.parcel));
        flight.chunks.pop_front();
    }
    if (flight.sender_ended && flight.chunks.empty() && !flight.end_passed_on) {
        flight.end_passed_on = true;
        shutdown(to.socket, SHUT_WR);
    }
}

void Relay::handle(Side& side, std::uint32_t events, Nanoseconds time) {
    if (side.connection == nullptr) {
        accept_from(side, time);
        return;
    }
    if ((events & EPOLLERR) != 0) side.connection->broken = true;
    if ((events & (EPOLLIN | EPOLLHUP)) != 0 && !side.incoming.sender_ended) read_from(side, time);
}

void Relay::remove_ended() {
    const auto ended = [](const std::unique_ptr<Connection>& each) {
        const bool done = each->near.incoming.end_passed_on && each->far.incoming.end_passed_on;
        if (!done && !each->broken) return false;
        close(each->near.socket);
        close(each->far.socket);
        return true;
    };
    connections_.erase(std::remove_if(connections_.begin(), connections_.end(), ended), connections_.end());
}

Nanoseconds Relay::next_arrival() const {
    Nanoseconds next = looked_ + kLookEvery;
    for (const auto& each : connections_) {
        for (const Side* side : {&each->near, &each->far}) {
            // What has arrived and could not be written waits for EPOLLOUT, not for the clock.
            if (side->incoming.chunks.empty()) continue;
            const Side& to = side == &each->near ? each->far : each->near;
            if ((to.interest & EPOLLOUT) == 0) next = std::min(next, side->incoming.chunks.front().arrives);
        }
    }
    return next;
}

bool Relay::serve(int stop_descriptor) {
    if (epoll_ < 0) return false;
    epoll_event events[64];
    for (;;) {
        // ppoll and not epoll_wait: milliseconds are far too coarse for a round trip of 50 us.
        pollfd ready[2] = {{epoll_, POLLIN, 0}, {stop_descriptor, POLLIN, 0}};
        const timespec limit = to_timespec(std::max<Nanoseconds>(0, next_arrival() - kEarly - now()));
        if (ppoll(ready, 2, &limit, nullptr) < 0 && errno != EINTR) return false;
        if (ready[1].revents != 0) return true;
        const int count = epoll_wait(epoll_, events, 64, 0);
        for (int index = 0; index < count; ++index) {
            handle(*static_cast<Side*>(events[index].data.ptr), events[index].events, now());
        }
        const Nanoseconds time = now();
        if (time - looked_ >= kLookEvery) mirror_ports(time);
        for (const auto& each : connections_) {
            pass_on(each->near, each->far, time);
            pass_on(each->far, each->near, time);
            set_interest(each->near);
            set_interest(each->far);
        }
        remove_ended();
    }
}

}  // namespace relay
