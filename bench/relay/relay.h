// The relay's connections. It stands between 127.0.0.1, where a daemon and its workers listen, and another
// loopback address, where it listens on the very same ports; what goes through is late and slow as on the
// link that is asked for. One thread; the processor time it costs is reported: it shares the machine.
#pragma once
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "link.h"

namespace relay {

struct Totals {
    std::uint64_t connections = 0;
    std::uint64_t bytes_up = 0;    // from those who connect
    std::uint64_t bytes_down = 0;  // to them
};

class Relay {
public:
    // Listens on every port that is open behind the link by now; serve() follows what opens later.
    Relay(std::string near, std::string far, const LinkShape& shape);
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    // Serves until `stop_descriptor` is readable. False when the kernel refuses what it needs.
    bool serve(int stop_descriptor);
    const Totals& totals() const { return totals_; }

private:
    struct Connection;
    struct Side {
        Connection* connection = nullptr;
        int socket = -1;
        int listens_for = 0;  // the port, of a listening socket
        std::uint32_t interest = 0;
        InFlight incoming;  // read here, to be written to the other side
    };
    struct Connection {
        Side near;
        Side far;
        Nanoseconds begun = 0;
        bool broken = false;
    };

    void mirror_ports(Nanoseconds now);
    void accept_from(const Side& server, Nanoseconds now);
    void handle(Side& side, std::uint32_t events, Nanoseconds now);
    void read_from(Side& side, Nanoseconds now);
    void pass_on(Side& from, Side& to, Nanoseconds now);
    void set_interest(Side& side);
    void remove_ended();
    Nanoseconds next_arrival() const;
    Side& other(Side& side) const;
    bool is_near(const Side& side) const;

    std::string near_host_;
    std::string far_host_;
    LinkShape shape_;
    Wire up_;
    Wire down_;
    int epoll_ = -1;
    std::vector<std::unique_ptr<Side>> servers_;
    std::set<int> mirrored_;
    std::vector<std::unique_ptr<Connection>> connections_;
    Nanoseconds looked_ = 0;
    Parcels parcels_;
    Totals totals_;
};

Nanoseconds now();

}  // namespace relay
