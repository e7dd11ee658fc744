// gRPC's message framing (u8 compressed, u32 big-endian length, message) and the Batch frame both directions
// share. Used by the shim's carrier and by the engine's link; messages are read by grpc_reader.h.
//
//   0 u8 0   1 u32 length (big-endian)
//   5 tag(2) len   tag(1) sequence   tag(2) acknowledged   tag(3) len   records
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
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

}  // namespace wire
