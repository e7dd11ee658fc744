// See carrier_grpc.h.
#include "carrier_grpc.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <algorithm>
#include <new>
#include <string_view>
#include <utility>

#include "lane.h"
#include "log.h"
#include "wire/call_id.h"
#include "wire/protobuf.h"

namespace guest {
namespace {

// A worker opens its driver before it says welcome; a cold NVIDIA driver takes seconds, a hung one for ever.
constexpr std::int64_t kWelcomeTimeoutNs = 120'000'000'000;

// Text of the host for people, cut and made printable.
template <std::size_t kSize>
void copy_text(char (&out)[kSize], std::string_view text) {
    const std::size_t size = std::min(text.size(), kSize - 1);
    memcpy(out, text.data(), size);
    out[size] = '\0';
    sanitize(out);
}

bool read_ring_offer(std::span<const std::byte> bytes, RingOffer& offer) {
    wire::ProtoReader reader(bytes);
    for (wire::ProtoField field; reader.next(field);) {
        if (field.number == 1) offer.command_bytes = field.value;
        if (field.number == 2) offer.reply_bytes = field.value;
        if (field.number == 3) offer.fence_count = field.value;
        if (field.number == 4) offer.arena_bytes = field.value;
        if (field.number == 5) offer.arena_base = field.value;
    }
    offer.offered = true;
    return reader.ok();
}

}  // namespace

GrpcCarrier::GrpcCarrier(Replies& replies, std::size_t message_limit)
    : replies_(replies), places_(replies), reader_(message_limit, &places_) {}

abi::CUresult GrpcCarrier::attach(const Endpoint& worker, const Hello& hello, Snapshot* snapshot,
                                  char* reason, std::size_t reason_size) {
    const std::int64_t deadline = now_ns() + kWelcomeTimeoutNs;
    snapshot_ = snapshot;
    worker_ = worker;
    const int error = stream_.connect(worker, now_ns() + 2'000'000'000);
    if (error != 0) {
        snprintf(reason, reason_size, "cannot reach the worker at %s: %s", worker.text, strerror(error));
        return abi::CUDA_ERROR_NO_DEVICE;
    }
    if (hello.wants_ring) stream_.accept_descriptors();
    if (!stream_.begin("/ferry.v1.Data/Attach", *this) || !push_hello(hello)) {
        snprintf(reason, reason_size, "out of memory");
        return abi::CUDA_ERROR_OUT_OF_MEMORY;
    }
    std::int64_t give_up_ns = 0;
    while (!welcomed_) {
        Guard guard(mutex_);
        const bool alive = pump();
        if (welcomed_ || lost_result_ != abi::CUDA_SUCCESS) break;
        if (!alive && call_again(hello, give_up_ns)) continue;
        if (!alive) {
            lose(abi::CUDA_ERROR_UNKNOWN, "the connection to the worker is lost");
            break;
        }
        if (now_ns() > deadline) {
            lose(abi::CUDA_ERROR_NO_DEVICE, "the worker does not answer");
            break;
        }
        pollfd entry{fd(), static_cast<short>(POLLIN | (wants_write() ? POLLOUT : 0)), 0};
        poll(&entry, 1, 1000);
    }
    snapshot_ = nullptr;
    if (lost_result_ == abi::CUDA_SUCCESS) return abi::CUDA_SUCCESS;
    snprintf(reason, reason_size, "%s", lost_reason_);
    return lost_result_ == abi::CUDA_ERROR_UNKNOWN ? abi::CUDA_ERROR_NO_DEVICE : lost_result_;
}

bool GrpcCarrier::push_hello(const Hello& hello) {
    std::byte inner[4096];
    wire::ProtoWriter fields(inner);
    fields.varint(1, wire::kWireVersion);
    fields.string(2, wire::kSpecHash);
    fields.bytes(3, hello.ticket);
    fields.varint(4, hello.window_base);
    fields.varint(5, hello.window_size);
    if (hello.wants_ring) {
        fields.boolean(8, true);
        fields.varint(9, hello.arena_base);
        fields.varint(10, hello.arena_size);
        fields.varint(11, hello.ring_bytes);
    }
    fields.varint(14, hello.can_resume ? 1 : 0);
    fields.varint(15, hello.api);
    // Fields 6 and 7 stay unset: the guest itself chooses among all devices (apply_visible_devices).
    return push_frame(fields);
}

// Queues a hello of these fields.
bool GrpcCarrier::push_frame(const wire::ProtoWriter& fields) {
    auto* buffer = new (std::nothrow) ByteBuffer;
    if (buffer == nullptr) return false;
    std::byte* at = fields.ok() ? buffer->reserve(fields.size() + 16) : nullptr;
    if (at == nullptr) {
        delete buffer;
        return false;
    }
    wire::ProtoWriter frame(std::span<std::byte>(at + wire::kGrpcPrefix, fields.size() + 11));
    frame.length(wire::kFrameOpening, fields.size());
    frame.raw(fields.written());
    wire::put_grpc_prefix(at, frame.size());
    buffer->commit(wire::kGrpcPrefix + frame.size());
    stream_.push(buffer, 0, false);
    return true;
}

bool GrpcCarrier::send(ByteBuffer* batch) {
    const std::size_t records = batch->total() - kBatchHeadRoom;
    const wire::BatchHead head = wire::make_batch_head(++sequence_, seen_, records);
    const std::size_t first = kBatchHeadRoom - head.size;
    memcpy(batch->data() + first, head.bytes.data(), head.size);
    unacknowledged_in_ = 0;
    if (kept_.active()) kept_.add(batch, first);
    // While the connection is broken it is only kept, and goes out with the others.
    if (!parted()) stream_.push(batch, first, false, kept_.active());
    return pump();
}

bool GrpcCarrier::pump() {
    if (lost_result_ != abi::CUDA_SUCCESS) return false;
    if (parted() && !come_back()) return lost_result_ == abi::CUDA_SUCCESS;
    const Peer peer = stream_.pump();
    if (lost_result_ != abi::CUDA_SUCCESS) return false;  // a farewell or a lie came first
    if (peer == Peer::alive) return keep_alive();
    if (peer == Peer::ended && stream_.grpc_status() > 0) {
        return lose(abi::CUDA_ERROR_UNKNOWN, stream_.grpc_message()[0] != '\0'
                                                 ? stream_.grpc_message()
                                                 : "the worker refused the stream");
    }
    if (part()) return true;
    if (!welcomed_) return false;  // attach() may call again
    return lose(abi::CUDA_ERROR_UNKNOWN, "the connection to the worker is lost");
}

ByteBuffer* GrpcCarrier::spare() {
    constexpr std::size_t kKeptCapacity = (1 << 20) + (256 << 10);  // a slice of a copy, and its heads
    if (kept_.active()) return kept_.spare();
    while (ByteBuffer* sent = stream_.take_sent()) {
        if (spare_ != nullptr || sent->capacity() > kKeptCapacity) {
            delete sent;
            continue;
        }
        sent->clear();
        spare_ = sent;
    }
    return std::exchange(spare_, nullptr);
}

bool GrpcCarrier::lose(abi::CUresult result, const char* reason) {
    lost_result_ = result;
    snprintf(lost_reason_, sizeof lost_reason_, "%s", reason);
    return false;
}

bool GrpcCarrier::take(std::span<const std::byte> chunk) {
    const bool good = reader_.feed(chunk, [&](std::span<const std::byte> bytes) {
        const bool read = places_.placed() ? placed_batch(bytes) : message(bytes);
        places_.expect(welcomed_ && !returning_ ? seen_ + 1 : 0);
        return read;
    });
    if (!good && lost_result_ == abi::CUDA_SUCCESS) lose(abi::CUDA_ERROR_UNKNOWN, "the worker sent garbage");
    return good;
}

// What has come of a message on a connection that is no more.
void GrpcCarrier::forget_message() {
    reader_.reset();
    places_.expect(0);
}

bool GrpcCarrier::message(std::span<const std::byte> bytes) {
    wire::ProtoReader reader(bytes);
    for (wire::ProtoField field; reader.next(field);) {
        if (field.type != wire::ProtoType::length) continue;
        bool good = true;
        if (field.number == wire::kFrameOpening) good = welcome(field.bytes);
        if (field.number == wire::kFrameBatch) good = batch(field.bytes);
        if (field.number == wire::kFrameFarewell) good = farewell(field.bytes);
        if (!good) return false;
    }
    return reader.ok();
}

bool GrpcCarrier::batch(std::span<const std::byte> bytes) {
    wire::BatchView view;
    if (!welcomed_ || returning_ || !wire::read_batch(bytes, view)) return false;
    if (view.sequence == 0 && view.records.empty()) return acknowledged(view.acknowledged);
    return begin_batch(view.sequence, view.acknowledged, bytes.size()) && read_replies(view.records);
}

// The same for one whose landing has been received where it belongs.
bool GrpcCarrier::placed_batch(std::span<const std::byte> gathered) {
    const PlacedBatch placed = places_.take(gathered);
    return begin_batch(placed.sequence, placed.acknowledged, placed.size) && read_replies(placed.before) &&
           read_replies(placed.behind);
}

bool GrpcCarrier::begin_batch(std::uint64_t sequence, std::uint64_t acknowledged_up_to, std::size_t size) {
    if (!acknowledged(acknowledged_up_to)) return false;
    unacknowledged_in_ += size;
    if (sequence != seen_ + 1) return lose(abi::CUDA_ERROR_UNKNOWN, "the worker lost or repeated a batch");
    seen_ = sequence;
    return true;
}

bool GrpcCarrier::read_replies(std::span<const std::byte> replies) {
    const char* wrong = replies_.read(replies);
    return wrong == nullptr || lose(abi::CUDA_ERROR_UNKNOWN, wrong);
}

bool GrpcCarrier::welcome(std::span<const std::byte> bytes) {
    Greeting greeting;
    if ((welcomed_ && !returning_) || !read_greeting(bytes, greeting)) return false;
    if (greeting.result != 0) return lose(static_cast<abi::CUresult>(greeting.result), greeting.text);
    const bool resumable = greeting.secret.size() == sizeof secret_ && greeting.grace_ms != 0;
    if (resumable) memcpy(secret_, greeting.secret.data(), sizeof secret_);
    if (welcomed_) return resumable && welcome_back(greeting);
    welcomed_ = true;
    constexpr std::uint64_t kLongestGraceMs = 1u << 30;
    const std::uint64_t grace_ms = resumable ? std::min(greeting.grace_ms, kLongestGraceMs) : 0;
    expect(static_cast<std::int64_t>(grace_ms) * 1'000'000);
    return true;
}

bool GrpcCarrier::read_greeting(std::span<const std::byte> bytes, Greeting& greeting) {
    wire::ProtoReader reader(bytes);
    for (wire::ProtoField field; reader.next(field);) {
        if (field.number == 1) greeting.result = field.integer32();
        if (field.number == 2) copy_text(greeting.text, field.text());
        if (field.number == 3 && snapshot_ != nullptr && !read_snapshot(field.bytes, *snapshot_))
            return false;
        if (field.number == 4 && !read_ring_offer(field.bytes, ring_offer_)) return false;
        if (field.number == 5) greeting.secret = field.bytes;
        if (field.number == 6) greeting.seen = field.value;
        if (field.number == 7) greeting.grace_ms = field.value;
    }
    return reader.ok();
}

bool GrpcCarrier::farewell(std::span<const std::byte> bytes) {
    std::int32_t result = 0;
    char text[256] = "the host ended the session";
    wire::ProtoReader reader(bytes);
    for (wire::ProtoField field; reader.next(field);) {
        if (field.number == 1) result = field.integer32();
        if (field.number == 2) copy_text(text, field.text());
    }
    return lose(result == 0 ? abi::CUDA_ERROR_UNKNOWN : static_cast<abi::CUresult>(result), text);
}

}  // namespace guest
