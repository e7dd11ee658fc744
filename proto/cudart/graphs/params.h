// Between what CUDA's structures say a node does and what it does: checked by the backend on the way in.
// Used by the calls_*.cc files and by whoever captures.
#pragma once
#include "cudart/graphs/backend.h"
#include "cudart/graphs/work.h"

namespace cudart::graphs {

// Arguments by one pointer each, or as one packed buffer. CUDA_ERROR_INVALID_VALUE when some are missing.
abi::CUresult pack(const KernelCode& code, void** pointers, void** extra, std::vector<std::byte>& packed);

// Each fills `work` when what is asked for could run now; `work` may be what the node does so far.
abi::CUresult read_kernel(Backend& backend, const abi::CUDA_KERNEL_NODE_PARAMS_v3& params, Work& work);
abi::CUresult read_copy(Backend& backend, const abi::CUDA_MEMCPY3D& box, abi::CUcontext context, Work& work);
abi::CUresult read_fill(Backend& backend, const abi::CUDA_MEMSET_NODE_PARAMS_v2& params, Work& work);
abi::CUresult read_host(const abi::CUDA_HOST_NODE_PARAMS_v2& params, Work& work);
// CUDA_ERROR_NOT_SUPPORTED for a graph that cannot be copied.
abi::CUresult read_child(const Graph& graph, bool named, Work& work);
abi::CUresult read_event(Backend& backend, abi::CUevent event, bool records, Work& work);
abi::CUresult read_values(Backend& backend, const abi::CUDA_BATCH_MEM_OP_NODE_PARAMS_v2& params, Work& work);
// Any of them. CUDA_ERROR_NOT_SUPPORTED for semaphores, allocations and conditions.
abi::CUresult read_any(Backend& backend, const abi::CUgraphNodeParams& params, bool named, Work& work);

// The structure's two shapes.
abi::CUDA_KERNEL_NODE_PARAMS_v3 widen(const abi::CUDA_KERNEL_NODE_PARAMS& params);
abi::CUDA_MEMSET_NODE_PARAMS_v2 widen(const abi::CUDA_MEMSET_NODE_PARAMS& params, abi::CUcontext context);

// What a kernel node launches; the pointers to its arguments stay good until it changes.
abi::CUDA_KERNEL_NODE_PARAMS tell(KernelWork& work);

}  // namespace cudart::graphs
