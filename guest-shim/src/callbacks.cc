// See callbacks.h.
#include "callbacks.h"

#include "connection.h"
#include "thread_state.h"
#include "wire/limits.h"

namespace guest {

std::uint64_t Callbacks::add(const HostFunction& function) {
    Guard guard(mutex_);
    if (known_.size() >= wire::limits::kPendingCallbacks || !start_thread()) return 0;
    const std::uint64_t number = next_number_++;
    const auto known = known_.emplace(number, function).first;
    known->second.sealed_bytes = connection_.sealed_bytes();
    outstanding_.fetch_add(1, std::memory_order_relaxed);
    return number;
}

void Callbacks::forget(std::uint64_t number) {
    Guard guard(mutex_);
    if (known_.erase(number) != 0) outstanding_.fetch_sub(1, std::memory_order_relaxed);
}

std::uint64_t Callbacks::bytes_behind(std::uint64_t sealed_bytes) {
    if (outstanding() == 0) return 0;
    Guard guard(mutex_);
    return known_.empty() ? 0 : sealed_bytes - known_.begin()->second.sealed_bytes;
}

bool Callbacks::start_thread() {
    if (!started_) started_ = guest::start_thread(thread_main, this, "ferry-callback");
    return started_;
}

void Callbacks::run(const CallbackCall& call) {
    {
        Guard guard(mutex_);
        queue_.push_back(call);
    }
    work_.fetch_add(1, std::memory_order_release);
    futex_wake(work_, 1);
}

void* Callbacks::thread_main(void* self) {
    static_cast<Callbacks*>(self)->loop();
    return nullptr;
}

Callbacks::Next Callbacks::take(CallbackCall& call, HostFunction& function) {
    Guard guard(mutex_);
    if (queue_.empty()) return Next::nothing;
    call = queue_.front();
    queue_.pop_front();
    const auto known = known_.find(call.number);
    if (known == known_.end()) return Next::stranger;
    function = known->second;
    return Next::function;
}

void Callbacks::loop() {
    ThreadState* thread = thread_state();
    while (connection_.lost() == abi::CUDA_SUCCESS) {
        const std::uint32_t seen = work_.load(std::memory_order_acquire);
        CallbackCall call{};
        HostFunction function;
        const Next next = take(call, function);
        if (next == Next::nothing) {
            futex_wait(work_, seen);
            continue;
        }
        if (thread != nullptr) thread->in_callback = true;
        if (function.callback != nullptr) function.callback(function.stream, call.status, function.argument);
        if (function.function != nullptr) function.function(function.argument);
        if (thread != nullptr) thread->in_callback = false;
        // A number nobody knows has been run by doing nothing: the host invented it.
        if (next == Next::function) forget(call.number);
        connection_.tell_callbacks_done(++done_);
    }
}

}  // namespace guest
