// The gRPC carrier: turns batches into messages of the Attach stream and messages into batches, over one
// H2Stream to the worker. Everything here is called under mutex(), but for fd(). It decides nothing: a lost
// peer, a farewell and a malformed frame are reported to Session, which alone decides death.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "byte_buffer.h"
#include "carrier_ring.h"
#include "cudart/abi.h"
#include "futex.h"
#include "h2_stream.h"
#include "kept_batches.h"
#include "landing_places.h"
#include "replies.h"
#include "snapshot.h"
#include "wire/grpc_reader.h"
#include "wire/record.h"

namespace guest {

// What the guest says of itself when it attaches.
struct Hello {
    std::span<const std::byte> ticket;
    std::uint64_t window_base;
    std::uint64_t window_size;
    bool wants_ring;
    std::uint64_t arena_base;
    std::uint64_t arena_size;
    std::uint64_t ring_bytes;
    bool can_resume;
    std::uint32_t api = wire::kApiCuda;
};

// What a Welcome says.
struct Greeting {
    std::int32_t result = 0;
    char text[256] = "";
    std::span<const std::byte> secret;
    std::uint64_t seen = 0;
    std::uint64_t grace_ms = 0;
};

class GrpcCarrier final : private BodySink {
public:
    GrpcCarrier(Replies& replies, std::size_t message_limit);

    // Connects, says hello and waits for the welcome, which fills `snapshot`. 0, or a CUresult with `reason`
    // for people.
    abi::CUresult attach(const Endpoint& worker, const Hello& hello, Snapshot* snapshot, char* reason,
                         std::size_t reason_size);

    Mutex& mutex() { return mutex_; }
    int fd() const { return stream_.fd(); }
    // Sends a batch (kBatchHeadRoom bytes, then records); the buffer comes back through spare(). False: link
    // lost.
    bool send(ByteBuffer* batch);
    // What is written out and may have to be sent again no longer refers to the program's memory, but is
    // copied. False: there is no memory, or some of it waits for room in the socket.
    bool own() { return (parted() || !stream_.refers()) && kept_.own(); }
    // Reads and writes without waiting. False: the link is gone; lost_result() and lost_reason() say how.
    bool pump();
    // Says how many host functions have returned, again after a break. False: link lost.
    bool tell_callbacks_done(std::uint64_t count);
    bool wants_write() const { return stream_.wants_write(); }
    // What the host has not taken, or not acknowledged where the session can be resumed.
    std::size_t queued_bytes() const { return kept_.active() ? kept_.bytes() : stream_.queued_bytes(); }
    // What waits for room in the socket.
    std::size_t unwritten_bytes() const { return parted() ? 0 : stream_.queued_bytes(); }
    // Whoever waits must pump() at least this often, because something may be due that no descriptor tells;
    // nanoseconds, 0: no need. Any thread.
    std::int64_t tick_ns() const { return tick_ns_.load(std::memory_order_relaxed); }
    // The connection is broken, and fd() says nothing. Any thread.
    bool parted() const { return parted_.load(std::memory_order_relaxed); }
    // A used buffer to pack the next batch in, or null.
    ByteBuffer* spare();
    void shut() { stream_.shut(); }

    // What the Welcome offered besides; the descriptors are the caller's.
    const RingOffer& ring_offer() const { return ring_offer_; }
    void take_descriptors(int (&out)[H2Stream::kDescriptors]) { stream_.take_descriptors(out); }

    abi::CUresult lost_result() const { return lost_result_; }
    bool is_tcp() const { return worker_.is_tcp(); }
    const char* lost_reason() const { return lost_reason_; }
    std::uint64_t batches() const { return sequence_; }
    std::uint64_t bytes_out() const { return stream_.bytes_sent(); }
    std::uint64_t bytes_in() const { return stream_.bytes_received(); }

private:
    bool take(std::span<const std::byte> chunk) override;
    std::span<std::byte> room() override { return reader_.room(); }
    bool message(std::span<const std::byte> bytes);
    bool batch(std::span<const std::byte> bytes);
    bool placed_batch(std::span<const std::byte> gathered);
    bool begin_batch(std::uint64_t sequence, std::uint64_t acknowledged_up_to, std::size_t size);
    bool read_replies(std::span<const std::byte> replies);
    void forget_message();
    bool welcome(std::span<const std::byte> bytes);
    bool farewell(std::span<const std::byte> bytes);
    bool lose(abi::CUresult result, const char* reason);
    bool push_hello(const Hello& hello);
    bool call_again(const Hello& hello, std::int64_t& give_up_ns);
    bool read_greeting(std::span<const std::byte> bytes, Greeting& greeting);
    bool push_head(const wire::BatchHead& head);
    bool push_frame(const wire::ProtoWriter& fields);
    void acknowledge();
    bool acknowledged(std::uint64_t sequence);
    bool keep_alive();
    bool part();
    bool come_back();
    bool push_return();
    bool welcome_back(const Greeting& greeting);
    void expect(std::int64_t grace_ns);

    Mutex mutex_;
    Replies& replies_;
    H2Stream stream_;
    LandingPlaces places_;
    wire::GrpcReader reader_;
    ByteBuffer* spare_ = nullptr;
    std::uint64_t sequence_ = 0;
    std::uint64_t seen_ = 0;
    std::uint64_t callbacks_done_ = 0;
    Snapshot* snapshot_ = nullptr;  // set while attaching
    RingOffer ring_offer_;
    bool welcomed_ = false;
    // -- resuming; see carrier_resume.cc
    Endpoint worker_;
    KeptBatches kept_;
    std::byte secret_[32] = {};
    std::int64_t grace_ns_ = 0;
    std::int64_t give_up_ns_ = 0;  // while parted
    std::int64_t retry_ns_ = 0;    // while parted: when to try, or to stop waiting for the welcome
    bool returning_ = false;       // while parted: connected, and the welcome is due
    std::size_t unacknowledged_in_ = 0;
    std::uint64_t counted_in_ = 0;
    std::uint64_t counted_out_ = 0;
    std::int64_t heard_ns_ = 0;
    std::int64_t spoke_ns_ = 0;
    std::atomic<std::int64_t> tick_ns_{0};
    std::atomic<bool> parted_{false};
    abi::CUresult lost_result_ = abi::CUDA_SUCCESS;
    char lost_reason_[512] = "";
};

}  // namespace guest
