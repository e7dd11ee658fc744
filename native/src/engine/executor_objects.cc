// The executor's side of handles and device memory: what a handle means in a record, and what goes with what.
// Part of executor.h's class; split from the loop for size.
#include <string>

#include "cudart/errors.h"
#include "engine/executor.h"
#include "engine/limits.h"

namespace engine {

abi::CUresult Executor::find_stream(wire::Handle handle, const wire::RecordHeader& record, void*& object) {
    if (handle.value == wire::kStreamPerThread) {
        abi::CUstream stream = nullptr;
        const abi::CUresult result = contexts_.thread_stream(record.thread, stream);
        object = stream;
        return result;
    }
    // Null is the legacy default stream to a driver called without the per-thread twins, as ours is.
    object = nullptr;
    if (handle.value == wire::kStreamDefault || handle.value == wire::kStreamLegacy) return abi::CUDA_SUCCESS;
    object = handles_.find(wire::HandleKind::stream, handle);
    return object != nullptr ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_HANDLE;
}

abi::CUresult Executor::find_object(wire::HandleKind kind, wire::Handle handle,
                                    const wire::RecordHeader& record, void*& object) {
    if (kind == wire::HandleKind::stream) return find_stream(handle, record, object);
    object = handles_.find(kind, handle);
    if (object != nullptr) return abi::CUDA_SUCCESS;
    if (kind == wire::HandleKind::context) return abi::CUDA_ERROR_INVALID_CONTEXT;
    if (kind == wire::HandleKind::function && handle.kind() == wire::HandleKind::kernel) {
        // CUDA takes a CUkernel for a CUfunction in some calls and not in others; its function serves in all.
        auto* kernel = static_cast<abi::CUkernel>(handles_.find(wire::HandleKind::kernel, handle));
        if (kernel == nullptr || driver_.cuKernelGetFunction == nullptr)
            return abi::CUDA_ERROR_INVALID_HANDLE;
        abi::CUfunction function = nullptr;
        const abi::CUresult result = driver_.cuKernelGetFunction(&function, kernel);
        object = function;
        return result;
    }
    if (kind == wire::HandleKind::module) return modules_.module_of_library(*this, handle, object);
    return abi::CUDA_ERROR_INVALID_HANDLE;
}

abi::CUresult Executor::bind(wire::HandleKind kind, wire::Handle handle, void* object) {
    const bool free_standing = kind == wire::HandleKind::context || kind == wire::HandleKind::library;
    return bind_under(free_standing ? wire::Handle{} : contexts_.current_handle(), kind, handle, object);
}

abi::CUresult Executor::bind_under(wire::Handle parent, wire::HandleKind kind, wire::Handle handle,
                                   void* object) {
    switch (handles_.bind(kind, handle, object, parent)) {
        case Bound::ok:
            return abi::CUDA_SUCCESS;
        case Bound::taken:
            violate("handle " + std::to_string(handle.value) + " names two objects");
            break;
        case Bound::malformed:
            violate("handle " + std::to_string(handle.value) + " cannot be a name");
            break;
    }
    return abi::CUDA_ERROR_INVALID_HANDLE;
}

abi::CUresult Executor::take(wire::HandleKind kind, wire::Handle handle, void** object) {
    *object = handles_.find(kind, handle);
    if (*object == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
    if (kind == wire::HandleKind::stream) {
        landing_.forget_stream(static_cast<abi::CUstream>(*object));
        if (contexts_.use(handles_.parent_of(handle)) == abi::CUDA_SUCCESS) {
            contexts_.keep_leftovers(static_cast<abi::CUstream>(*object));
        }
    }
    handles_.forget(handle, [](wire::Handle, void*) {});
    return abi::CUDA_SUCCESS;
}

void Executor::forget_context(wire::Handle context) {
    auto* object = static_cast<abi::CUcontext>(handles_.find(wire::HandleKind::context, context));
    landing_.forget_context(object);
    frees_.forget_context(*this, context);
    pins_.forget_context(context);
    images_.forget_context(context);
    contexts_.forget_streams(context);
    handles_.forget(context, [](wire::Handle, void*) {});
    std::erase_if(allocations_, [this, context](const auto& entry) {
        if (entry.second.context != context) return false;
        meters_[Meter::device_bytes] -= entry.second.size;
        return true;
    });
}

bool Executor::is_allocation(std::uint64_t address) const {
    const auto found = allocations_.find(address);
    return found != allocations_.end() && !found->second.lent;
}

bool Executor::is_loan(std::uint64_t address) const {
    const auto found = allocations_.find(address);
    return found != allocations_.end() && found->second.lent;
}

abi::CUresult Executor::free_later(const Freed& freed) {
    if (!frees_.add(*this, freed)) violate("more frees than allocations wait");
    return kPending;
}

void Executor::end_allocation(std::uint64_t address) {
    const abi::CUresult result = driver_.cuMemFree_v2(address);
    if (result == abi::CUDA_SUCCESS) return note_free(address);
    if (abi::is_sticky(result)) sticky_ = result;
    if (deferred_ == abi::CUDA_SUCCESS) deferred_ = result;
}

void Executor::end_array(std::uint64_t object, bool is_mipmap) {
    // SAFETY: the driver's own pointer, which has been kept as a number.
    const auto pointer = static_cast<std::uintptr_t>(object);
    const abi::CUresult result =
        is_mipmap ? driver_.cuMipmappedArrayDestroy(reinterpret_cast<abi::CUmipmappedArray>(pointer))
                  : driver_.cuArrayDestroy(reinterpret_cast<abi::CUarray>(pointer));
    if (result == abi::CUDA_SUCCESS) return images_.note_end(object);
    if (abi::is_sticky(result)) sticky_ = result;
    if (deferred_ == abi::CUDA_SUCCESS) deferred_ = result;
}

void Executor::note_loan(std::uint64_t address, std::uint64_t size) {
    note_allocation(address, size);
    allocations_.at(address).lent = true;
}

bool Executor::may_allocate() const { return allocations_.size() < kMaxAllocations; }

void Executor::note_allocation(std::uint64_t address, std::uint64_t size) {
    const Allocation allocation{size, contexts_.current_handle(), false};
    const auto [entry, is_new] = allocations_.emplace(address, allocation);
    if (is_new) meters_[Meter::device_bytes] += entry->second.size;
}

void Executor::note_free(std::uint64_t address) {
    const auto found = allocations_.find(address);
    if (found == allocations_.end()) return;
    meters_[Meter::device_bytes] -= found->second.size;
    allocations_.erase(found);
}

}  // namespace engine
