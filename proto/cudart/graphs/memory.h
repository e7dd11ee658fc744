// What nodes allocate and free: which address, in which graph, and whether something frees it. The address is
// the node's for good; whether memory is behind it is the backend's business, from launch to free.
// Under objects().lock.
#pragma once
#include "cudart/graphs/graph.h"

namespace cudart::graphs {

class Backend;

struct Allocation {
    abi::CUdeviceptr address = 0;
    std::size_t size = 0;              // bytes
    int device = 0;                    // ordinal
    std::uint64_t graph = 0;           // handle of the one whose node allocates
    bool freed = false;                // by a node of that graph
    bool freed_elsewhere = false;      // by a node of another
    bool passed_on = false;            // a later allocation of the graph has the address, too
    std::shared_ptr<const void> kept;  // the backend's: the address is taken as long as it lives
    ~Allocation();
};

// A node behind `ends` that allocates; `params.dptr` becomes its address. Takes over the address of an
// allocation of the same size that the graph has freed by then.
abi::CUresult read_alloc(Backend& backend, const Graph& graph, const std::vector<Link>& ends,
                         abi::CUDA_MEM_ALLOC_NODE_PARAMS_v2& params, Work& work);
// A node that frees. CUDA_ERROR_INVALID_VALUE for what no node allocates, or what is freed already.
abi::CUresult read_free(const Graph& graph, abi::CUdeviceptr address, Work& work);

}  // namespace cudart::graphs
