// The link that the relay pretends to be: bytes of one direction leave one after the other at the link's rate
// and arrive half a round trip later. Pure arithmetic over a clock that the caller reads.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "parcel.h"

namespace relay {

using Nanoseconds = std::int64_t;

struct LinkShape {
    double gbit_per_s = 0;  // 0: as fast as the machine can
    Nanoseconds round_trip = 0;

    // What may lie in one direction before its sender is made to wait: what is in flight on such a link at
    // most, and as much again, as a sender's and a receiver's buffers would hold.
    std::size_t capacity() const {
        constexpr double kLeast = 4 << 20;
        return static_cast<std::size_t>(kLeast + 2 * gbit_per_s / 8 * static_cast<double>(round_trip));
    }
};

// One direction of the link, shared by all connections.
class Wire {
public:
    explicit Wire(const LinkShape& shape) : shape_(shape) {}

    // When `bytes` that are there at `now` have arrived at the other end.
    Nanoseconds arrival(Nanoseconds now, std::size_t bytes) {
        busy_until_ = std::max(now, busy_until_);
        if (shape_.gbit_per_s > 0) {
            busy_until_ += static_cast<Nanoseconds>(static_cast<double>(bytes) * 8 / shape_.gbit_per_s);
        }
        return busy_until_ + shape_.round_trip / 2;
    }

private:
    LinkShape shape_;
    Nanoseconds busy_until_ = 0;
};

// Bytes that travel together.
struct Chunk {
    Nanoseconds arrives = 0;
    std::size_t size = 0;
    std::size_t done = 0;
    Parcel parcel;
};

// What one connection has under way in one direction.
struct InFlight {
    std::deque<Chunk> chunks;
    std::size_t size = 0;
    bool sender_ended = false;
    bool end_passed_on = false;
};

}  // namespace relay
