// What every exported function begins with: is the driver up, is there a current context, has it a fault. And
// what many need next: the stream or function behind a handle. Included by the entry_*.cc files only.
//
// The exported functions are declared by the generated soft/stubs.h, so a definition that differs from the
// specification does not compile.
#pragma once
#include <memory>
#include <new>

#include "soft/stubs.h"
#include "soft/api/device.h"
#include "soft/api/thread_state.h"

#define SOFT_EXPORT extern "C" FERRY_EXPORT

// A function with a per-thread-default-stream twin. `body` is an expression that may use `per_thread`.
#define SOFT_TWIN(name, twin, parameters, body)       \
    SOFT_EXPORT abi::CUresult name parameters {       \
        constexpr bool per_thread = false;            \
        return body;                                  \
    }                                                 \
    SOFT_EXPORT abi::CUresult name##twin parameters { \
        constexpr bool per_thread = true;             \
        return body;                                  \
    }

namespace soft::driver {

using abi::CUresult;

// CUDA_SUCCESS while the driver may be used by this thread.
inline CUresult readiness() {
    switch (Device::phase()) {
        case Phase::ready:
            return abi::CUDA_SUCCESS;
        case Phase::exiting:
            return abi::CUDA_ERROR_DEINITIALIZED;
        case Phase::unused:
        case Phase::forked:
            break;
    }
    return abi::CUDA_ERROR_NOT_INITIALIZED;
}

// Runs `body(Device&)`. Nothing leaves as an exception: callers are C.
template <class Body>
CUresult enter(Body&& body) noexcept {
    const CUresult ready = readiness();
    if (ready != abi::CUDA_SUCCESS) return ready;
    try {
        return body(Device::get());
    } catch (const std::bad_alloc&) {
        return abi::CUDA_ERROR_OUT_OF_MEMORY;
    } catch (...) {
        return abi::CUDA_ERROR_UNKNOWN;
    }
}

// The calling thread's current context: CUDA_ERROR_INVALID_CONTEXT without one,
// CUDA_ERROR_CONTEXT_IS_DESTROYED for one that has ended.
inline CUresult find_current(Device& device, Context*& context) {
    const ThreadState& thread = this_thread();
    if (thread.stack.empty() || thread.stack.back() == nullptr) return abi::CUDA_ERROR_INVALID_CONTEXT;
    context = device.handles.find<Context>(thread.stack.back());
    if (context == nullptr || context->ended.load(std::memory_order_acquire)) {
        return abi::CUDA_ERROR_CONTEXT_IS_DESTROYED;
    }
    return abi::CUDA_SUCCESS;
}

// Runs `body(Device&, Context&)` in the current context. A context that has had a fault answers that fault
// for ever; a host function may not call in at all.
template <class Body>
CUresult enter_context(Body&& body) noexcept {
    return enter([&](Device& device) {
        if (in_host_function()) return abi::CUDA_ERROR_NOT_PERMITTED;
        Context* context = nullptr;
        if (const CUresult found = find_current(device, context); found != abi::CUDA_SUCCESS) return found;
        if (const CUresult error = context->error(); error != abi::CUDA_SUCCESS) return error;
        return body(device, *context);
    });
}

// The stream a handle names, default streams included; null when it names none.
inline StreamRef find_stream(Device& device, Context& context, abi::CUstream handle, bool per_thread) {
    const std::uint64_t value = address_of(handle);
    if (value == 2 || (value == 0 && per_thread)) return context.thread_stream(this_thread().number);
    if (value <= 1) return context.group->legacy;
    Stream* stream = device.handles.find<Stream>(handle);
    return stream == nullptr ? nullptr : stream->shared_from_this();
}

// The function behind a CUfunction, or behind a CUkernel given in its place (loaded into `context` if need
// be). Null: neither; `error` says why when loading failed.
ModuleFunction* find_function(Device& device, Context& context, abi::CUfunction handle, CUresult& error);

// Submits and, when `wait`, waits; then answers the context's fault if there is one and prints what is due.
CUresult submit_work(Device& device, Context& context, const CommandRef& command, bool wait);

inline CommandRef make_command(CommandKind kind, const StreamRef& stream) {
    auto command = new_command();
    command->kind = kind;
    command->stream = stream;
    return command;
}

}  // namespace soft::driver
