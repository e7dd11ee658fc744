// One gRPC call on its own HTTP/2 connection over a Unix or TCP socket, client side, by nghttp2: the unary
// Open to the daemon and the Attach stream to the worker are both one of these. Not thread-safe: Link and
// open_session() serialise. Never blocks but in connect(); every wait is the caller's. Bytes received go to
// the sink as they are, straight into its memory where it has a place for them.
#pragma once
#include <nghttp2/nghttp2.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>

#include "byte_buffer.h"
#include "endpoint.h"

namespace guest {

// What has become of the peer after a pump.
enum class Peer { alive, ended, lost };  // ended: trailers seen; lost: EOF, reset, or a protocol error

// Takes the body of the response.
class BodySink {
public:
    // False ends the connection.
    virtual bool take(std::span<const std::byte> chunk) = 0;
    // Where the next bytes would best be received; what lies there is then taken like any other chunk.
    virtual std::span<std::byte> room() { return {}; }

protected:
    ~BodySink() = default;
};

class H2Stream {
public:
    H2Stream() = default;
    H2Stream(const H2Stream&) = delete;
    H2Stream& operator=(const H2Stream&) = delete;
    ~H2Stream();

    // Connects within `deadline_ns` (monotonic). Answers 0 or an errno.
    int connect(const Endpoint& endpoint, std::int64_t deadline_ns);
    // Starts the call; `path` is "/package.Service/Method". False: no memory.
    bool begin(const char* path, BodySink& sink);

    // Connects anew, for another call begun with begin(); the descriptor keeps its number, so that whoever
    // polls it need not know. What was queued is dropped. 0 or an errno; then the old connection is over all
    // the same.
    int reconnect(const Endpoint& endpoint, std::int64_t deadline_ns);

    // Queues the bytes of the buffer from `first` on. The buffer is given back through take_sent() once it
    // has been written, unless it is `lent`: then it stays the caller's, who keeps it until then.
    // `last` ends our side of the stream.
    void push(ByteBuffer* buffer, std::size_t first, bool last, bool lent = false);
    // How many lent buffers are not written out yet.
    std::size_t lent() const { return lent_; }
    // Says that we are there, and asks whether the peer is.
    void ping() { nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr); }
    // Buffers that are written out; null when there is none.
    ByteBuffer* take_sent();
    std::size_t queued_bytes() const { return queued_bytes_ + unwritten_.size; }

    // Whether anything that is not written out refers to memory outside its buffer.
    bool refers() const;

    // Descriptors that come with the bytes are kept, up to kDescriptors, instead of refused; before the first
    // pump().
    static constexpr std::size_t kDescriptors = 3;
    void accept_descriptors() { accepts_descriptors_ = true; }
    // Hands over what has come, -1 where nothing has, and accepts no more.
    void take_descriptors(int (&out)[kDescriptors]);

    // Writes what the socket takes and reads what it has, without waiting.
    Peer pump();
    // The socket was full: poll for POLLOUT.
    bool wants_write() const { return spill_.size() != 0 || unwritten_.size != 0; }
    int fd() const { return fd_; }
    // Ends every wait on the socket; descriptors are closed by the destructor alone, when nobody can be
    // polling.
    void shut();

    int grpc_status() const { return grpc_status_; }            // -1 until the trailers have come
    const char* grpc_message() const { return grpc_message_; }  // printable, may be empty
    std::uint64_t bytes_sent() const { return bytes_sent_; }
    std::uint64_t bytes_received() const { return bytes_received_; }

private:
    // Received at a time where there is no better place for it.
    static constexpr std::size_t kReceived = 64u << 10;
    struct Pending {
        ByteBuffer* buffer;
        std::size_t at;
        bool lent;
    };
    // Bytes of a buffer; a buffer may come to lie elsewhere while they wait.
    struct Stretch {
        ByteBuffer* buffer = nullptr;
        std::size_t at = 0;
        std::size_t size = 0;
    };
    friend struct H2Callbacks;

    void reset();
    Peer write_out();
    Peer read_in();
    bool feed(std::span<const std::byte> bytes);
    std::span<std::byte> direct_room();
    ssize_t receive(std::span<std::byte> direct, std::size_t behind);
    void keep_descriptors(const msghdr& message);
    bool flush_spill();
    // Writes both, copies what is left of the first into the spill, and leaves in `second` what is left of
    // that; false on a broken socket.
    bool send_pieces(std::span<const std::byte> first, Stretch& second);
    ssize_t send_some(std::span<const std::byte> first, const Stretch& second);
    void consume(std::size_t size);
    void retire(const Pending& pending);

    nghttp2_session* session_ = nullptr;
    int fd_ = -1;
    std::int32_t stream_ = -1;
    BodySink* sink_ = nullptr;
    std::deque<Pending> queue_;
    std::deque<ByteBuffer*> sent_;
    std::size_t queued_bytes_ = 0;
    std::size_t lent_ = 0;
    bool last_queued_ = false;
    bool deferred_ = false;
    bool broken_ = false;
    bool ended_ = false;
    ByteBuffer spill_;  // what the socket did not take of a frame that nghttp2 regards as sent, but for
    std::size_t spill_at_ = 0;
    Stretch unwritten_;  // the body of a DATA frame, where it lies
    Pending writing_{};  // that buffer, where it is no longer in the queue
    ByteBuffer receive_;
    std::size_t frame_left_ = 0;  // bytes of the body in the frame that is being received
    bool accepts_descriptors_ = false;
    std::size_t descriptor_count_ = 0;
    int descriptors_[kDescriptors] = {-1, -1, -1};
    int grpc_status_ = -1;
    char grpc_message_[512] = "";
    std::uint64_t bytes_sent_ = 0;
    std::uint64_t bytes_received_ = 0;
};

}  // namespace guest
