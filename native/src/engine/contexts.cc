// Current context, per-thread streams, primary contexts. See contexts.h.
#include "engine/contexts.h"

#include <algorithm>

#include "engine/limits.h"

namespace engine {
namespace {

constexpr unsigned kStreamOrdinary =
    0;  // CU_STREAM_DEFAULT: ordered against the legacy stream, as CUDA has it

}  // namespace

abi::CUresult Contexts::change(std::uint16_t index) {
    const wire::Handle context = index == 0 ? wire::Handle{} : handles_.at(wire::HandleKind::context, index);
    if (index == 0 || context.value != 0) return use(context);
    const auto refused = refused_.find(index);
    return refused != refused_.end() ? refused->second : abi::CUDA_ERROR_CONTEXT_IS_DESTROYED;
}

abi::CUresult Contexts::use(wire::Handle context) {
    if (known_ && current_ == context) return abi::CUDA_SUCCESS;
    auto* object = static_cast<abi::CUcontext>(handles_.find(wire::HandleKind::context, context));
    // What still waits in a context that is gone must not ask the driver about objects of it.
    if (object == nullptr && context.value != 0) return abi::CUDA_ERROR_CONTEXT_IS_DESTROYED;
    known_ = false;
    const abi::CUresult result = driver_.cuCtxSetCurrent(object);
    if (result != abi::CUDA_SUCCESS) return result;
    known_ = true;
    current_ = context;
    current_object_ = object;
    return result;
}

abi::CUresult Contexts::use(abi::CUcontext object) {
    if (known_ && current_object_ == object) return abi::CUDA_SUCCESS;
    known_ = false;
    return driver_.cuCtxSetCurrent(object);
}

abi::CUresult Contexts::thread_stream(std::uint16_t thread, abi::CUstream& stream) {
    for (const ThreadStream& known : thread_streams_) {
        if (known.thread != thread || known.context != current_) continue;
        stream = known.stream;
        return abi::CUDA_SUCCESS;
    }
    if (thread_streams_.size() >= kMaxThreadStreams) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    const abi::CUresult result = driver_.cuStreamCreateWithPriority(&stream, kStreamOrdinary, 0);
    if (result == abi::CUDA_SUCCESS) thread_streams_.push_back(ThreadStream{current_, thread, stream});
    return result;
}

void Contexts::thread_exit(std::uint16_t thread) {
    std::erase_if(thread_streams_, [this, thread](const ThreadStream& known) {
        if (known.thread != thread) return false;
        if (use(known.context) != abi::CUDA_SUCCESS) return true;
        keep_leftovers(known.stream);
        (void)driver_.cuStreamDestroy_v2(known.stream);
        return true;
    });
}

void Contexts::streams_of(wire::Handle context, std::vector<abi::CUstream>& streams) const {
    streams.push_back(nullptr);
    handles_.for_each_child(context, [&streams](wire::Handle child, void* object) {
        if (child.kind() == wire::HandleKind::stream) streams.push_back(static_cast<abi::CUstream>(object));
    });
    for (const ThreadStream& known : thread_streams_) {
        if (known.context == context) streams.push_back(known.stream);
    }
}

void Contexts::keep_leftovers(abi::CUstream stream) {
    // Without this a context would look quiet while work (or a host function) of a destroyed stream goes on
    // in it, and the engine thread would block in a synchronise that it believes to return at once.
    abi::CUevent event = nullptr;
    const unsigned flags = abi::CU_EVENT_BLOCKING_SYNC | abi::CU_EVENT_DISABLE_TIMING;
    if (driver_.cuStreamQuery(stream) != abi::CUDA_ERROR_NOT_READY) return;
    if (driver_.cuEventCreate(&event, flags) != abi::CUDA_SUCCESS) return;
    if (driver_.cuEventRecord(event, stream) == abi::CUDA_SUCCESS) leftovers_.push_back({current_, event});
}

bool Contexts::leftovers_running(wire::Handle context) {
    bool running = false;
    std::erase_if(leftovers_, [&](const Leftover& leftover) {
        if (leftover.context != context) return false;
        if (driver_.cuEventQuery(leftover.event) == abi::CUDA_ERROR_NOT_READY) {
            running = true;
            return false;
        }
        (void)driver_.cuEventDestroy_v2(leftover.event);
        return true;
    });
    return running;
}

void Contexts::forget_streams(wire::Handle context) {
    std::erase_if(leftovers_, [context](const Leftover& leftover) { return leftover.context == context; });
    std::erase_if(thread_streams_, [context](const ThreadStream& known) { return known.context == context; });
    if (current_ == context) known_ = false;
}

abi::CUresult Contexts::retain(int device, std::uint32_t flags, abi::CUcontext& object) const {
    if (flags != 0 && driver_.cuDevicePrimaryCtxSetFlags_v2 != nullptr) {
        (void)driver_.cuDevicePrimaryCtxSetFlags_v2(device, flags);
    }
    return driver_.cuDevicePrimaryCtxRetain(&object, device);
}

abi::CUresult Contexts::retained(wire::Handle context, int device, abi::CUcontext object,
                                 abi::CUresult result) {
    Primary& primary = primaries_[device];
    const auto index = static_cast<std::uint16_t>(context.index());
    refused_.erase(index);
    if (result != abi::CUDA_SUCCESS) {
        if (index <= kMaxContexts) refused_[index] = result;
        return result;
    }
    // The guest keeps one name for a device's primary context as long as it is held; another one is a lie.
    const bool named = primary.retained != 0
                           ? primary.context == context
                           : handles_.bind(wire::HandleKind::context, context, object, {}) == Bound::ok;
    if (!named) return abi::CUDA_ERROR_INVALID_HANDLE;
    primary.context = context;
    ++primary.retained;
    return abi::CUDA_SUCCESS;
}

abi::CUresult Contexts::release(int device) {
    const auto found = primaries_.find(device);
    if (found == primaries_.end() || found->second.retained == 0) return abi::CUDA_ERROR_INVALID_CONTEXT;
    if (driver_.cuDevicePrimaryCtxRelease_v2 == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    const abi::CUresult result = driver_.cuDevicePrimaryCtxRelease_v2(device);
    if (result == abi::CUDA_SUCCESS) --found->second.retained;
    return result;
}

std::uint32_t Contexts::times_retained(int device) const {
    const auto found = primaries_.find(device);
    return found != primaries_.end() ? found->second.retained : 0;
}

abi::CUresult Contexts::reset(int device, std::uint32_t held) const {
    if (driver_.cuDevicePrimaryCtxReset_v2 == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    const abi::CUresult result = driver_.cuDevicePrimaryCtxReset_v2(device);
    if (result != abi::CUDA_SUCCESS || driver_.cuDevicePrimaryCtxRelease_v2 == nullptr) return result;
    // The guest retains it anew before its next use; what it held before is given back, as far as the driver
    // still counts it.
    for (; held != 0; --held) (void)driver_.cuDevicePrimaryCtxRelease_v2(device);
    return result;
}

wire::Handle Contexts::forget_primary(int device) {
    const wire::Handle emptied = primary(device);
    const auto found = primaries_.find(device);
    if (found != primaries_.end()) found->second.retained = 0;
    return emptied;
}

wire::Handle Contexts::primary(int device) const {
    const auto found = primaries_.find(device);
    return found != primaries_.end() && found->second.retained != 0 ? found->second.context : wire::Handle{};
}

}  // namespace engine
