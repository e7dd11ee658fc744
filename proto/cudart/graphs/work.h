// What the nodes of a graph do. The software device and the guest's shim share everything in graphs/: both
// keep graphs themselves and differ in what a launch does with a plan (see backend.h).
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <variant>
#include <vector>

#include "cudart/abi.h"

namespace cudart::graphs {

class Graph;
struct Allocation;

struct Argument {
    std::uint32_t offset;  // bytes from the start of the packed arguments
    std::uint32_t size;    // bytes
};

// A kernel as far as a node must know it.
struct KernelCode {
    std::uint64_t identity = 0;  // the same for a CUfunction and a CUkernel that are one kernel
    std::vector<Argument> arguments;
    std::size_t bytes = 0;             // of all arguments, packed
    std::shared_ptr<const void> kept;  // the backend's own; lives as long as the node
};

struct EmptyWork {};
struct KernelWork {
    abi::CUDA_KERNEL_NODE_PARAMS_v3 params{};  // its lists of arguments are null
    KernelCode code;
    std::vector<std::byte> packed;
    std::vector<abi::CUlaunchAttribute> attributes;
    std::vector<void*> pointers;  // into `packed`, once somebody has asked for the parameters
    bool cooperative() const;
    int priority() const;  // 0 when none is set
};
struct CopyWork {
    abi::CUDA_MEMCPY3D box{};
    abi::CUcontext context = nullptr;
};
struct FillWork {
    abi::CUDA_MEMSET_NODE_PARAMS_v2 params{};
};
struct HostWork {
    abi::CUDA_HOST_NODE_PARAMS_v2 params{};
};
struct ChildWork {
    std::shared_ptr<Graph> graph;
};
struct EventRecordWork {
    abi::CUevent event = nullptr;
};
struct EventWaitWork {
    abi::CUevent event = nullptr;
};
struct ValuesWork {
    abi::CUcontext context = nullptr;
    std::vector<abi::CUstreamBatchMemOpParams> operations;
    unsigned flags = 0;
};

struct AllocWork {
    abi::CUDA_MEM_ALLOC_NODE_PARAMS_v2 params{};  // its list of accesses is null
    std::vector<abi::CUmemAccessDesc> accesses;
    std::shared_ptr<Allocation> allocation;
};
struct FreeWork {
    std::shared_ptr<Allocation> allocation;
};

// Runs one of its graphs, or one again and again, as kernels set the value that `params.handle` names.
struct ConditionalWork {
    abi::CUDA_CONDITIONAL_NODE_PARAMS params{};  // its list of graphs is null
    std::vector<std::shared_ptr<Graph>> bodies;
    std::vector<abi::CUgraph> handles;  // of the bodies; the program keeps a pointer to them
};

using Work = std::variant<EmptyWork, KernelWork, CopyWork, FillWork, HostWork, ChildWork, EventRecordWork,
                          EventWaitWork, ValuesWork, AllocWork, FreeWork, ConditionalWork>;

abi::CUgraphNodeType type_of(const Work& work);

}  // namespace cudart::graphs
