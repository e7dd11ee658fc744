// LandingPlaces: says of a long message of the host's, while it is being received, where the bytes of the
// landing in it belong, so that they are received there and not copied. Used by the carrier's reader, under
// the carrier's mutex. A batch carries one such landing at most, whatever else is in it; anything that is not
// as expected is left to be gathered and read in the ordinary way, which finds what is wrong with it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "replies.h"
#include "wire/grpc_reader.h"

namespace guest {

// A batch whose landing has been received where it belongs.
struct PlacedBatch {
    std::uint64_t sequence = 0;
    std::uint64_t acknowledged = 0;
    std::size_t size = 0;                   // bytes of the whole message
    std::span<const std::byte> before = {};  // the replies in front of the landing
    std::span<const std::byte> behind = {};
};

class LandingPlaces final : public wire::MessagePlaces {
public:
    explicit LandingPlaces(Replies& replies) : replies_(replies) {}

    // A message begins, or will: only the batch of this sequence lands anything early; 0: none does.
    void expect(std::uint64_t sequence) {
        expected_ = sequence;
        size_ = landing_size_ = 0;
    }
    wire::Placement place(std::span<const std::byte> head, std::size_t size) override;
    // Whether the message that is delivered is one in which bytes were placed; what is left of it.
    bool placed() const { return landing_size_ != 0; }
    PlacedBatch take(std::span<const std::byte> gathered) const;

private:
    bool read_head(std::span<const std::byte> head, std::size_t size);
    wire::Placement walk(std::span<const std::byte> head, std::size_t size);

    Replies& replies_;
    std::uint64_t expected_ = 0;
    std::uint64_t acknowledged_ = 0;
    std::size_t size_ = 0;          // of the message; 0: its head has not been read
    std::size_t records_at_ = 0;    // where the replies begin
    std::size_t reply_at_ = 0;      // the reply that is looked at, from the message's beginning
    std::size_t landing_size_ = 0;  // bytes that were placed
};

}  // namespace guest
