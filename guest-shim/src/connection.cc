// Sending, sealing and dying; see connection.h. Lock order: carrier, then lane or replies.
#include "connection.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>

#include <utility>

#include "cudart/errors.h"
#include "log.h"
#include "trace.h"
#include "wire/limits.h"

namespace guest {
namespace {

// A sealer waits while more than this is queued behind a slow host, behind a host function of the program
// (the host has to hold that until it returns), or behind a full socket: what is packed further ahead of that
// has left the caches before it is written, and reaches the host no sooner.
constexpr std::size_t kQueuedBytes = wire::limits::kUnacknowledgedBytes;
constexpr std::size_t kUnwrittenBytes = 4 << 20;

}  // namespace

Connection::Connection(const Settings& chosen, std::size_t message_limit, std::size_t calls)
    : settings(chosen), carrier(replies, message_limit), counters(calls) {
    lane.set_seal_bytes(settings.seal_bytes);
    random_state_.store(settings.random_seed * 2 + 1, std::memory_order_relaxed);
}

bool Connection::start() {
    replies.kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return replies.kick_fd >= 0 && start_thread(pump_main, this, "ferry-pump");
}

abi::CUresult Connection::settle_append(Appended how) {
    if (how == Appended::no_memory) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    if (how == Appended::lost) return lost();
    if (how == Appended::full || (settings.random_seal && random_seal())) {
        seal();
    } else if (how == Appended::first) {
        nudge_pump();
    }
    return abi::CUDA_SUCCESS;
}

// The pump goes to sleep in the opposite order: flag, then a turn at pump_order_, then a look at the lane and
// at what is to be watched. One of the two turns is first, so one of the two sees what the other wrote.
void Connection::nudge_pump() {
    pump_order_.fetch_add(1, std::memory_order_seq_cst);
    if (pump_asleep_.load(std::memory_order_relaxed)) wake_pump();
}

// For tests only (FERRY_SEAL_RANDOM): one append in eight seals, wherever the seed says.
bool Connection::random_seal() {
    std::uint64_t state = random_state_.load(std::memory_order_relaxed);
    state = state * 6364136223846793005u + 1442695040888963407u;
    random_state_.store(state, std::memory_order_relaxed);
    return (state >> 33) % 8 == 0;
}

void Connection::wake_pump() {
    pump_word_.fetch_add(1, std::memory_order_release);
    futex_wake(pump_word_, 1);
}

void Connection::seal() {
    if (ring.is_open()) {
        if (!settings.random_seal) return;
        ring.ring_host();
        sched_yield();
        return;
    }
    bool full = false;
    {
        Guard guard(carrier.mutex());
        seal_locked();
        full = is_full(1);
    }
    if (full) relieve();
}

void Connection::seal_locked() {
    if (lane.empty() || lost() != abi::CUDA_SUCCESS) return;
    ByteBuffer* batch = lane.take(carrier.spare());
    if (batch != nullptr) (void)send_locked(batch);
}

// Whether so much is queued now that the caller should relieve().
bool Connection::send_locked(ByteBuffer* batch) {
    const TraceSpan span(wire::TraceKind::batch, 0, 0, batch->total());
    sealed_bytes_.fetch_add(batch->total(), std::memory_order_relaxed);
    if (!carrier.send(batch)) end(carrier.lost_result(), carrier.lost_reason());
    return is_full(1);
}

bool Connection::is_full(std::size_t share) {
    return carrier.queued_bytes() > kQueuedBytes / share ||
           carrier.unwritten_bytes() > kUnwrittenBytes / share ||
           bytes_behind_functions() > kQueuedBytes / share;
}

void Connection::tell_callbacks_done(std::uint64_t count) {
    if (ring.is_open()) {
        // Always: a host that holds its lane does not say that it sleeps, for commands would not help it.
        ring.tell_callbacks_done(count);
        ring.ring_host();
        return;
    }
    Guard guard(carrier.mutex());
    if (lost() == abi::CUDA_SUCCESS && !carrier.tell_callbacks_done(count))
        end(carrier.lost_result(), carrier.lost_reason());
}

// Writes, and reads meanwhile, for the host may be waiting for that, until `done` says so or the host is
// gone.
// While the host takes something it is worth looking again at once.
template <class Done>
void Connection::write_until(Done&& done) {
    std::size_t left = SIZE_MAX;
    std::int64_t look_until = 0;
    while (lost() == abi::CUDA_SUCCESS) {
        bool wants_write = false;
        bool moved = false;
        {
            Guard guard(carrier.mutex());
            pump_locked(nullptr);
            if (lost() != abi::CUDA_SUCCESS || done()) return;
            wants_write = carrier.wants_write();
            moved = std::exchange(left, carrier.unwritten_bytes()) != left;
        }
        const std::int64_t now = now_ns();
        if (moved) look_until = now + settings.spin_ns;
        if (now < look_until) {
            sched_yield();
        } else {
            poll_link(1'000'000'000, wants_write);
        }
    }
}

// What the host has not acknowledged when the socket has taken the last of it is copied: of a long copy it
// has acknowledged most. On a broken connection all of it waits for the next one as a copy.
void Connection::own_bulk() {
    write_until([this] { return carrier.own(); });
}

// Back-pressure: until the host has taken enough.
void Connection::relieve() {
    back_pressure_waits_.fetch_add(1, std::memory_order_relaxed);
    const TraceSpan span(wire::TraceKind::stall, 0, current_thread == nullptr ? 0 : current_thread->number);
    write_until([this] { return !is_full(2); });
}

void Connection::pump_locked(const Slot* reader) {
    replies.reader = reader;
    if (lost() == abi::CUDA_SUCCESS && !carrier.pump()) end(carrier.lost_result(), carrier.lost_reason());
    replies.reader = nullptr;
}

void Connection::read_arrived() {
    if (ring.is_open()) return read_arrived_on_ring();
    Guard guard(carrier.mutex());
    pump_locked(nullptr);
}

void Connection::note(abi::CUresult result) {
    if (!abi::is_sticky(result)) return;
    int none = 0;
    sticky_.compare_exchange_strong(none, result);
}

void Connection::end(abi::CUresult result, const char* reason) {
    int none = 0;
    if (!lost_.compare_exchange_strong(none, result == abi::CUDA_SUCCESS ? abi::CUDA_ERROR_UNKNOWN : result))
        return;
    ended(lost(), reason);
    replies.end_all(lost());
    replies.wake_room(nullptr);
    wake_pump();
}

bool start_thread(void* (*main)(void*), void* argument, const char* name) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t thread;
    const int error = pthread_create(&thread, &attributes, main, argument);
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (error == 0) pthread_setname_np(thread, name);
    if (error != 0) log_line(LogLevel::error, "cannot start a thread: %s", strerror(error));
    return error == 0;
}

}  // namespace guest
