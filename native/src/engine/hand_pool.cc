// Pools of stream-ordered memory by hand: records whose outputs are the driver's structures, and allocations,
// which the session counts. Called by generated dispatch.
#include "engine/executor.h"
#include "host/hand.h"

namespace engine::hand {
namespace {

abi::CUresult find_pool(Executor& executor, wire::Handle handle, const wire::RecordHeader& header,
                        abi::CUmemoryPool& pool) {
    return executor.resolve(wire::HandleKind::pool, handle, header, pool);
}

bool is_flag(std::int32_t attribute) {
    return attribute <= abi::CU_MEMPOOL_ATTR_REUSE_ALLOW_INTERNAL_DEPENDENCIES;
}

}  // namespace

abi::CUresult cuMemAllocFromPoolAsync(Executor& executor, const wire::RecordHeader& header,
                                      const wire::cuMemAllocFromPoolAsync_Request& request, ReplySink& sink) {
    const device::DriverTable& driver = executor.driver();
    if (driver.cuMemAllocFromPoolAsync == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    if (!executor.may_allocate()) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    abi::CUmemoryPool pool = nullptr;
    abi::CUstream stream = nullptr;
    abi::CUresult result = find_pool(executor, request.pool, header, pool);
    if (result == abi::CUDA_SUCCESS)
        result = executor.resolve(wire::HandleKind::stream, request.stream, header, stream);
    if (result != abi::CUDA_SUCCESS) return result;
    abi::CUdeviceptr address = 0;
    result = driver.cuMemAllocFromPoolAsync(&address, request.size, pool, stream);
    if (result != abi::CUDA_SUCCESS) return result;
    executor.note_allocation(address, request.size);
    sink.outputs(wire::cuMemAllocFromPoolAsync_Reply{.address = address});
    return result;
}

abi::CUresult cuMemFreeAsync(Executor& executor, const wire::RecordHeader& header,
                             const wire::cuMemFreeAsync_Request& request, ReplySink&) {
    if (executor.driver().cuMemFreeAsync == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    // Memory that was lent is the engine's to free.
    if (!executor.is_allocation(request.address)) return abi::CUDA_ERROR_INVALID_VALUE;
    abi::CUstream stream = nullptr;
    abi::CUresult result = executor.resolve(wire::HandleKind::stream, request.stream, header, stream);
    if (result == abi::CUDA_SUCCESS) result = executor.driver().cuMemFreeAsync(request.address, stream);
    if (result == abi::CUDA_SUCCESS) executor.note_free(request.address);
    return result;
}

abi::CUresult cuMemPoolCreate(Executor& executor, const wire::RecordHeader&,
                              const wire::cuMemPoolCreate_Request& request, ReplySink&) {
    if (executor.driver().cuMemPoolCreate == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    abi::CUmemPoolProps props{};
    props.allocType = abi::CU_MEM_ALLOCATION_TYPE_PINNED;
    props.location = {abi::CU_MEM_LOCATION_TYPE_DEVICE, executor.device(request.device)};
    props.maxSize = request.max_size;
    props.usage = static_cast<unsigned short>(request.usage);
    abi::CUmemoryPool pool = nullptr;
    const abi::CUresult result = executor.driver().cuMemPoolCreate(&pool, &props);
    if (result != abi::CUDA_SUCCESS) return result;
    return executor.bind_under(wire::Handle{}, wire::HandleKind::pool, request.pool, pool);
}

abi::CUresult cuMemPoolGetAttribute(Executor& executor, const wire::RecordHeader& header,
                                    const wire::cuMemPoolGetAttribute_Request& request, ReplySink& sink) {
    if (executor.driver().cuMemPoolGetAttribute == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    abi::CUmemoryPool pool = nullptr;
    abi::CUresult result = find_pool(executor, request.pool, header, pool);
    if (result != abi::CUDA_SUCCESS) return result;
    // Room for either: drivers write an int for a flag and a 64-bit number for the others.
    std::int32_t flag = 0;
    std::uint64_t number = 0;
    void* value = is_flag(request.attribute) ? static_cast<void*>(&flag) : &number;
    result = executor.driver().cuMemPoolGetAttribute(
        pool, static_cast<abi::CUmemPool_attribute>(request.attribute), value);
    if (result != abi::CUDA_SUCCESS) return result;
    wire::cuMemPoolGetAttribute_Reply reply;
    reply.value = is_flag(request.attribute) ? static_cast<std::uint64_t>(flag) : number;
    sink.outputs(reply);
    return result;
}

abi::CUresult cuMemPoolSetAttribute(Executor& executor, const wire::RecordHeader& header,
                                    const wire::cuMemPoolSetAttribute_Request& request, ReplySink&) {
    if (executor.driver().cuMemPoolSetAttribute == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    abi::CUmemoryPool pool = nullptr;
    const abi::CUresult result = find_pool(executor, request.pool, header, pool);
    if (result != abi::CUDA_SUCCESS) return result;
    auto flag = static_cast<std::int32_t>(request.value);
    std::uint64_t number = request.value;
    void* value = is_flag(request.attribute) ? static_cast<void*>(&flag) : &number;
    return executor.driver().cuMemPoolSetAttribute(
        pool, static_cast<abi::CUmemPool_attribute>(request.attribute), value);
}

abi::CUresult cuMemPoolSetAccess(Executor& executor, const wire::RecordHeader& header,
                                 const wire::cuMemPoolSetAccess_Request& request, ReplySink&) {
    if (executor.driver().cuMemPoolSetAccess == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    abi::CUmemoryPool pool = nullptr;
    const abi::CUresult result = find_pool(executor, request.pool, header, pool);
    if (result != abi::CUDA_SUCCESS) return result;
    const abi::CUmemAccessDesc entry{
        {abi::CU_MEM_LOCATION_TYPE_DEVICE, executor.device(request.device)},
        static_cast<abi::CUmemAccess_flags>(request.access)};
    return executor.driver().cuMemPoolSetAccess(pool, &entry, 1);
}

abi::CUresult cuMemPoolGetAccess(Executor& executor, const wire::RecordHeader& header,
                                 const wire::cuMemPoolGetAccess_Request& request, ReplySink& sink) {
    if (executor.driver().cuMemPoolGetAccess == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    abi::CUmemoryPool pool = nullptr;
    abi::CUresult result = find_pool(executor, request.pool, header, pool);
    if (result != abi::CUDA_SUCCESS) return result;
    abi::CUmemLocation location{abi::CU_MEM_LOCATION_TYPE_DEVICE, executor.device(request.device)};
    abi::CUmemAccess_flags flags{};
    result = executor.driver().cuMemPoolGetAccess(&flags, pool, &location);
    if (result == abi::CUDA_SUCCESS) sink.outputs(wire::cuMemPoolGetAccess_Reply{.access = flags});
    return result;
}

abi::CUresult cuDeviceGetDefaultMemPool(Executor& executor, const wire::RecordHeader&,
                                        const wire::cuDeviceGetDefaultMemPool_Request& request, ReplySink&) {
    if (executor.driver().cuDeviceGetDefaultMemPool == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    abi::CUmemoryPool pool = nullptr;
    const abi::CUresult result =
        executor.driver().cuDeviceGetDefaultMemPool(&pool, executor.device(request.device));
    if (result != abi::CUDA_SUCCESS) return result;
    return executor.bind_under(wire::Handle{}, wire::HandleKind::pool, request.pool, pool);
}

}  // namespace engine::hand
