// gRPC's message framing (u8 compressed, u32 big-endian length, message) and the Batch frame both directions
// share. Used by the shim's carrier and by the engine's link. GrpcReader yields whole messages out of
// arbitrary DATA chunks: a message that lies inside one chunk is handed out in place, one that spans chunks
// is gathered in a buffer that is kept, so that steady traffic allocates nothing. It never grows past
// `limit`, whatever the peer announces.
//
//   0 u8 0   1 u32 length (big-endian)
//   5 tag(2) len   tag(1) sequence   tag(2) acknowledged   tag(3) len   records
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

#include "wire/protobuf.h"

namespace wire {

inline constexpr std::size_t kGrpcPrefix = 5;
// Numbers of the frames inside GuestFrame and HostFrame (proto/ferry.proto).
inline constexpr std::uint32_t kFrameOpening = 1;  // hello / welcome
inline constexpr std::uint32_t kFrameBatch = 2;
inline constexpr std::uint32_t kFrameFarewell = 3;  // host to guest only

inline void put_grpc_prefix(std::byte* at, std::size_t message_size) {
    at[0] = std::byte{0};
    for (unsigned index = 0; index < 4; ++index) {
        at[1 + index] = static_cast<std::byte>(message_size >> (24 - 8 * index));
    }
}

// Everything of a batch message that stands before its records.
struct BatchHead {
    // 5 prefix + (1 + 5) frame + 2 x (1 + 10) numbers + (1 + 5) records
    std::array<std::byte, 48> bytes;
    std::size_t size = 0;
};

inline BatchHead make_batch_head(std::uint64_t sequence, std::uint64_t acknowledged,
                                 std::size_t records_size) {
    BatchHead head;
    const auto varint_field = [](std::uint64_t value) { return value == 0 ? 0 : 1 + varint_size(value); };
    const std::size_t inner =
        varint_field(sequence) + varint_field(acknowledged) + (1 + varint_size(records_size)) + records_size;
    ProtoWriter writer(std::span<std::byte>(head.bytes).subspan(kGrpcPrefix));
    writer.length(kFrameBatch, inner);
    writer.varint(1, sequence);
    writer.varint(2, acknowledged);
    writer.length(3, records_size);
    put_grpc_prefix(head.bytes.data(), writer.size() + records_size);
    head.size = kGrpcPrefix + writer.size();
    return head;
}

// A batch without records that says how many host functions have returned.
inline BatchHead make_callbacks_done(std::uint64_t acknowledged, std::uint64_t count) {
    BatchHead head;
    const auto varint_field = [](std::uint64_t value) { return value == 0 ? 0 : 1 + varint_size(value); };
    ProtoWriter writer(std::span<std::byte>(head.bytes).subspan(kGrpcPrefix));
    writer.length(kFrameBatch, varint_field(acknowledged) + varint_field(count));
    writer.varint(2, acknowledged);
    writer.varint(4, count);
    put_grpc_prefix(head.bytes.data(), writer.size());
    head.size = kGrpcPrefix + writer.size();
    return head;
}

struct BatchView {
    std::uint64_t sequence = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t callbacks_done = 0;  // 0: not said
    std::span<const std::byte> records = {};
};

// Reads the Batch inside a frame's field 2; false when it is malformed.
inline bool read_batch(std::span<const std::byte> message, BatchView& batch) {
    batch = BatchView{};
    ProtoReader reader(message);
    for (ProtoField field; reader.next(field);) {
        if (field.number == 1 && field.type == ProtoType::varint) batch.sequence = field.value;
        if (field.number == 2 && field.type == ProtoType::varint) batch.acknowledged = field.value;
        if (field.number == 3 && field.type == ProtoType::length) batch.records = field.bytes;
        if (field.number == 4 && field.type == ProtoType::varint) batch.callbacks_done = field.value;
    }
    return reader.ok();
}

class GrpcReader {
public:
    // `limit` is the largest message accepted, in bytes.
    explicit GrpcReader(std::size_t limit) : limit_(limit) {}
    GrpcReader(const GrpcReader&) = delete;
    GrpcReader& operator=(const GrpcReader&) = delete;
    ~GrpcReader() { std::free(buffer_); }

    // Feeds one chunk; calls `deliver(std::span<const std::byte> message)` -> bool for each complete message.
    // The view is 8-byte aligned in no particular way: copy scalars out. False: compressed, over the limit,
    // out of memory, or refused by deliver; the stream is then unusable.
    template <class Deliver>
    bool feed(std::span<const std::byte> chunk, Deliver&& deliver) {
        while (!chunk.empty()) {
            if (have_ == 0 && whole(chunk)) {
                const std::size_t size = message_size(chunk.data());
                if (size > limit_ || chunk[0] != std::byte{0}) return false;
                if (!deliver(chunk.subspan(kGrpcPrefix, size))) return false;
                chunk = chunk.subspan(kGrpcPrefix + size);
                continue;
            }
            if (!gather(chunk)) return false;
            if (!complete()) continue;
            const std::size_t size = have_ - kGrpcPrefix;
            have_ = 0;
            if (!deliver(std::span<const std::byte>(buffer_ + kGrpcPrefix, size))) return false;
        }
        return true;
    }
    // Forgets a message that will not be completed.
    void reset() { have_ = 0; }
    bool between_messages() const { return have_ == 0; }

private:
    static std::size_t message_size(const std::byte* prefix) {
        std::size_t size = 0;
        for (unsigned index = 1; index < kGrpcPrefix; ++index)
            size = size << 8 | static_cast<std::size_t>(prefix[index]);
        return size;
    }
    static bool whole(std::span<const std::byte> chunk) {
        return chunk.size() >= kGrpcPrefix && chunk.size() - kGrpcPrefix >= message_size(chunk.data());
    }
    bool complete() const { return have_ >= kGrpcPrefix && have_ - kGrpcPrefix == message_size(buffer_); }
    // Moves bytes of `chunk` behind what is already held: first the prefix, then at most up to the message's
    // end.
    bool gather(std::span<const std::byte>& chunk) {
        const std::size_t target = have_ < kGrpcPrefix ? kGrpcPrefix : kGrpcPrefix + message_size(buffer_);
        const std::size_t count = std::min(target - have_, chunk.size());
        if (!reserve(have_ + count)) return false;
        if (count != 0) std::memcpy(buffer_ + have_, chunk.data(), count);
        have_ += count;
        chunk = chunk.subspan(count);
        if (have_ != kGrpcPrefix) return true;
        return buffer_[0] == std::byte{0} && message_size(buffer_) <= limit_;
    }
    // Grows with what has really arrived, not with what was announced.
    bool reserve(std::size_t size) {
        if (size <= capacity_) return true;
        const std::size_t wanted = std::max<std::size_t>({size, capacity_ * 2, 4096});
        auto* grown = static_cast<std::byte*>(std::realloc(buffer_, wanted));
        if (grown == nullptr) return false;
        buffer_ = grown;
        capacity_ = wanted;
        return true;
    }
    std::size_t limit_;
    std::byte* buffer_ = nullptr;
    std::size_t capacity_ = 0;
    std::size_t have_ = 0;
};

}  // namespace wire
