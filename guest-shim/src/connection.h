// One lane with all that carries it: the carriers, the replies, the waits, the pump, and the only judge of
// its end. What the records mean is its owner's: a Session's for CUDA, a context's for OpenGL. Never freed
// once it has started (threads of the program may be inside it when it dies).
#pragma once
#include <atomic>
#include <cstdint>
#include <span>

#include "byte_buffer.h"
#include "carrier_grpc.h"
#include "carrier_ring.h"
#include "counters.h"
#include "cudart/abi.h"
#include "environment.h"
#include "lane.h"
#include "replies.h"
#include "thread_state.h"
#include "wire/wait_history.h"

namespace guest {

// A deadline, in nanoseconds, that does not come.
inline constexpr std::int64_t kNever = INT64_MAX;

class Connection {
public:
    // `calls`: of the API that talks through it, for the counters.
    Connection(const Settings& settings, std::size_t message_limit, std::size_t calls);
    virtual ~Connection() = default;

    Settings settings;
    Lane lane;
    Replies replies;
    GrpcCarrier carrier;
    RingCarrier ring;
    Counters counters;

    // Makes the descriptors and threads it needs to live. False: the system refuses.
    bool start();

    // Packs a record into the lane, and waits for room where there is none. Answers open, first, full,
    // no_memory or lost.
    template <class Request>
    Appended append(const Request& request, const wire::RecordHeader& header) {
        Appended how = lane.append(request, header);
        if (how == Appended::open) [[likely]]
            return how;
        if (how == Appended::no_room || how == Appended::large) {
            ByteBuffer packed;
            if (!Lane::pack_apart(request, header, packed)) return Appended::no_memory;
            how = append_packed(packed.bytes());
        }
        if (how != Appended::wake) return how;
        ring.ring_host();
        return Appended::open;
    }
    // After an append that nobody waits for: seals, wakes the pump, or nothing.
    abi::CUresult appended(Appended how) {
        if (how == Appended::open && !settings.random_seal) [[likely]]
            return abi::CUDA_SUCCESS;
        return settle_append(how);
    }
    // Whether a copy of `size` bytes goes out from where the program has them: append_bulk() for each slice,
    // then own_bulk() before the bytes are the program's again.
    bool carries_bulk(std::size_t size) const {
        return size >= kBulkBytes && !ring.is_open() && settings.batching && !settings.random_seal;
    }
    // Seals with this record behind the others. Answers open, no_memory or lost.
    template <class Request>
    Appended append_bulk(const Request& request, const wire::RecordHeader& header,
                         std::span<const std::byte> bytes) {
        bool full = false;
        {
            Guard guard(carrier.mutex());
            if (lost() != abi::CUDA_SUCCESS) return Appended::lost;
            ByteBuffer* spare = carrier.spare();
            ByteBuffer* batch = lane.take_with(request, header, bytes, spare);
            if (batch == nullptr) {
                delete spare;
                return Appended::no_memory;
            }
            full = send_locked(batch);
        }
        if (full) relieve();
        return Appended::open;
    }
    void own_bulk();
    // Hands the open batch to the carrier. Never waits, but for back-pressure. Nothing to do on the ring.
    void seal();
    // Takes up the ring that the Welcome offered, if it did. Null, or why it cannot go on.
    virtual const char* open_ring(std::uint64_t arena_base, std::uint64_t arena_size,
                                  std::size_t message_limit);
    // Seals and waits for the slot's reply; the calling thread may end up reading for all. Answers its
    // result, and keeps faults that end a context.
    abi::CUresult wait(Slot& slot);
    // As wait(), for a thread of ours: no round trip of the program's, and it does not spin.
    abi::CUresult wait_patiently(Slot& slot);
    // As wait(), for no longer than that; false when time ran out.
    bool wait_until(Slot& slot, std::int64_t deadline_ns);
    // Reads what has arrived, without waiting: what the host says is done has landed after this.
    void read_arrived();
    // The pump has callbacks or landings to look out for. nudge_pump() does it only where it sleeps.
    void wake_pump();
    void nudge_pump();
    // Host functions have returned, `count` of them since the session began. Never waits.
    void tell_callbacks_done(std::uint64_t count);
    // Record bytes handed to the carrier; none on the ring.
    std::uint64_t sealed_bytes() const { return sealed_bytes_.load(std::memory_order_relaxed); }

    // 0 while it lives, else what CUDA's calls answer from now on.
    abi::CUresult lost() const { return static_cast<abi::CUresult>(lost_.load(std::memory_order_acquire)); }
    // The end: by the carrier's verdict, by the process's exit. Says one line when `reason` is not null.
    void end(abi::CUresult result, const char* reason);
    // The device fault that poisoned the session, or 0.
    abi::CUresult sticky() const {
        return static_cast<abi::CUresult>(sticky_.load(std::memory_order_relaxed));
    }
    void note(abi::CUresult result);

    // The device has been given so many bytes to copy, which the next wait is likely to be for.
    void expect_copy(std::uint64_t bytes) { expected_bytes_.fetch_add(bytes, std::memory_order_relaxed); }

    std::uint64_t round_trips() const { return round_trips_.load(std::memory_order_relaxed); }
    std::uint64_t back_pressure_waits() const { return back_pressure_waits_.load(std::memory_order_relaxed); }

protected:
    // It has ended with this result; `reason` is null when nobody has to be told. Once, on any thread.
    virtual void ended(abi::CUresult result, const char* reason) = 0;
    // Functions of the program that the host may ask for, or that still run, and how many bytes were sealed
    // behind the oldest of them.
    virtual std::uint32_t awaited_functions() const { return 0; }
    virtual std::uint64_t bytes_behind_functions() { return 0; }

private:
    static void* pump_main(void* self);
    void pump_loop();
    void pump_idle(bool& slept_long, std::int64_t longest_ns);
    bool watching() const { return awaited_functions() != 0 || replies.detached_count() != 0; }
    void read_for_nobody(std::int64_t timeout_ns);
    void read_arrived_on_ring();
    void seal_locked();
    bool send_locked(ByteBuffer* batch);
    void pump_locked(const Slot* reader);
    bool is_full(std::size_t share);
    void relieve();
    template <class Done>
    void write_until(Done&& done);
    abi::CUresult settle_append(Appended how);
    bool wait_for(Slot& slot, std::int64_t deadline_ns);
    void take_turn(Slot& slot, std::int64_t deadline_ns);
    void lead(Slot& slot, std::int64_t deadline_ns);
    void poll_link(std::int64_t timeout_ns, bool wants_write);
    bool random_seal();

    // -- on the ring (connection_ring.cc) --
    Appended append_packed(std::span<const std::byte> record);
    Appended append_pieces(std::span<const std::byte> record);
    bool wait_for_room(bool pieces);
    bool spin_for_room(bool pieces);
    std::int64_t spin_time_ns();
    void lead_on_ring(Slot& slot, std::int64_t deadline_ns);
    bool settled(const Slot& slot) const;
    void look(const Slot* reader);
    void doze(const Slot* reader, std::int64_t timeout_ns);
    void pump_loop_on_ring();
    void stop_fencing();

    // Below this, copying the bytes costs less than waiting for the socket to take them.
    static constexpr std::size_t kBulkBytes = 2 << 20;

    bool may_stop_fencing_ = false;  // the pump has still to
    wire::WaitHistory waits_;        // of those who led, on the ring; the leader's
    std::atomic<int> lost_{0};
    std::atomic<int> sticky_{0};
    std::atomic<std::uint64_t> random_state_{0};
    std::atomic<std::uint64_t> expected_bytes_{0};
    std::atomic<std::uint64_t> round_trips_{0};
    std::atomic<std::uint64_t> back_pressure_waits_{0};
    std::atomic<std::uint64_t> sealed_bytes_{0};
    std::atomic<std::uint32_t> pump_word_{0};
    std::atomic<bool> pump_asleep_{false};
    std::atomic<std::uint32_t> pump_order_{0};
};

// Starts a detached thread with all signals blocked. The program's handlers never run on our threads.
bool start_thread(void* (*main)(void*), void* argument, const char* name);

}  // namespace guest
