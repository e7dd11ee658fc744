// See landing_places.h.
#include "landing_places.h"

#include <cstring>

#include "wire/protobuf.h"

namespace guest {
namespace {

constexpr std::size_t kLandingHead = sizeof(wire::ReplyHeader) + 2 * sizeof(std::uint64_t);
// Below this a copy costs less than the calls of an extra piece.
constexpr std::size_t kShortLanding = 16 << 10;

constexpr std::uint64_t tag_of(std::uint32_t field, wire::ProtoType type) {
    return std::uint64_t{field} << 3 | static_cast<std::uint64_t>(type);
}

}  // namespace

// A batch and nothing else, its replies last: false for everything that is not so.
bool LandingPlaces::read_head(std::span<const std::byte> head, std::size_t size) {
    wire::ProtoReader reader(head);
    if (reader.raw_varint() != tag_of(wire::kFrameBatch, wire::ProtoType::length)) return false;
    const std::uint64_t inner = reader.raw_varint();
    if (!reader.ok() || inner != size - reader.position()) return false;
    std::uint64_t sequence = 0;
    for (;;) {
        const std::uint64_t tag = reader.raw_varint();
        const std::uint64_t value = reader.raw_varint();
        if (!reader.ok()) return false;
        if (tag == tag_of(1, wire::ProtoType::varint)) {
            sequence = value;
        } else if (tag == tag_of(2, wire::ProtoType::varint)) {
            acknowledged_ = value;
        } else {
            records_at_ = reply_at_ = reader.position();
            return tag == tag_of(3, wire::ProtoType::length) && value == size - records_at_ &&
                   sequence == expected_ && sequence != 0;
        }
    }
}

wire::Placement LandingPlaces::place(std::span<const std::byte> head, std::size_t size) {
    if (size_ == 0) {
        acknowledged_ = 0;
        if (!read_head(head, size)) return {};
        size_ = size;
    }
    return walk(head, size);
}

// From reply to reply up to one that lands bytes.
wire::Placement LandingPlaces::walk(std::span<const std::byte> head, std::size_t size) {
    while (reply_at_ < size) {
        if (head.size() < reply_at_ + kLandingHead) return {.again_at = reply_at_ + kLandingHead};
        wire::ReplyHeader header;
        std::memcpy(&header, head.data() + reply_at_, sizeof header);
        if (header.size < sizeof header || header.size > size - reply_at_) break;
        const bool lands = header.kind == static_cast<std::uint16_t>(wire::ReplyKind::landing);
        if (!lands || header.size < kShortLanding) {
            reply_at_ += header.size;
            continue;
        }
        std::uint64_t fixed[2];  // offset and size
        std::memcpy(fixed, head.data() + reply_at_ + sizeof header, sizeof fixed);
        const bool whole = fixed[1] <= header.size - kLandingHead &&
                           wire::align_up(kLandingHead + fixed[1], wire::kRecordAlignment) == header.size;
        std::byte* target = whole ? replies_.landing_at(header.ticket, fixed[0], fixed[1]) : nullptr;
        if (target == nullptr) break;
        landing_size_ = static_cast<std::size_t>(fixed[1]);
        return {.at = reply_at_ + kLandingHead, .target = {target, landing_size_}};
    }
    return {};
}

PlacedBatch LandingPlaces::take(std::span<const std::byte> gathered) const {
    PlacedBatch batch{expected_, acknowledged_, size_, {}, {}};
    const std::size_t padding =
        wire::align_up(landing_size_, wire::kRecordAlignment) - landing_size_;
    batch.before = gathered.subspan(records_at_, reply_at_ - records_at_);
    batch.behind = gathered.subspan(reply_at_ + kLandingHead + padding);
    return batch;
}

}  // namespace guest
