// See callbacks.h.
#include "callbacks.h"

#include "session.h"
#include "stub_runtime.h"
#include "wire/codec.h"
#include "wire/limits.h"

namespace guest {

std::uint64_t Callbacks::add(const HostFunction& function) {
    Guard guard(mutex_);
    if (known_.size() >= wire::limits::kPendingCallbacks || !start_thread()) return 0;
    const std::uint64_t number = next_number_++;
    known_.emplace(number, function);
    outstanding_.fetch_add(1, std::memory_order_relaxed);
    return number;
}

void Callbacks::forget(std::uint64_t number) {
    Guard guard(mutex_);
    if (known_.erase(number) != 0) outstanding_.fetch_sub(1, std::memory_order_relaxed);
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
    while (session_.lost() == abi::CUDA_SUCCESS) {
        const std::uint32_t seen = work_.load(std::memory_order_acquire);
        CallbackCall call{};
        HostFunction function;
        const Next next = take(call, function);
        if (next == Next::nothing) futex_wait(work_, seen);
        // A number nobody knows is dropped: the host invented it.
        if (next != Next::function) continue;
        if (thread != nullptr) thread->in_callback = true;
        if (function.callback != nullptr) function.callback(function.stream, call.status, function.argument);
        if (function.function != nullptr) function.function(function.argument);
        if (thread != nullptr) thread->in_callback = false;
        forget(call.number);
        send_free(session_, wire::session_callback_done_Request{.callback = call.ticket});
        session_.seal();
    }
}

}  // namespace guest
