// The carrier's second half: acknowledgements, the heartbeat over TCP, and taking a session up again after
// its connection broke. Everything is driven by pump(), under the carrier's mutex:
//
//   alive --broken or silent--> parted --connected--> returning --Welcome--> alive; the unseen is sent again
//                                 ^------ broken, or no welcome in time -----|
//
// until the grace period is over; then the session is lost.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <new>
#include <utility>

#include "carrier_grpc.h"
#include "log.h"
#include "wire/call_id.h"
#include "wire/limits.h"
#include "wire/protobuf.h"

namespace guest {
namespace {

constexpr std::int64_t kMsNs = 1'000'000;
constexpr std::int64_t kIdleNs = static_cast<std::int64_t>(wire::limits::kHeartbeatIdleMs) * kMsNs;
constexpr std::int64_t kDeadNs = static_cast<std::int64_t>(wire::limits::kHeartbeatDeadMs) * kMsNs;
constexpr std::int64_t kLongestTickNs = 2000 * kMsNs;
constexpr std::int64_t kPartedTickNs = 5 * kMsNs;
constexpr std::int64_t kRetryNs = 20 * kMsNs;
constexpr std::int64_t kConnectNs = 250 * kMsNs;
constexpr std::int64_t kWelcomeNs = 2000 * kMsNs;

}  // namespace

// What this session's end depends on. `grace_ns` 0: it cannot be resumed.
void GrpcCarrier::expect(std::int64_t grace_ns) {
    grace_ns_ = grace_ns;
    heard_ns_ = spoke_ns_ = now_ns();
    if (grace_ns == 0 && !worker_.is_tcp()) return;
    if (grace_ns != 0) kept_.activate();
    // A host waits for us from the moment it sees the break: we must see it well before its patience ends.
    const std::int64_t tick = grace_ns == 0 ? kLongestTickNs : std::min(kLongestTickNs, grace_ns / 4);
    tick_ns_.store(std::max(tick, kPartedTickNs), std::memory_order_relaxed);
}

// The host has our batches up to `sequence`. False: it claims what it cannot have.
bool GrpcCarrier::acknowledged(std::uint64_t sequence) {
    if (!kept_.active()) return true;
    const std::uint64_t written = sequence_ - std::min<std::uint64_t>(stream_.lent(), sequence_);
    const std::uint64_t oldest = sequence_ - kept_.count();
    if (sequence > written) return false;
    if (sequence > oldest) kept_.keep_newest(static_cast<std::size_t>(sequence_ - sequence));
    return true;
}

// A batch of no records. False: no memory.
bool GrpcCarrier::push_head(const wire::BatchHead& head) {
    auto* buffer = new (std::nothrow) ByteBuffer;
    std::byte* at = buffer == nullptr ? nullptr : buffer->reserve(head.size);
    if (at == nullptr) {
        delete buffer;
        return false;
    }
    memcpy(at, head.bytes.data(), head.size);
    buffer->commit(head.size);
    stream_.push(buffer, 0, false);
    return true;
}

void GrpcCarrier::acknowledge() {
    // Without memory the next batch says the same.
    if (push_head(wire::make_batch_head(0, seen_, 0))) unacknowledged_in_ = 0;
}

bool GrpcCarrier::tell_callbacks_done(std::uint64_t count) {
    callbacks_done_ = count;
    if (parted()) return pump();  // welcome_back() says it
    if (!push_head(wire::make_callbacks_done(seen_, count)))
        return lose(abi::CUDA_ERROR_OUT_OF_MEMORY, "out of memory");
    return pump();
}

// After a pump that went well: what the other end must hear, and whether it has been heard.
bool GrpcCarrier::keep_alive() {
    while (ByteBuffer* sent = kept_.active() ? stream_.take_sent() : nullptr) delete sent;
    if (!welcomed_ || (parted() && !returning_)) return true;
    bool due = false;
    if (kept_.active() && !returning_ && unacknowledged_in_ >= wire::limits::kAcknowledgeBytes) {
        acknowledge();
        due = true;
    }
    if (worker_.is_tcp()) {
        const std::int64_t now = now_ns();
        if (std::exchange(counted_in_, stream_.bytes_received()) != stream_.bytes_received()) heard_ns_ = now;
        if (std::exchange(counted_out_, stream_.bytes_sent()) != stream_.bytes_sent()) spoke_ns_ = now;
        if (now - heard_ns_ >= kDeadNs) {
            return part() || lose(abi::CUDA_ERROR_UNKNOWN, "the worker has not been heard of for too long");
        }
        if (now - spoke_ns_ >= kIdleNs) {
            stream_.ping();
            spoke_ns_ = now;
            due = true;
        }
    }
    // Only to write: an error shows with the next pump.
    if (due) (void)stream_.pump();
    return lost_result_ == abi::CUDA_SUCCESS;
}

// The connection is no good any more. True: it may be taken up again.
bool GrpcCarrier::part() {
    if (!kept_.active() || !welcomed_) return false;
    stream_.shut();
    const std::int64_t now = now_ns();
    if (!parted()) {
        give_up_ns_ = now + grace_ns_;
        retry_ns_ = now;
        log_line(LogLevel::note, "the connection to the worker broke; trying to take it up again");
    } else {
        retry_ns_ = now + kRetryNs;
    }
    returning_ = false;
    parted_.store(true, std::memory_order_relaxed);
    tick_ns_.store(kPartedTickNs, std::memory_order_relaxed);
    return true;
}

// The connection broke before the Welcome, the only thing that says how long a worker waits: the same Hello
// once more, for as long as it usually does. False: in vain.
bool GrpcCarrier::call_again(const Hello& hello, std::int64_t& give_up_ns) {
    constexpr std::int64_t kUsualGraceNs = static_cast<std::int64_t>(wire::limits::kResumeGraceMs) * kMsNs;
    if (give_up_ns == 0) give_up_ns = now_ns() + kUsualGraceNs;
    while (now_ns() < give_up_ns) {
        const int error = stream_.reconnect(worker_, now_ns() + kConnectNs);
        if (error == 0) {
            forget_message();
            return stream_.begin("/ferry.v1.Data/Attach", *this) && push_hello(hello);
        }
        if (!worker_.is_tcp() && (error == ECONNREFUSED || error == ENOENT)) return false;
        usleep(static_cast<useconds_t>(kRetryNs / 1000));
    }
    return false;
}

// One step back to the worker. True while there is a connection to pump.
bool GrpcCarrier::come_back() {
    const std::int64_t now = now_ns();
    if (now >= give_up_ns_) {
        char reason[160];
        snprintf(reason, sizeof reason,
                 "the connection to the worker broke and could not be taken up within %lld ms",
                 static_cast<long long>(grace_ns_ / kMsNs));
        return lose(abi::CUDA_ERROR_UNKNOWN, reason);
    }
    if (now < retry_ns_) return returning_;
    if (returning_) {
        part();  // no welcome in time
        return false;
    }
    const int error = stream_.reconnect(worker_, now + kConnectNs);
    if (error == 0) {
        forget_message();
        heard_ns_ = spoke_ns_ = now;
        returning_ = stream_.begin("/ferry.v1.Data/Attach", *this) && push_return();
        retry_ns_ = now + kWelcomeNs;
        if (returning_) return true;
    }
    // A worker listens at its Unix socket for as long as its session lives. A TCP port may be a tunnel's.
    if (!worker_.is_tcp() && (error == ECONNREFUSED || error == ENOENT)) {
        return lose(abi::CUDA_ERROR_UNKNOWN, "the connection to the worker is lost");
    }
    retry_ns_ = now_ns() + kRetryNs;
    return false;
}

bool GrpcCarrier::push_return() {
    std::byte inner[256];
    wire::ProtoWriter fields(inner);
    fields.varint(1, wire::kWireVersion);
    fields.bytes(12, secret_);
    fields.varint(13, seen_);
    return push_frame(fields);
}

// The worker has taken us back, and says what it has seen: the rest goes out again.
bool GrpcCarrier::welcome_back(const Greeting& greeting) {
    const std::uint64_t oldest = sequence_ - kept_.count();
    if (greeting.seen < oldest || greeting.seen > sequence_) return false;
    returning_ = false;
    kept_.keep_newest(static_cast<std::size_t>(sequence_ - greeting.seen));
    kept_.for_each([this](ByteBuffer* batch, std::size_t first) { stream_.push(batch, first, false, true); });
    if (callbacks_done_ != 0 && !push_head(wire::make_callbacks_done(seen_, callbacks_done_))) return false;
    const std::int64_t grace_ns = grace_ns_;
    expect(grace_ns);
    parted_.store(false, std::memory_order_relaxed);
    log_line(LogLevel::note, "the connection to the worker is back");
    return true;
}

}  // namespace guest
