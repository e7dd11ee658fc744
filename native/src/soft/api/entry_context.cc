// Exported: contexts, which one is current, their limits and flags, peer access.
#include <algorithm>

#include "soft/api/entry.h"
#include "soft/api/graph_backend.h"

using namespace soft;
using namespace soft::driver;

namespace {

constexpr unsigned kKnownFlags = abi::CU_CTX_FLAGS_MASK;

CUresult check_flags(unsigned flags) {
    const unsigned policy = flags & abi::CU_CTX_SCHED_MASK;
    const bool one_policy = (policy & (policy - 1)) == 0;
    return (flags & ~kKnownFlags) == 0 && one_policy ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
}

// A context given by handle, null meaning the current one.
CUresult find_context(Device& device, abi::CUcontext handle, Context*& context) {
    if (handle == nullptr) return find_current(device, context);
    context = device.handles.find<Context>(handle);
    if (context == nullptr) return abi::CUDA_ERROR_INVALID_CONTEXT;
    return context->ended.load(std::memory_order_acquire) ? abi::CUDA_ERROR_CONTEXT_IS_DESTROYED
                                                          : abi::CUDA_SUCCESS;
}

std::atomic<std::uint64_t>* limit_of(Context& context, abi::CUlimit limit) {
    switch (limit) {
        case abi::CU_LIMIT_STACK_SIZE:
            return &context.stack_size;
        case abi::CU_LIMIT_PRINTF_FIFO_SIZE:
            return &context.print_size;
        case abi::CU_LIMIT_DEV_RUNTIME_SYNC_DEPTH:
            return &context.sync_depth;
        case abi::CU_LIMIT_DEV_RUNTIME_PENDING_LAUNCH_COUNT:
            return &context.pending_launches;
        case abi::CU_LIMIT_MAX_L2_FETCH_GRANULARITY:
            return &context.l2_granularity;
        case abi::CU_LIMIT_PERSISTING_L2_CACHE_SIZE:
            return &context.l2_persisting;
        default:
            return nullptr;
    }
}

// What is only a hint is clamped, as CUDA has it.
std::uint64_t largest(abi::CUlimit limit) {
    constexpr std::uint64_t kFetchGranularity = 128;
    if (limit == abi::CU_LIMIT_PERSISTING_L2_CACHE_SIZE) return kL2CachePersisting;
    return limit == abi::CU_LIMIT_MAX_L2_FETCH_GRANULARITY ? kFetchGranularity : ~std::uint64_t{0};
}

}  // namespace

SOFT_EXPORT CUresult cuCtxCreate_v2(abi::CUcontext* pctx, unsigned int flags, abi::CUdevice dev) {
    return enter([&](Device& device) {
        if (pctx == nullptr || check_flags(flags) != abi::CUDA_SUCCESS) return abi::CUDA_ERROR_INVALID_VALUE;
        if (!device.has(dev)) return abi::CUDA_ERROR_INVALID_DEVICE;
        const Context* context = device.create_context(flags, dev);
        if (context == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
        *pctx = as_handle<abi::CUcontext>(context->handle);
        this_thread().stack.push_back(*pctx);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuCtxCreate(abi::CUcontext* pctx, unsigned int flags, abi::CUdevice dev) {
    return cuCtxCreate_v2(pctx, flags, dev);
}

SOFT_EXPORT CUresult cuCtxCreate_v3(abi::CUcontext* pctx, abi::CUexecAffinityParam*, int count,
                                    unsigned int flags, abi::CUdevice dev) {
    if (count != 0) return abi::CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY;
    return cuCtxCreate_v2(pctx, flags, dev);
}

SOFT_EXPORT CUresult cuCtxCreate_v4(abi::CUcontext* pctx, abi::CUctxCreateParams* params, unsigned int flags,
                                    abi::CUdevice dev) {
    if (params != nullptr && params->numExecAffinityParams != 0)
        return abi::CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY;
    if (params != nullptr && params->cigParams != nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    return cuCtxCreate_v2(pctx, flags, dev);
}

SOFT_EXPORT CUresult cuCtxDestroy_v2(abi::CUcontext ctx) {
    return enter([&](Device& device) {
        Context* context = ctx == nullptr ? nullptr : device.handles.find<Context>(ctx);
        if (context == nullptr) return abi::CUDA_ERROR_INVALID_CONTEXT;
        if (context->ended.load(std::memory_order_acquire)) return abi::CUDA_ERROR_CONTEXT_IS_DESTROYED;
        auto& stack = this_thread().stack;
        const CUresult result = device.destroy_context(*context);
        if (result == abi::CUDA_SUCCESS && !stack.empty() && stack.back() == ctx) stack.pop_back();
        return result;
    });
}

SOFT_EXPORT CUresult cuCtxDestroy(abi::CUcontext ctx) { return cuCtxDestroy_v2(ctx); }

SOFT_EXPORT CUresult cuCtxGetCurrent(abi::CUcontext* pctx) {
    return enter([&](Device&) {
        if (pctx == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        const auto& stack = this_thread().stack;
        *pctx = stack.empty() ? nullptr : stack.back();
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuCtxSetCurrent(abi::CUcontext ctx) {
    return enter([&](Device& device) {
        auto& stack = this_thread().stack;
        if (ctx == nullptr) {
            if (!stack.empty()) stack.pop_back();
            return abi::CUDA_SUCCESS;
        }
        Context* context = nullptr;
        if (!device.is_primary_handle(address_of(ctx)) &&
            find_context(device, ctx, context) != abi::CUDA_SUCCESS)
            return abi::CUDA_ERROR_INVALID_CONTEXT;
        if (stack.empty()) stack.push_back(nullptr);
        stack.back() = ctx;
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuCtxPushCurrent_v2(abi::CUcontext ctx) {
    return enter([&](Device& device) {
        Context* context = nullptr;
        if (ctx == nullptr || find_context(device, ctx, context) != abi::CUDA_SUCCESS) {
            return abi::CUDA_ERROR_INVALID_CONTEXT;
        }
        this_thread().stack.push_back(ctx);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuCtxPopCurrent_v2(abi::CUcontext* pctx) {
    return enter([&](Device&) {
        auto& stack = this_thread().stack;
        if (stack.empty()) return abi::CUDA_ERROR_INVALID_CONTEXT;
        if (pctx != nullptr) *pctx = stack.back();
        stack.pop_back();
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuCtxPushCurrent(abi::CUcontext ctx) { return cuCtxPushCurrent_v2(ctx); }
SOFT_EXPORT CUresult cuCtxPopCurrent(abi::CUcontext* pctx) { return cuCtxPopCurrent_v2(pctx); }

SOFT_EXPORT CUresult cuCtxGetDevice_v2(abi::CUdevice* dev, abi::CUcontext ctx) {
    return enter([&](Device& device) {
        Context* context = nullptr;
        if (const CUresult found = find_context(device, ctx, context); found != abi::CUDA_SUCCESS)
            return found;
        if (dev == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        *dev = context->ordinal;
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuCtxGetDevice(abi::CUdevice* dev) { return cuCtxGetDevice_v2(dev, nullptr); }

SOFT_EXPORT CUresult cuCtxGetFlags(unsigned int* flags) {
    return enter_context([&](Device&, const Context& context) {
        if (flags == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        *flags = context.flags.load(std::memory_order_relaxed);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuCtxSetFlags(unsigned int flags) {
    return enter_context([&](Device& device, Context& context) {
        if (check_flags(flags) != abi::CUDA_SUCCESS) return abi::CUDA_ERROR_INVALID_VALUE;
        context.flags.store(flags, std::memory_order_relaxed);
        return context.primary ? device.set_primary_flags(context.ordinal, flags) : abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuCtxGetId(abi::CUcontext ctx, unsigned long long* id) {
    return enter([&](Device& device) {
        Context* context = nullptr;
        if (const CUresult found = find_context(device, ctx, context); found != abi::CUDA_SUCCESS)
            return found;
        if (id == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        *id = context->number;
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuCtxGetApiVersion(abi::CUcontext ctx, unsigned int* version) {
    return enter([&](Device& device) {
        Context* context = nullptr;
        if (const CUresult found = find_context(device, ctx, context); found != abi::CUDA_SUCCESS)
            return found;
        if (version == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        *version = 3020;  // the ABI of contexts made since CUDA 3.2, as drivers answer to this day
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuCtxSetLimit(abi::CUlimit limit, std::size_t value) {
    return enter_context([&](Device&, Context& context) {
        if (limit < 0 || limit >= abi::CU_LIMIT_MAX) return abi::CUDA_ERROR_INVALID_VALUE;
        if (limit == abi::CU_LIMIT_MALLOC_HEAP_SIZE) {
            return context.heap.resize(value) ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
        }
        std::atomic<std::uint64_t>* kept = limit_of(context, limit);
        if (kept == nullptr) return abi::CUDA_ERROR_UNSUPPORTED_LIMIT;
        kept->store(std::min<std::uint64_t>(value, largest(limit)), std::memory_order_relaxed);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuCtxGetLimit(std::size_t* value, abi::CUlimit limit) {
    return enter_context([&](Device&, Context& context) {
        if (value == nullptr || limit < 0 || limit >= abi::CU_LIMIT_MAX) return abi::CUDA_ERROR_INVALID_VALUE;
        if (limit == abi::CU_LIMIT_MALLOC_HEAP_SIZE) {
            *value = context.heap.size();
            return abi::CUDA_SUCCESS;
        }
        const std::atomic<std::uint64_t>* kept = limit_of(context, limit);
        if (kept == nullptr) return abi::CUDA_ERROR_UNSUPPORTED_LIMIT;
        *value = kept->load(std::memory_order_relaxed);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuCtxGetCacheConfig(abi::CUfunc_cache* config) {
    return enter_context([&](Device&, const Context& context) {
        if (config == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        *config = static_cast<abi::CUfunc_cache>(context.cache_config.load(std::memory_order_relaxed));
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuCtxSetCacheConfig(abi::CUfunc_cache config) {
    return enter_context([&](Device&, Context& context) {
        if (config < 0 || config > abi::CU_FUNC_CACHE_PREFER_EQUAL) return abi::CUDA_ERROR_INVALID_VALUE;
        context.cache_config.store(config, std::memory_order_relaxed);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuCtxGetSharedMemConfig(abi::CUsharedconfig* config) {
    return enter_context([&](Device&, Context&) {
        if (config == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        *config = abi::CU_SHARED_MEM_CONFIG_FOUR_BYTE_BANK_SIZE;
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuCtxSetSharedMemConfig(abi::CUsharedconfig config) {
    return enter_context([&](Device&, Context&) {
        const bool known = config >= 0 && config <= abi::CU_SHARED_MEM_CONFIG_EIGHT_BYTE_BANK_SIZE;
        return known ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
    });
}

SOFT_EXPORT CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest) {
    return enter_context([&](Device&, Context&) {
        if (least != nullptr) *least = 0;
        if (greatest != nullptr) *greatest = -5;
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuCtxSynchronize() { return cuCtxSynchronize_v2(nullptr); }

SOFT_EXPORT CUresult cuCtxSynchronize_v2(abi::CUcontext ctx) {
    return enter([&](Device& device) {
        if (in_host_function()) return abi::CUDA_ERROR_NOT_PERMITTED;
        Context* context = nullptr;
        if (const CUresult found = find_context(device, ctx, context); found != abi::CUDA_SUCCESS)
            return found;
        if (const auto forbidden = graphs::captures().ask_context(context->handle)) return *forbidden;
        context->synchronize();
        return context->error();
    });
}

SOFT_EXPORT CUresult cuCtxResetPersistingL2Cache() {
    return enter_context([](Device&, Context&) { return abi::CUDA_SUCCESS; });
}

// What belongs to a context of another device is open to kernels here: all of that device's memory, as the
// contexts of one process share it.
SOFT_EXPORT CUresult cuCtxEnablePeerAccess(abi::CUcontext peer, unsigned int flags) {
    return enter_context([&](Device& device, Context& own) {
        if (flags != 0) return abi::CUDA_ERROR_INVALID_VALUE;
        Context* context = nullptr;
        if (peer == nullptr || find_context(device, peer, context) != abi::CUDA_SUCCESS)
            return abi::CUDA_ERROR_INVALID_CONTEXT;
        if (context->ordinal == own.ordinal) return abi::CUDA_ERROR_PEER_ACCESS_UNSUPPORTED;
        const std::uint32_t bit = 1U << context->ordinal;
        return (own.peers.fetch_or(bit) & bit) != 0 ? abi::CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED
                                                    : abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuCtxDisablePeerAccess(abi::CUcontext peer) {
    return enter_context([&](Device& device, Context& own) {
        Context* context = nullptr;
        if (peer == nullptr || find_context(device, peer, context) != abi::CUDA_SUCCESS)
            return abi::CUDA_ERROR_INVALID_CONTEXT;
        own.synchronize();
        const std::uint32_t bit = 1U << context->ordinal;
        return (own.peers.fetch_and(~bit) & bit) != 0 ? abi::CUDA_SUCCESS
                                                      : abi::CUDA_ERROR_PEER_ACCESS_NOT_ENABLED;
    });
}

// Use counts of contexts were given up in CUDA 4; what is left answers for the current context.
SOFT_EXPORT CUresult cuCtxAttach(abi::CUcontext* pctx, unsigned int flags) {
    if (flags != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    return cuCtxGetCurrent(pctx);
}

SOFT_EXPORT CUresult cuCtxDetach(abi::CUcontext ctx) {
    return enter([&](Device& device) {
        Context* context = nullptr;
        return ctx == nullptr ? abi::CUDA_ERROR_INVALID_CONTEXT : find_context(device, ctx, context);
    });
}
