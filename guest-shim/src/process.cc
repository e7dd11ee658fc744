// See process.h. What happens at fork and at exit is decided here.
#include "process.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "attach.h"
#include "cudart/export_tables.h"
#include "futex.h"
#include "session.h"
#include "statistics.h"
#include "stub_runtime.h"
#include "trace.h"
#include "wire/codec.h"

namespace guest {

constinit std::atomic<Session*> live{nullptr};

namespace {

// How long the exit of the program waits for the host to say goodbye. Work nobody waited for has no visible
// effect any more, and a kernel that never ends must not keep a process from exiting.
constexpr std::int64_t kDetachTimeoutNs = 2'000'000'000;

constinit Mutex process_mutex;
constinit Session* own_session = nullptr;
constinit bool initialised = false;                   // cuInit has succeeded
constinit bool attempted = false;                     // cuInit or a forerunner has tried to attach
constinit bool hooked = false;                        // the handlers below are registered
constinit abi::CUresult verdict = abi::CUDA_SUCCESS;  // of the attempt
constinit std::atomic<bool> forked{false};
constinit std::atomic<bool> exiting{false};

void before_fork() { process_mutex.lock(); }
void after_fork_in_parent() { process_mutex.unlock(); }

// Other threads of the parent do not exist here, and whatever they held stays held: nothing of the old
// session is touched but its descriptors, so that not a byte of this process reaches the parent's stream.
void after_fork_in_child() {
    process_mutex.reset();
    cudart::local_after_fork();
    forget_threads_after_fork();
    forget_trace_after_fork();
    live.store(nullptr, std::memory_order_release);
    if (own_session != nullptr) {
        close(own_session->carrier.fd());
        close(own_session->replies.kick_fd);
        own_session->ring.close_descriptors();
    }
    if (initialised) forked.store(true, std::memory_order_relaxed);
    own_session = nullptr;
    initialised = false;
    attempted = false;
}

void detach(Session& ending) {
    ThreadState* thread = thread_state();
    Slot* slot = thread == nullptr ? nullptr : ending.replies.take_slot();
    if (slot == nullptr) return;
    wire::RecordHeader header = detail::header_of(*thread, nullptr);
    header.ticket = slot->ticket();
    header.flags = static_cast<std::uint16_t>(wire::RecordFlag::wants_reply);
    const std::int64_t deadline_ns = now_ns() + kDetachTimeoutNs;
    // A ring that stays full belongs to a host that does not move: no word of ours can reach it.
    Appended how = ending.lane.append(wire::session_detach_Request{}, header);
    for (; how == Appended::no_room && now_ns() < deadline_ns; usleep(1000)) {
        how = ending.lane.append(wire::session_detach_Request{}, header);
    }
    if (how == Appended::wake) ending.ring.ring_host();
    if (how == Appended::no_room || how == Appended::no_memory) return;
    const auto call = wire::CallId::session_detach;
    const TraceSpan span(wire::TraceKind::wait, static_cast<std::uint16_t>(call), thread->number);
    const std::int64_t began_ns = now_ns();
    ending.wait_until(*slot, deadline_ns);
    ending.counters.waited(wire::call_index(call), now_ns() - began_ns);
}

void at_exit() {
    exiting.store(true, std::memory_order_release);
    live.store(nullptr, std::memory_order_release);
    Session* ending = nullptr;
    {
        Guard guard(process_mutex);
        ending = own_session;
    }
    if (ending == nullptr) return;
    if (ending->lost() == abi::CUDA_SUCCESS) detach(*ending);
    ending->end(abi::CUDA_ERROR_DEINITIALIZED, nullptr);
    ending->carrier.shut();
    const CallCounts calls = count_calls();
    Connection* const connections[] = {ending};
    write_statistics(connections,
                     {calls, [](std::size_t place) { return wire::call_name(wire::kCalls[place]); }});
    finish_trace();
}

// The lock is held.
Session* attach_once(abi::CUresult& result) {
    result = abi::CUDA_ERROR_NOT_INITIALIZED;
    if (forked.load(std::memory_order_relaxed)) return nullptr;
    result = abi::CUDA_ERROR_DEINITIALIZED;
    if (exiting.load(std::memory_order_relaxed)) return nullptr;
    if (!hooked) {
        pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
        atexit(at_exit);
        hooked = true;
    }
    if (!attempted) {
        attempted = true;
        own_session = attach(verdict);
    }
    result = verdict;
    return own_session;
}

}  // namespace

abi::CUresult initialise() {
    if (live_session() != nullptr) return abi::CUDA_SUCCESS;
    Guard guard(process_mutex);
    abi::CUresult result = abi::CUDA_SUCCESS;
    Session* attached = attach_once(result);
    if (attached == nullptr) return result;
    if (attached->lost() != abi::CUDA_SUCCESS) return attached->lost();
    if (attached->snapshot.visible_count == 0) return abi::CUDA_ERROR_NO_DEVICE;
    initialised = true;
    live.store(attached, std::memory_order_release);
    return abi::CUDA_SUCCESS;
}

Session* attached_session(abi::CUresult& result) {
    if (Session* current = live_session()) return current;
    Guard guard(process_mutex);
    return attach_once(result);
}

abi::CUresult refusal(const ThreadState& thread) {
    if (thread.in_callback) return abi::CUDA_ERROR_NOT_PERMITTED;
    if (exiting.load(std::memory_order_acquire)) return abi::CUDA_ERROR_DEINITIALIZED;
    if (forked.load(std::memory_order_acquire)) return abi::CUDA_ERROR_NOT_INITIALIZED;
    Guard guard(process_mutex);
    if (!initialised) return abi::CUDA_ERROR_NOT_INITIALIZED;
    return own_session->lost() != abi::CUDA_SUCCESS ? own_session->lost() : abi::CUDA_ERROR_NOT_INITIALIZED;
}

void session_ended(Session& ended) {
    Session* expected = &ended;
    live.compare_exchange_strong(expected, nullptr, std::memory_order_acq_rel);
}

void announce_thread_exit(ThreadState& thread) {
    Session* current = live_session();
    if (current == nullptr || thread.in_callback) return;
    detail::post(*current, thread, nullptr, wire::session_thread_exit_Request{});
}

}  // namespace guest
