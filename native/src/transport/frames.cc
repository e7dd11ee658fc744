// Reading GuestFrame, writing Welcome and Farewell. See frames.h; field numbers are those of
// proto/ferry.proto.
#include "transport/frames.h"

#include "wire/grpc_frame.h"
#include "wire/protobuf.h"

namespace transport {
namespace {

using wire::ProtoField;
using wire::ProtoType;

std::optional<Hello> read_hello(std::span<const std::byte> message) {
    Hello hello;
    wire::ProtoReader reader(message);
    for (ProtoField field; reader.next(field);) {
        const bool is_varint = field.type == ProtoType::varint;
        const bool is_bytes = field.type == ProtoType::length;
        if (field.number == 1 && is_varint) hello.wire_version = static_cast<std::uint32_t>(field.value);
        if (field.number == 2 && is_bytes) hello.spec_hash = field.text();
        if (field.number == 3 && is_bytes) hello.ticket = field.bytes;
        if (field.number == 4 && is_varint) hello.window_base = field.value;
        if (field.number == 5 && is_varint) hello.window_size = field.value;
        if (field.number == 6 && is_bytes) hello.visible_devices = field.text();
        if (field.number == 7 && is_varint) hello.has_visible_devices = field.boolean();
        if (field.number == 8 && is_varint) hello.wants_ring = field.boolean();
        if (field.number == 9 && is_varint) hello.arena_base = field.value;
        if (field.number == 10 && is_varint) hello.arena_size = field.value;
        if (field.number == 11 && is_varint) hello.ring_bytes = field.value;
        if (field.number == 12 && is_bytes) hello.resume = field.bytes;
        if (field.number == 13 && is_varint) hello.seen = field.value;
        if (field.number == 14 && is_varint) hello.can_resume = field.boolean();
        if (field.number == 15 && is_varint) hello.api = static_cast<std::uint32_t>(field.value);
    }
    if (!reader.ok() || hello.visible_devices.size() > kVisibleDevicesSize) return std::nullopt;
    return hello;
}

// Sizes of sub-messages stand before them: each is measured, then written. Measuring is writing into nothing.
struct Measured {
    std::size_t size = 0;
    void varint(std::uint32_t field, std::uint64_t value) {
        if (value != 0) size += wire::varint_size(std::uint64_t{field} << 3) + wire::varint_size(value);
    }
    void integer(std::uint32_t field, std::int64_t value) {
        varint(field, static_cast<std::uint64_t>(value));
    }
    void boolean(std::uint32_t field, bool value) { varint(field, value ? 1 : 0); }
    void length(std::uint32_t field, std::uint64_t bytes) {
        size += wire::varint_size(std::uint64_t{field} << 3) + wire::varint_size(bytes);
    }
    void bytes(std::uint32_t field, std::span<const std::byte> data) {
        if (data.empty()) return;
        length(field, data.size());
        size += data.size();
    }
    void string(std::uint32_t field, std::string_view text) { bytes(field, wire::as_proto_bytes(text)); }
    void raw_varint(std::uint64_t value) { size += wire::varint_size(value); }
};

std::uint64_t wide(std::int32_t value) { return static_cast<std::uint64_t>(std::int64_t{value}); }

struct Farewell {
    std::int32_t result;
    std::string_view message;
};

template <class Sink>
void put(Sink& sink, const DeviceDescription& device);
template <class Sink>
void put(Sink& sink, const KnownImage& known);
template <class Sink>
void put(Sink& sink, const Snapshot& snapshot);
template <class Sink>
void put(Sink& sink, const RingTerms& ring);
template <class Sink>
void put(Sink& sink, const Welcome& welcome);
template <class Sink>
void put(Sink& sink, const Farewell& farewell);

template <class Sink, class Message>
void put_message(Sink& sink, std::uint32_t field, const Message& message) {
    Measured measured;
    put(measured, message);
    sink.length(field, measured.size);
    if constexpr (std::is_same_v<Sink, Measured>) {
        sink.size += measured.size;
    } else {
        put(sink, message);
    }
}

template <class Sink>
void put(Sink& sink, const DeviceDescription& device) {
    sink.string(1, device.name);
    sink.bytes(2, device.uuid);
    sink.varint(3, device.total_memory);
    Measured packed;
    for (const std::int32_t attribute : device.attributes) packed.raw_varint(wide(attribute));
    if (packed.size == 0) return;
    sink.length(4, packed.size);
    for (const std::int32_t attribute : device.attributes) sink.raw_varint(wide(attribute));
}

template <class Sink>
void put(Sink& sink, const KnownImage& known) {
    sink.bytes(1, std::as_bytes(std::span(known.image.hash)));
    sink.varint(2, known.image.size);
    sink.boolean(3, known.library);
    sink.integer(4, known.device);
    sink.bytes(5, known.options);
    sink.bytes(6, known.log);
    sink.bytes(7, known.kernels);
}

template <class Sink>
void put(Sink& sink, const Snapshot& snapshot) {
    sink.integer(1, snapshot.driver_version);
    for (const DeviceDescription& device : snapshot.devices) put_message(sink, 2, device);
    sink.varint(3, snapshot.window_base);
    sink.varint(4, snapshot.window_size);
    for (const KnownImage& image : snapshot.images) put_message(sink, 5, image);
}

template <class Sink>
void put(Sink& sink, const RingTerms& ring) {
    sink.varint(1, ring.command_bytes);
    sink.varint(2, ring.reply_bytes);
    sink.varint(3, ring.fence_count);
    sink.varint(4, ring.arena_bytes);
    sink.varint(5, ring.arena_base);
}

template <class Sink>
void put(Sink& sink, const Welcome& welcome) {
    sink.integer(1, welcome.result);
    sink.string(2, welcome.message);
    put_message(sink, 3, welcome.snapshot);
    if (welcome.ring) put_message(sink, 4, *welcome.ring);
    sink.bytes(5, welcome.resume_secret);
    sink.varint(6, welcome.seen);
    sink.varint(7, welcome.resume_grace_ms);
}

template <class Sink>
void put(Sink& sink, const Farewell& farewell) {
    sink.integer(1, farewell.result);
    sink.string(2, farewell.message);
}

template <class Message>
void write_frame(std::uint32_t field, const Message& message, OutBuffer& out) {
    Measured measured;
    put_message(measured, field, message);
    std::byte* at = out.extend(wire::kGrpcPrefix + measured.size);
    wire::put_grpc_prefix(at, measured.size);
    wire::ProtoWriter writer(std::span(at + wire::kGrpcPrefix, measured.size));
    put_message(writer, field, message);
}

}  // namespace

std::optional<GuestFrame> read_guest_frame(std::span<const std::byte> message) {
    GuestFrame frame;
    wire::ProtoReader reader(message);
    for (ProtoField field; reader.next(field);) {
        if (field.type != ProtoType::length) continue;
        if (field.number == wire::kFrameOpening) {
            frame.hello = read_hello(field.bytes);
            if (!frame.hello) return std::nullopt;
        }
        if (field.number == wire::kFrameBatch) frame.batch = field.bytes;
    }
    const bool exactly_one = frame.hello.has_value() != frame.batch.has_value();
    if (!reader.ok() || !exactly_one) return std::nullopt;
    return frame;
}

void write_welcome(const Welcome& welcome, OutBuffer& out) { write_frame(wire::kFrameOpening, welcome, out); }

void write_farewell(std::int32_t result, std::string_view message, OutBuffer& out) {
    write_frame(wire::kFrameFarewell, Farewell{result, message}, out);
}

}  // namespace transport
