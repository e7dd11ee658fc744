// Replies: everything the engine says to the guest after Welcome, gathered into one batch per flush. Used by
// the executor and its parts. Small replies are packed into one buffer; a large landing is sent from where
// the device wrote it. Order of calls is order on the wire.
//
// ReplySink is what one handler writes its outputs into; the executor frames them when the record is
// answered.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/meters.h"
#include "transport/out_buffer.h"
#include "wire/cursor.h"
#include "wire/record.h"

namespace engine {

// Where finished batches of replies go: the session's link, or a test.
class ReplyChannel {
public:
    virtual void send_replies(transport::OutBuffer replies) = 0;
    // The same, followed by `body` (kept by `owner` until it hears body_sent(token)) and its padding.
    virtual void send_replies(transport::OutBuffer replies, std::span<const std::byte> body,
                              transport::BodyOwner* owner, std::uint32_t token) = 0;
    virtual transport::OutBuffer take_buffer() = 0;
    // A reply up to this size is not cut on its way; landings are made to fit.
    virtual std::size_t whole_reply() const = 0;
    // Bytes that wait for room on their way to the guest.
    virtual std::size_t unwritten() const = 0;
    // Whether the guest can read all that has been sent so far.
    virtual bool delivered() const = 0;

protected:
    ~ReplyChannel() = default;
};

class ReplySink {
public:
    explicit ReplySink(std::vector<std::byte>& scratch) : scratch_(scratch) { scratch_.clear(); }

    // Encodes the outputs of the call; also lawful when its result is an error that has outputs.
    template <class Reply>
    void outputs(const Reply& reply) {
        wire::Measure measure;
        encode(measure, reply);
        scratch_.resize(measure.size());
        wire::Writer writer(scratch_.data());
        encode(writer, reply);
    }
    std::span<const std::byte> payload() const { return scratch_; }

private:
    std::vector<std::byte>& scratch_;
};

class Replies {
public:
    Replies(ReplyChannel& channel, Meters& meters);

    void result(const wire::RecordHeader& record, std::int32_t result, std::span<const std::byte> payload);
    // `bytes` of the guest memory that the record's ticket stands for, from `offset` on. True: `bytes` are
    // still needed and `owner` hears body_sent(token); false: they have been copied.
    bool landing(const wire::RecordHeader& record, std::uint64_t offset, std::span<const std::byte> bytes,
                 transport::BodyOwner* owner, std::uint32_t token);
    void output(std::uint32_t fd, std::span<const std::byte> text);
    struct Callback {
        std::uint32_t number;
        std::int32_t status;
        std::uint64_t function;
        std::uint64_t argument;
        std::uint64_t stream;
        std::uint32_t kind;
    };
    void callback(const Callback& callback);
    // Sends what has been gathered as one batch.
    void flush();
    bool empty() const { return buffer_.empty(); }
    // How many replies there have been.
    std::uint64_t count() const { return count_; }
    std::size_t unwritten() const { return channel_.unwritten(); }
    bool delivered() const { return buffer_.empty() && channel_.delivered(); }

private:
    std::byte* begin(std::size_t payload_size, wire::ReplyHeader header);
    std::byte* begin_landing(const wire::RecordHeader& record, std::uint64_t offset, std::size_t size,
                             std::size_t here);

    ReplyChannel& channel_;
    Meters& meters_;
    transport::OutBuffer buffer_;
    std::uint64_t count_ = 0;
};

}  // namespace engine
