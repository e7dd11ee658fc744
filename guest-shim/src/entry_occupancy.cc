// Chapter "Occupancy". Answered here where the rules are known (cudart/occupancy.h), which a program may ask
// thousands of times while it searches for a launch; elsewhere the host is asked.
#include <algorithm>

#include "cudart/occupancy.h"
#include "guest/hand.h"
#include "modules.h"
#include "stub_runtime.h"
#include "wire/pointer_unsafe.h"

namespace guest {
namespace {

// A question about a function on the current context's device.
struct Asked {
    const Function* function = nullptr;
    const DeviceFacts* device = nullptr;
    const Context* context = nullptr;

    int attribute(abi::CUfunction_attribute which) const {
        return function->facts->attributes[which].load(std::memory_order_relaxed);
    }
};

abi::CUresult ask(Session& session, abi::CUfunction handle, bool arguments_good, Asked& asked) {
    if (!arguments_good) return abi::CUDA_ERROR_INVALID_VALUE;
    asked.function = find_function(session, wire::to_handle(handle));
    if (asked.function == nullptr || asked.function->facts == nullptr)
        return abi::CUDA_ERROR_INVALID_HANDLE;
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    asked.context = context;
    asked.device = session.snapshot.device(context->device);
    return session.sticky();
}

// The rules are those of compute capability 8.0; a preference for the split of shared memory changes them.
bool is_known(const Asked& asked) {
    const DeviceFacts& device = *asked.device;
    return device.attribute(abi::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) == 8 &&
           device.attribute(abi::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR) == 0 &&
           asked.attribute(abi::CU_FUNC_ATTRIBUTE_NUM_REGS) > 0 &&
           asked.attribute(abi::CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT) ==
               abi::CU_SHAREDMEM_CARVEOUT_DEFAULT &&
           asked.context->cache_config == abi::CU_FUNC_CACHE_PREFER_NONE;
}

cudart::OccupancyDevice device_of(const Asked& asked) {
    const DeviceFacts& device = *asked.device;
    return {.threads = device.attribute(abi::CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR),
            .blocks = device.attribute(abi::CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR),
            .registers = device.attribute(abi::CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR),
            .shared = device.attribute(abi::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR),
            .reserved = device.attribute(abi::CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK),
            .opt_in_shared = device.attribute(abi::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)};
}

cudart::OccupancyKernel kernel_of(const Asked& asked) {
    const int shared = asked.attribute(abi::CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES);
    return {.max_threads = asked.attribute(abi::CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK),
            .registers = asked.attribute(abi::CU_FUNC_ATTRIBUTE_NUM_REGS),
            .static_shared = static_cast<std::size_t>(std::max(shared, 0))};
}

constexpr bool good_flags(unsigned flags) {
    return (flags & ~unsigned{abi::CU_OCCUPANCY_DISABLE_CACHING_OVERRIDE}) == 0;
}

abi::CUresult count_blocks(Session& session, const Asked& asked, int threads, std::size_t dynamic,
                           unsigned flags, int& blocks) {
    if (is_known(asked)) {
        blocks = cudart::resident_blocks(device_of(asked), kernel_of(asked), threads, dynamic);
        return abi::CUDA_SUCCESS;
    }
    wire::cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags_Reply reply;
    const abi::CUresult result =
        call(session,
             wire::cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags_Request{
                 .func = asked.function->handle,
                 .blockSize = threads,
                 .dynamicSMemSize = dynamic,
                 .flags = flags},
             reply);
    if (result == abi::CUDA_SUCCESS) blocks = reply.numBlocks;
    return result;
}

}  // namespace

namespace hand {

abi::CUresult cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(Session& session, int* numBlocks,
                                                                   abi::CUfunction func, int blockSize,
                                                                   std::size_t dynamicSMemSize,
                                                                   unsigned int flags) {
    Asked asked;
    const abi::CUresult good =
        ask(session, func, numBlocks != nullptr && blockSize > 0 && good_flags(flags), asked);
    if (good != abi::CUDA_SUCCESS) return good;
    return count_blocks(session, asked, blockSize, dynamicSMemSize, flags, *numBlocks);
}

abi::CUresult cuOccupancyMaxPotentialBlockSizeWithFlags(Session& session, int* minGridSize, int* blockSize,
                                                        abi::CUfunction func,
                                                        abi::CUoccupancyB2DSize blockSizeToDynamicSMemSize,
                                                        std::size_t dynamicSMemSize, int blockSizeLimit,
                                                        unsigned int flags) {
    Asked asked;
    const bool arguments_good =
        minGridSize != nullptr && blockSize != nullptr && blockSizeLimit >= 0 && good_flags(flags);
    const abi::CUresult good = ask(session, func, arguments_good, asked);
    if (good != abi::CUDA_SUCCESS) return good;
    const DeviceFacts& device = *asked.device;
    const int warp = std::max(device.attribute(abi::CU_DEVICE_ATTRIBUTE_WARP_SIZE), 1);
    int most = std::min(device.attribute(abi::CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK),
                        asked.attribute(abi::CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK));
    if (blockSizeLimit != 0) most = std::min(most, blockSizeLimit);
    int best_blocks = 0;
    int best_size = 0;
    // From the largest down, so that of equal occupancies the larger block wins, as the vendor's search has
    // it.
    for (int size = most; size > 0; size = (size - 1) / warp * warp) {
        if (blockSizeToDynamicSMemSize != nullptr) dynamicSMemSize = blockSizeToDynamicSMemSize(size);
        int blocks = 0;
        const abi::CUresult result = count_blocks(session, asked, size, dynamicSMemSize, flags, blocks);
        if (result != abi::CUDA_SUCCESS) return result;
        if (std::int64_t{blocks} * size > std::int64_t{best_blocks} * best_size) {
            best_blocks = blocks;
            best_size = size;
        }
        if (best_blocks * best_size >=
            device.attribute(abi::CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR))
            break;
    }
    *blockSize = best_size;
    *minGridSize = best_blocks * device.attribute(abi::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuOccupancyAvailableDynamicSMemPerBlock(Session& session, std::size_t* dynamicSmemSize,
                                                      abi::CUfunction func, int numBlocks, int blockSize) {
    Asked asked;
    const bool arguments_good = dynamicSmemSize != nullptr && numBlocks > 0 && blockSize > 0;
    const abi::CUresult good = ask(session, func, arguments_good, asked);
    if (good != abi::CUDA_SUCCESS) return good;
    if (is_known(asked)) {
        const bool fits = cudart::available_shared(device_of(asked), kernel_of(asked), numBlocks,
                                                   blockSize, *dynamicSmemSize);
        return fits ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
    }
    wire::cuOccupancyAvailableDynamicSMemPerBlock_Reply reply;
    const abi::CUresult result =
        call(session,
             wire::cuOccupancyAvailableDynamicSMemPerBlock_Request{
                 .func = asked.function->handle, .numBlocks = numBlocks, .blockSize = blockSize},
             reply);
    if (result == abi::CUDA_SUCCESS) *dynamicSmemSize = reply.size;
    return result;
}

}  // namespace hand
}  // namespace guest
