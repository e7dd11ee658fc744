// Host functions that streams run: cuLaunchHostFunc and cuStreamAddCallback. What to call stays here under a
// number the host only echoes, so that no address from the wire is ever called. They run one after another on
// a thread of their own, started at the first use, in the order in which the host asks for them; so what the
// host hears is how many have returned, and it hears it beside the lane, whose records may wait for them.
#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>

#include "cudart/abi.h"
#include "futex.h"
#include "replies.h"

namespace guest {

class Connection;

struct HostFunction {
    abi::CUhostFn function = nullptr;          // cuLaunchHostFunc
    abi::CUstreamCallback callback = nullptr;  // cuStreamAddCallback
    abi::CUstream stream = nullptr;
    void* argument = nullptr;
    std::uint64_t sealed_bytes = 0;  // of the session, when it was queued
};

class Callbacks {
public:
    explicit Callbacks(Connection& connection) : connection_(connection) {}
    // A number for `function`; 0 when too many are pending or the thread cannot be started.
    std::uint64_t add(const HostFunction& function);
    void forget(std::uint64_t number);
    // Called by the reader of replies; only queues.
    void run(const CallbackCall& call);
    // Functions the host has still to ask for, or that still run.
    std::uint32_t outstanding() const { return outstanding_.load(std::memory_order_relaxed); }
    // Of `sealed_bytes`, how many were sealed behind the oldest function that is outstanding.
    std::uint64_t bytes_behind(std::uint64_t sealed_bytes);

private:
    enum class Next { nothing, stranger, function };

    static void* thread_main(void* self);
    Next take(CallbackCall& call, HostFunction& function);
    void loop();
    bool start_thread();

    Connection& connection_;
    std::uint64_t done_ = 0;  // of the functions the host has asked for; the thread's own
    Mutex mutex_;
    std::map<std::uint64_t, HostFunction> known_;  // by age
    std::deque<CallbackCall> queue_;
    std::uint64_t next_number_ = 1;
    bool started_ = false;
    std::atomic<std::uint32_t> work_{0};
    std::atomic<std::uint32_t> outstanding_{0};
};

}  // namespace guest
