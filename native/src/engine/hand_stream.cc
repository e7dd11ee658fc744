// Streams, events and launches by hand: what waits becomes a watch, what runs in the guest a callback, and
// packed arguments go to the driver as they came. Called by generated dispatch.
#include <cstring>
#include <span>
#include <vector>

#include "engine/executor.h"
#include "host/hand.h"

namespace engine::hand {
namespace {

constexpr std::uint32_t kCooperative = 1;

// The driver takes a CUkernel wherever cuLaunchKernel wants a CUfunction.
abi::CUresult find_launchable(Executor& executor, wire::Handle handle, abi::CUfunction& function) {
    const bool is_kernel = handle.kind() == wire::HandleKind::kernel;
    const auto kind = is_kernel ? wire::HandleKind::kernel : wire::HandleKind::function;
    function = static_cast<abi::CUfunction>(executor.handles().find(kind, handle));
    return function != nullptr ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_HANDLE;
}

// A cooperative launch takes a pointer per argument, not a buffer: the layout says where each lies in it.
abi::CUresult launch_cooperative(Executor& executor, const wire::RecordHeader& header,
                                 const wire::cuLaunchKernel_Request& request, abi::CUstream stream) {
    const device::DriverTable& driver = executor.driver();
    if (driver.cuFuncGetParamInfo == nullptr || driver.cuLaunchCooperativeKernel == nullptr) {
        return abi::CUDA_ERROR_NOT_SUPPORTED;
    }
    abi::CUfunction function = nullptr;
    const abi::CUresult result = executor.resolve(wire::HandleKind::function, request.f, header, function);
    if (result != abi::CUDA_SUCCESS) return result;
    // Batches are not aligned in memory; arguments a driver is pointed at must be.
    std::vector<std::uint64_t> aligned((request.params.size() + sizeof(std::uint64_t) - 1) /
                                       sizeof(std::uint64_t));
    if (!aligned.empty()) std::memcpy(aligned.data(), request.params.data(), request.params.size());
    const auto packed = std::as_writable_bytes(std::span(aligned));
    std::vector<void*> arguments;
    std::size_t offset = 0;
    std::size_t size = 0;
    while (driver.cuFuncGetParamInfo(function, arguments.size(), &offset, &size) == abi::CUDA_SUCCESS) {
        const bool inside = offset <= request.params.size() && size <= request.params.size() - offset;
        if (!inside) return abi::CUDA_ERROR_INVALID_VALUE;
        arguments.push_back(packed.subspan(offset).data());
    }
    return driver.cuLaunchCooperativeKernel(function, request.gridDimX, request.gridDimY, request.gridDimZ,
                                            request.blockDimX, request.blockDimY, request.blockDimZ,
                                            request.sharedMemBytes, stream, arguments.data());
}

}  // namespace

abi::CUresult cuLaunchKernel(Executor& executor, const wire::RecordHeader& header,
                             const wire::cuLaunchKernel_Request& request, ReplySink&) {
    abi::CUstream stream = nullptr;
    abi::CUresult result = executor.resolve(wire::HandleKind::stream, request.hStream, header, stream);
    if (result != abi::CUDA_SUCCESS) return result;
    executor.note_launch();
    ++executor.meters()[Meter::launches];
    if ((request.flags & kCooperative) != 0) return launch_cooperative(executor, header, request, stream);
    abi::CUfunction function = nullptr;
    result = find_launchable(executor, request.f, function);
    if (result != abi::CUDA_SUCCESS) return result;
    std::size_t size = request.params.size();
    // SAFETY: the driver copies the buffer before it returns and writes to nothing here; keys are small
    // integers that CUDA has one cast to pointers.
    void* extra[] = {reinterpret_cast<void*>(abi::CU_LAUNCH_PARAM_BUFFER_POINTER_AS_INT),
                     const_cast<std::byte*>(request.params.data()),
                     reinterpret_cast<void*>(abi::CU_LAUNCH_PARAM_BUFFER_SIZE_AS_INT), &size, nullptr};
    return executor.driver().cuLaunchKernel(
        function, request.gridDimX, request.gridDimY, request.gridDimZ, request.blockDimX, request.blockDimY,
        request.blockDimZ, request.sharedMemBytes, stream, nullptr, size != 0 ? extra : nullptr);
}

abi::CUresult cuLaunchHostFunc(Executor& executor, const wire::RecordHeader& header,
                               const wire::cuLaunchHostFunc_Request& request, ReplySink&) {
    abi::CUstream stream = nullptr;
    const abi::CUresult result = executor.resolve(wire::HandleKind::stream, request.stream, header, stream);
    if (result != abi::CUDA_SUCCESS) return result;
    return executor.callbacks().launch(
        stream, {request.function, request.argument, request.stream.value, request.kind});
}

abi::CUresult cuStreamQuery(Executor& executor, const wire::RecordHeader& header,
                            const wire::cuStreamQuery_Request& request, ReplySink&) {
    abi::CUstream stream = nullptr;
    abi::CUresult result = executor.resolve(wire::HandleKind::stream, request.stream, header, stream);
    if (result != abi::CUDA_SUCCESS) return result;
    result = executor.driver().cuStreamQuery(stream);
    if (result == abi::CUDA_ERROR_NOT_READY) executor.fences().asked(request.stream, request.position);
    return result;
}

abi::CUresult cuEventRecordWithFlags(Executor& executor, const wire::RecordHeader& header,
                                     const wire::cuEventRecordWithFlags_Request& request, ReplySink&) {
    executor.fences().recorded(request.event);
    abi::CUevent event = nullptr;
    abi::CUresult result = executor.resolve(wire::HandleKind::event, request.event, header, event);
    if (result != abi::CUDA_SUCCESS) return result;
    abi::CUstream stream = nullptr;
    result = executor.resolve(wire::HandleKind::stream, request.stream, header, stream);
    if (result != abi::CUDA_SUCCESS) return result;
    const device::DriverTable& driver = executor.driver();
    if (request.flags == 0 || driver.cuEventRecordWithFlags == nullptr) {
        return request.flags == 0 ? driver.cuEventRecord(event, stream) : abi::CUDA_ERROR_NOT_SUPPORTED;
    }
    return driver.cuEventRecordWithFlags(event, stream, request.flags);
}

abi::CUresult cuEventQuery(Executor& executor, const wire::RecordHeader& header,
                           const wire::cuEventQuery_Request& request, ReplySink&) {
    abi::CUevent event = nullptr;
    abi::CUresult result = executor.resolve(wire::HandleKind::event, request.event, header, event);
    if (result != abi::CUDA_SUCCESS) return result;
    result = executor.driver().cuEventQuery(event);
    if (result == abi::CUDA_ERROR_NOT_READY) executor.fences().asked(request.event, 0);
    return result;
}

abi::CUresult cuStreamSynchronize(Executor& executor, const wire::RecordHeader& header,
                                  const wire::cuStreamSynchronize_Request& request, ReplySink&) {
    abi::CUstream stream = nullptr;
    const abi::CUresult result = executor.resolve(wire::HandleKind::stream, request.hStream, header, stream);
    if (result != abi::CUDA_SUCCESS) return result;
    return executor.wait(Awaited::Kind::stream, stream, header);
}

abi::CUresult cuEventSynchronize(Executor& executor, const wire::RecordHeader& header,
                                 const wire::cuEventSynchronize_Request& request, ReplySink&) {
    abi::CUevent event = nullptr;
    const abi::CUresult result = executor.resolve(wire::HandleKind::event, request.event, header, event);
    if (result != abi::CUDA_SUCCESS) return result;
    return executor.wait(Awaited::Kind::event, event, header);
}

}  // namespace engine::hand
