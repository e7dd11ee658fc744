// See params.h.
#include "cudart/graphs/params.h"

#include <cstring>

#include "cudart/graphs/graph.h"
#include "cudart/graphs/objects.h"

namespace cudart::graphs {
namespace {

constexpr int kLongestExtra = 16;  // entries; a list that does not end is not followed for ever

abi::CUresult pack_buffer(const KernelCode& code, void** extra, std::vector<std::byte>& packed) {
    const void* buffer = nullptr;
    const std::size_t* size = nullptr;
    for (int index = 0; index < kLongestExtra; ++index, extra += 2) {
        const std::uint64_t key = to_number(*extra);
        if (key == abi::CU_LAUNCH_PARAM_END_AS_INT) break;
        if (key == abi::CU_LAUNCH_PARAM_BUFFER_POINTER_AS_INT) {
            buffer = extra[1];
        } else if (key == abi::CU_LAUNCH_PARAM_BUFFER_SIZE_AS_INT) {
            size = static_cast<const std::size_t*>(extra[1]);
        } else {
            return abi::CUDA_ERROR_INVALID_VALUE;
        }
    }
    // Padding behind the last argument may be missing.
    const std::size_t needed = code.arguments.empty()
                                   ? 0
                                   : code.arguments.back().offset + std::size_t{code.arguments.back().size};
    if (needed == 0) return abi::CUDA_SUCCESS;
    if (buffer == nullptr || size == nullptr || *size < needed) return abi::CUDA_ERROR_INVALID_VALUE;
    std::memcpy(packed.data(), buffer, needed);
    return abi::CUDA_SUCCESS;
}

}  // namespace

abi::CUresult pack(const KernelCode& code, void** pointers, void** extra, std::vector<std::byte>& packed) {
    if (pointers != nullptr && extra != nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    packed.assign(code.bytes, std::byte{0});
    if (extra != nullptr) return pack_buffer(code, extra, packed);
    if (code.arguments.empty()) return abi::CUDA_SUCCESS;
    if (pointers == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    for (const Argument& argument : code.arguments) {
        const void* value = *pointers++;
        if (value == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        std::memcpy(packed.data() + argument.offset, value, argument.size);
    }
    return abi::CUDA_SUCCESS;
}

abi::CUresult read_kernel(Backend& backend, const abi::CUDA_KERNEL_NODE_PARAMS_v3& params, Work& work) {
    KernelWork kernel;
    if (const auto* before = std::get_if<KernelWork>(&work)) kernel.attributes = before->attributes;
    kernel.params = params;
    kernel.params.kernelParams = nullptr;
    kernel.params.extra = nullptr;
    if (kernel.params.ctx == nullptr) kernel.params.ctx = backend.current_context();
    const abi::CUresult known = backend.describe(kernel.params, kernel.code);
    if (known != abi::CUDA_SUCCESS) return known;
    const abi::CUresult packed = pack(kernel.code, params.kernelParams, params.extra, kernel.packed);
    if (packed != abi::CUDA_SUCCESS) return packed;
    work = std::move(kernel);
    return abi::CUDA_SUCCESS;
}

abi::CUresult read_copy(Backend& backend, const abi::CUDA_MEMCPY3D& box, abi::CUcontext context,
                        Work& work) {
    const CopyWork copy{box, context == nullptr ? backend.current_context() : context};
    const abi::CUresult good = backend.check(copy);
    if (good == abi::CUDA_SUCCESS) work = copy;
    return good;
}

abi::CUresult read_fill(Backend& backend, const abi::CUDA_MEMSET_NODE_PARAMS_v2& params, Work& work) {
    FillWork fill{params};
    const unsigned size = params.elementSize;
    if (size != 1 && size != 2 && size != 4) return abi::CUDA_ERROR_INVALID_VALUE;
    if (fill.params.ctx == nullptr) fill.params.ctx = backend.current_context();
    const abi::CUresult good = backend.check(fill);
    if (good == abi::CUDA_SUCCESS) work = fill;
    return good;
}

abi::CUresult read_host(const abi::CUDA_HOST_NODE_PARAMS_v2& params, Work& work) {
    if (params.fn == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    work = HostWork{params};
    return abi::CUDA_SUCCESS;
}

abi::CUresult read_child(const Graph& graph, bool named, Work& work) {
    if (graph.is_single()) return abi::CUDA_ERROR_NOT_SUPPORTED;
    work = ChildWork{graph.clone(named)};
    return abi::CUDA_SUCCESS;
}

abi::CUresult read_event(Backend& backend, abi::CUevent event, bool records, Work& work) {
    const abi::CUresult good = backend.check_event(event);
    if (good != abi::CUDA_SUCCESS) return good;
    if (records) {
        work = EventRecordWork{event};
    } else {
        work = EventWaitWork{event};
    }
    return abi::CUDA_SUCCESS;
}

abi::CUresult read_values(Backend& backend, const abi::CUDA_BATCH_MEM_OP_NODE_PARAMS_v2& params,
                          Work& work) {
    constexpr unsigned kMost = 256;  // operations, as CUDA has it
    if (params.count > kMost || (params.count != 0 && params.paramArray == nullptr))
        return abi::CUDA_ERROR_INVALID_VALUE;
    ValuesWork values{params.ctx, {params.paramArray, params.paramArray + params.count}, params.flags};
    const abi::CUresult good = backend.check(values);
    if (good == abi::CUDA_SUCCESS) work = std::move(values);
    return good;
}

abi::CUresult read_any(Backend& backend, const abi::CUgraphNodeParams& params, bool named, Work& work) {
    switch (params.type) {
        case abi::CU_GRAPH_NODE_TYPE_KERNEL:
            return read_kernel(backend, params.kernel, work);
        case abi::CU_GRAPH_NODE_TYPE_MEMCPY:
            return read_copy(backend, params.memcpy.copyParams, params.memcpy.copyCtx, work);
        case abi::CU_GRAPH_NODE_TYPE_MEMSET:
            return read_fill(backend, params.memset, work);
        case abi::CU_GRAPH_NODE_TYPE_HOST:
            return read_host(params.host, work);
        case abi::CU_GRAPH_NODE_TYPE_GRAPH: {
            const Graph* graph = objects().find(params.graph.graph);
            return graph == nullptr ? abi::CUDA_ERROR_INVALID_VALUE : read_child(*graph, named, work);
        }
        case abi::CU_GRAPH_NODE_TYPE_EMPTY:
            work = EmptyWork{};
            return abi::CUDA_SUCCESS;
        case abi::CU_GRAPH_NODE_TYPE_WAIT_EVENT:
            return read_event(backend, params.eventWait.event, false, work);
        case abi::CU_GRAPH_NODE_TYPE_EVENT_RECORD:
            return read_event(backend, params.eventRecord.event, true, work);
        case abi::CU_GRAPH_NODE_TYPE_BATCH_MEM_OP:
            return read_values(backend, params.memOp, work);
        case abi::CU_GRAPH_NODE_TYPE_EXT_SEMAS_SIGNAL:
        case abi::CU_GRAPH_NODE_TYPE_EXT_SEMAS_WAIT:
        case abi::CU_GRAPH_NODE_TYPE_MEM_ALLOC:
        case abi::CU_GRAPH_NODE_TYPE_MEM_FREE:
        case abi::CU_GRAPH_NODE_TYPE_CONDITIONAL:
            return abi::CUDA_ERROR_NOT_SUPPORTED;
    }
    return abi::CUDA_ERROR_INVALID_VALUE;
}

abi::CUDA_KERNEL_NODE_PARAMS_v3 widen(const abi::CUDA_KERNEL_NODE_PARAMS& params) {
    return {params.func,           params.gridDimX,  params.gridDimY,  params.gridDimZ,
            params.blockDimX,      params.blockDimY, params.blockDimZ, params.sharedMemBytes,
            params.kernelParams,   params.extra,     params.kern,      params.ctx};
}

abi::CUDA_MEMSET_NODE_PARAMS_v2 widen(const abi::CUDA_MEMSET_NODE_PARAMS& params, abi::CUcontext context) {
    return {params.dst, params.pitch, params.value, params.elementSize, params.width, params.height, context};
}

abi::CUDA_KERNEL_NODE_PARAMS tell(KernelWork& work) {
    work.pointers.clear();
    for (const Argument& argument : work.code.arguments)
        work.pointers.push_back(work.packed.data() + argument.offset);
    const abi::CUDA_KERNEL_NODE_PARAMS_v3& params = work.params;
    return {params.func,          params.gridDimX,  params.gridDimY,  params.gridDimZ,
            params.blockDimX,     params.blockDimY, params.blockDimZ, params.sharedMemBytes,
            work.pointers.data(), nullptr,          params.kern,      params.ctx};
}

}  // namespace cudart::graphs
