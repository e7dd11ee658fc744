// Framing of replies. See replies.h; layouts are those of proto/wire/record.h.
#include "engine/replies.h"

#include <algorithm>
#include <cstring>

namespace engine {
namespace {

constexpr std::size_t kCopiedLanding = 16 << 10;  // up to here a copy is cheaper than a batch of its own
constexpr std::size_t kFlushAt = std::size_t{1}
                                 << 20;  // keep gRPC messages well below clients' default of 4 MiB

std::uint16_t number(wire::ReplyKind kind) { return static_cast<std::uint16_t>(kind); }

}  // namespace

Replies::Replies(ReplyChannel& channel, Meters& meters) : channel_(channel), meters_(meters) {}

// The header, and room for `payload_size` bytes and their padding, already zero where the caller writes
// nothing.
std::byte* Replies::begin(std::size_t payload_size, wire::ReplyHeader header) {
    if (buffer_.size() >= kFlushAt) flush();
    ++count_;
    const std::size_t size = wire::align_up(sizeof header + payload_size, wire::kRecordAlignment);
    header.size = static_cast<std::uint32_t>(size);
    std::byte* at = buffer_.extend(size);
    std::memcpy(at, &header, sizeof header);
    const std::size_t unpadded = sizeof header + payload_size;
    std::memset(at + unpadded, 0, size - unpadded);
    return at + sizeof header;
}

void Replies::result(const wire::RecordHeader& record, std::int32_t result,
                     std::span<const std::byte> payload) {
    const wire::ReplyHeader header{0, number(wire::ReplyKind::result), record.call, record.ticket, result};
    std::byte* at = begin(payload.size(), header);
    if (!payload.empty()) std::memcpy(at, payload.data(), payload.size());
    ++meters_[Meter::replies];
}

bool Replies::landing(const wire::RecordHeader& record, std::uint64_t offset,
                      std::span<const std::byte> bytes, transport::BodyOwner* owner, std::uint32_t token) {
    constexpr std::size_t kFixed = 16;  // offset and length
    if (bytes.size() <= kCopiedLanding) {
        std::byte* at = begin_landing(record, offset, bytes.size(), bytes.size());
        if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
        return false;
    }
    const std::size_t whole =
        std::max(channel_.whole_reply(), kCopiedLanding) - sizeof(wire::ReplyHeader) - kFixed;
    while (!bytes.empty()) {
        const auto part = bytes.first(std::min(bytes.size(), whole));
        bytes = bytes.subspan(part.size());
        (void)begin_landing(record, offset, part.size(), 0);
        offset += part.size();
        channel_.send_replies(std::move(buffer_), part, bytes.empty() ? owner : nullptr, token);
        buffer_ = channel_.take_buffer();
    }
    return true;
}

// A landing of `size` bytes, of which `here` follow its head in the buffer and the others go out behind it.
std::byte* Replies::begin_landing(const wire::RecordHeader& record, std::uint64_t offset, std::size_t size,
                                  std::size_t here) {
    const std::uint64_t fixed[2] = {offset, size};
    wire::ReplyHeader header{0, number(wire::ReplyKind::landing), record.call, record.ticket, 0};
    std::byte* at = begin(sizeof fixed + here, header);
    std::memcpy(at, fixed, sizeof fixed);
    // begin() has stated the size of what lies in the buffer.
    header.size = static_cast<std::uint32_t>(
        wire::align_up(sizeof header + sizeof fixed + size, wire::kRecordAlignment));
    std::memcpy(at - sizeof header, &header, sizeof header);
    return at + sizeof fixed;
}

void Replies::output(std::uint32_t fd, std::span<const std::byte> text) {
    wire::Measure measure;
    measure.scalar(fd);
    measure.bytes(text);
    wire::Writer writer(begin(measure.size(), {0, number(wire::ReplyKind::output), 0, 0, 0}));
    writer.scalar(fd);
    writer.bytes(text);
}

void Replies::callback(const Callback& callback) {
    wire::Measure measure;
    const auto fields = [&callback](auto& sink) {
        sink.scalar(callback.function);
        sink.scalar(callback.argument);
        sink.scalar(callback.stream);
        sink.scalar(callback.kind);
    };
    fields(measure);
    wire::Writer writer(
        begin(measure.size(), {0, number(wire::ReplyKind::callback), 0, callback.number, callback.status}));
    fields(writer);
}

void Replies::flush() {
    if (buffer_.empty()) return;
    channel_.send_replies(std::move(buffer_));
    buffer_ = channel_.take_buffer();
}

}  // namespace engine
