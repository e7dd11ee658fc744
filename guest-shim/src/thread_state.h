// What the shim keeps for each thread of the program: its number on the wire, its stack of current contexts,
// the buffer its replies land in. Made at the thread's first call, ended by the thread's exit.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "byte_buffer.h"
#include "cudart/abi.h"
#include "objects.h"
#include "wire/call_id.h"

namespace guest {

struct ThreadState {
    std::uint16_t number = 0;  // 1..
    bool in_callback = false;  // runs a host function: may not call the API
    bool spoke = false;        // a record carried its number
    abi::CUstreamCaptureMode capture_mode = abi::CU_STREAM_CAPTURE_MODE_GLOBAL;
    std::vector<Context*> contexts;  // the last is current
    ByteBuffer reply;                // outputs of its last call
    std::uint16_t call = 0;          // place (wire::call_index) of the call it is in, or was in last
    std::atomic<std::uint64_t> calls[wire::kCallCount] = {};
    ThreadState* next = nullptr;
    ThreadState* previous = nullptr;

    Context* current() const { return contexts.empty() ? nullptr : contexts.back(); }
    void count_call(std::size_t index) {
        call = static_cast<std::uint16_t>(index);
        calls[index].store(calls[index].load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
};

// SAFETY: initial-exec costs eight bytes of the static TLS that libc keeps for late libraries, and no call
// per access.
extern thread_local constinit ThreadState* current_thread __attribute__((tls_model("initial-exec")));

// Makes the calling thread's state; null when memory or numbers are out.
ThreadState* make_thread_state();

inline ThreadState* thread_state() {
    ThreadState* state = current_thread;
    return state != nullptr ? state : make_thread_state();
}

// Calls of all threads so far, ended ones included, by place.
using CallCounts = std::array<std::uint64_t, wire::kCallCount>;
CallCounts count_calls();
// In a forked child that may start anew: forgets every thread but the calling one, and its contexts.
void forget_threads_after_fork();

}  // namespace guest
