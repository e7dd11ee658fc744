// A guest reduced to its records: builds batches for an Executor over the null device and reads back what it
// answers. Used by the executor's tests; no socket, no gRPC.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "device/driver.h"
#include "engine/executor.h"
#include "engine/meters.h"
#include "engine/output.h"
#include "engine/poke.h"
#include "engine/replies.h"
#include "wire/codec.h"

namespace fake {

// How long a test waits for what must come. Far longer than a loaded machine needs under a sanitizer: only
// what never comes may end a wait.
inline constexpr std::chrono::seconds kPatience{60};

struct Reply {
    wire::ReplyHeader header{};
    std::vector<std::byte> payload;
};

class Channel final : public engine::ReplyChannel {
public:
    void send_replies(transport::OutBuffer replies) override;
    void send_replies(transport::OutBuffer replies, std::span<const std::byte> body,
                      transport::BodyOwner* owner, std::uint32_t token) override;
    transport::OutBuffer take_buffer() override { return {}; }
    std::size_t whole_reply() const override { return std::size_t{2} << 20; }
    std::size_t unwritten() const override { return is_full ? std::size_t{1} << 30 : 0; }
    bool delivered() const override { return true; }
    std::deque<Reply> replies;
    std::size_t batches = 0;
    bool is_full = false;  // as a socket whose other end does not read

private:
    void parse(std::span<const std::byte> bytes);
};

struct RecordOptions {
    std::uint32_t ticket = 0;
    std::uint16_t thread = 1;
    std::uint16_t context = 1;
};

// Records, appended one after the other.
class Batch {
public:
    template <class Request>
    Batch& add(const Request& request, RecordOptions options = {}) {
        wire::Measure measure;
        encode(measure, request);
        const std::size_t size = sizeof(wire::RecordHeader) + measure.size();
        const auto wants = static_cast<std::uint16_t>(options.ticket != 0 ? wire::RecordFlag::wants_reply
                                                                          : wire::RecordFlag::none);
        const wire::RecordHeader header{static_cast<std::uint32_t>(size),
                                        static_cast<std::uint16_t>(Request::kId),
                                        wants,
                                        options.ticket,
                                        options.thread,
                                        options.context};
        const std::size_t start = bytes.size();
        bytes.resize(start + size);
        std::memcpy(bytes.data() + start, &header, sizeof header);
        wire::Writer writer(bytes.data() + start + sizeof header);
        encode(writer, request);
        return *this;
    }
    std::vector<std::byte> bytes;
};

// An executor over the null device, or over `table`.
class Host {
public:
    explicit Host(const device::DriverTable& table = device::null_driver({}));
    // Runs the batch to its end (as far as it gets) and settles until nothing is pending or `turns` have
    // passed.
    void run(const Batch& batch, int turns = 1000);
    // The oldest reply not yet taken; a header of kind 0 when there is none.
    Reply next();

    device::DriverTable driver;
    Channel channel;
    std::vector<std::uint64_t> meter_words = std::vector<std::uint64_t>(engine::kMeterSlots);
    engine::Meters meters{meter_words.data()};
    engine::Poke poke;
    engine::Output output;
    std::unique_ptr<engine::Executor> executor;
};

template <class Message>
Message read_payload(const Reply& reply) {
    Message message;
    wire::Cursor cursor(reply.payload);
    (void)decode(cursor, message);
    return message;
}

inline constexpr wire::Handle context_handle() { return wire::Handle::make(wire::HandleKind::context, 1, 1); }
// A context of index 1, current from the next record on.
Batch with_context();

}  // namespace fake
