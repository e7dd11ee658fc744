// Tickets and what comes back for them. A Slot is a ticket's other half: a waiting thread's, or the landing
// of an asynchronous copy into pinned memory that nobody waits for. Reader: whichever thread pumps the
// carrier feeds batches in here, under the carrier's lock. Nothing the host says is believed: sizes, tickets
// and offsets are checked, and the first lie ends the session.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "byte_buffer.h"
#include "cudart/abi.h"
#include "device_heap.h"
#include "futex.h"
#include "wire/handle.h"
#include "wire/record.h"

namespace guest {

struct Slot {
    std::atomic<std::uint32_t> word{0};  // futex: changes whenever the sleeping owner has to look again
    std::atomic<bool> done{false};
    bool used = false;
    bool sleeping = false;  // the owner sleeps on `word`
    bool leads = false;     // the owner reads what the host says
    bool patient = false;   // a thread of ours waits, which has time
    bool wants_room = false;  // not a ticket: the seat of a thread that waits for room in the command ring
    std::uint32_t seen = 0;   // `word` when the owner last looked
    std::uint16_t generation = 0;
    std::uint32_t index = 0;
    abi::CUresult result = abi::CUDA_SUCCESS;
    ByteBuffer* payload = nullptr;  // takes the outputs; null: nobody wants them
    std::byte* landing = nullptr;   // guest memory the ticket stands for
    std::size_t landing_size = 0;
    bool detached = false;  // nobody waits: freed when the result arrives
    bool tells_late = false;  // whoever waits wants to know when, not how: an error is told to somebody else
    DeviceHeap::Batch* settles = nullptr;  // nobody waits: frees of which the result says that they are over
    wire::Handle stream;    // of a detached landing
    Slot* next = nullptr;   // free list, or the list of waiting slots
    Slot* previous = nullptr;

    std::uint32_t ticket() const { return std::uint32_t{generation} << 16 | index; }
};

// A host function the guest has to run; `number` names it in guest::Callbacks.
struct CallbackCall {
    std::uint64_t number;
    abi::CUresult status;
};

class Replies {
public:
    using CallbackSink = void (*)(void* context, const CallbackCall& call);
    void set_callback_sink(CallbackSink sink, void* context);

    // A free slot; null when all are in use or memory is out.
    Slot* take_slot();
    void free_slot(Slot* slot);
    // Nobody will wait for the slot: its reply frees it. reattach() takes that back and frees it at once.
    void detach(Slot* slot);
    void reattach(Slot* slot);

    // Where `size` bytes from `offset` on of what the ticket stands for belong; null where they do not.
    std::byte* landing_at(std::uint32_t ticket, std::uint64_t offset, std::uint64_t size);
    // Reads a batch of replies. Null, or why the session must end.
    const char* read(std::span<const std::byte> replies);

    // Ends every wait with `result`. The list of waiters and leadership: see connection_wait.cc.
    void end_all(abi::CUresult result);

    // Whether an asynchronous landing overlaps [address, address + size), or belongs to `stream`.
    bool landing_pending(const void* address, std::size_t size, wire::Handle& stream);
    // Slots nobody waits for that still owe something.
    std::uint32_t detached_count() const { return detached_count_.load(std::memory_order_relaxed); }
    // The error of a detached landing, handed out once.
    abi::CUresult take_late_error();

    // -- waiting (connection_wait.cc): who reads the socket. All under mutex(), but that anybody may look
    // whether somebody does. --
    Mutex& mutex() { return mutex_; }
    void enqueue(Slot* slot);
    void dequeue(Slot* slot);
    // Wakes the first sleeper, so that somebody reads.
    void wake_next();
    std::atomic<bool> led{false};
    // Where the leader is kicked out of poll() when another thread has read its answer.
    int kick_fd = -1;
    // The slot of the thread that is reading right now, if it waits for one; written by the reader only.
    std::atomic<const Slot*> reader{nullptr};
    // Takes and gives up a seat for waiting for room.
    void take_seat(Slot* seat);
    void leave_seat(Slot* seat);
    bool any_seat() const { return seats_.load(std::memory_order_relaxed) != 0; }
    // Makes everybody who waits for room look again, but for the caller's own seat. Takes mutex().
    void wake_room(const Slot* own);

private:
    static constexpr std::size_t kChunk = 256;
    static constexpr std::size_t kChunks = 256;

    Slot* find(std::uint32_t ticket);
    const char* read_one(const wire::ReplyHeader& header, std::span<const std::byte> payload);
    const char* land(Slot& slot, std::span<const std::byte> payload);
    const char* finish(Slot& slot, const wire::ReplyHeader& header, std::span<const std::byte> payload);
    const char* print(std::span<const std::byte> payload);
    const char* call_back(const wire::ReplyHeader& header, std::span<const std::byte> payload);
    void complete(Slot& slot);
    void kick();

    Mutex mutex_;
    Slot* chunks_[kChunks] = {};
    std::size_t made_ = 0;
    Slot* free_ = nullptr;
    Slot* waiting_ = nullptr;
    std::atomic<std::uint32_t> detached_count_{0};
    std::atomic<std::uint32_t> seats_{0};
    std::atomic<int> late_error_{0};
    CallbackSink callback_sink_ = nullptr;
    void* callback_context_ = nullptr;
};

}  // namespace guest
