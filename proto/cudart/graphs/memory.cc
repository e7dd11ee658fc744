// See memory.h.
#include "cudart/graphs/memory.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "cudart/graphs/backend.h"

namespace cudart::graphs {
namespace {

// By address: the latest allocation that has it.
std::unordered_map<abi::CUdeviceptr, std::weak_ptr<Allocation>>& allocations() {
    static auto* const all = new std::unordered_map<abi::CUdeviceptr, std::weak_ptr<Allocation>>;
    return *all;
}

// An allocation that ends before what comes behind `ends` begins, and whose address nobody has taken over.
std::shared_ptr<Allocation> freed_before(const Graph& graph, const std::vector<Link>& ends,
                                         const Allocation& like) {
    std::vector<const Node*> open;
    for (const Link& link : ends) open.push_back(link.node);
    std::unordered_set<const Node*> seen(open.begin(), open.end());
    for (std::size_t at = 0; at < open.size(); ++at) {
        const auto* end = std::get_if<FreeWork>(&open[at]->work);
        const Allocation* freed = end == nullptr ? nullptr : end->allocation.get();
        const bool fits = freed != nullptr && freed->graph == graph.handle && freed->size == like.size &&
                          freed->device == like.device && !freed->passed_on;
        if (fits) return end->allocation;
        for (const Link& link : open[at]->needs) {
            if (seen.insert(link.node).second) open.push_back(link.node);
        }
    }
    return nullptr;
}

}  // namespace

Allocation::~Allocation() {
    const auto found = allocations().find(address);
    if (found != allocations().end() && found->second.expired()) allocations().erase(found);
}

abi::CUresult read_alloc(Backend& backend, const Graph& graph, const std::vector<Link>& ends,
                         abi::CUDA_MEM_ALLOC_NODE_PARAMS_v2& params, Work& work) {
    if (params.bytesize == 0 || (params.accessDescCount != 0 && params.accessDescs == nullptr))
        return abi::CUDA_ERROR_INVALID_VALUE;
    auto allocation = std::make_shared<Allocation>();
    allocation->size = params.bytesize;
    allocation->device = params.poolProps.location.id;
    allocation->graph = graph.handle;
    if (const auto before = freed_before(graph, ends, *allocation)) {
        before->passed_on = true;
        allocation->address = before->address;
        allocation->kept = before->kept;
    } else if (const auto made = backend.reserve(params, *allocation); made != abi::CUDA_SUCCESS) {
        return made;
    }
    allocations()[allocation->address] = allocation;
    params.dptr = allocation->address;
    AllocWork alloc{params, {params.accessDescs, params.accessDescs + params.accessDescCount}, allocation};
    alloc.params.accessDescs = nullptr;
    work = std::move(alloc);
    return abi::CUDA_SUCCESS;
}

abi::CUresult read_free(const Graph& graph, abi::CUdeviceptr address, Work& work) {
    const auto found = allocations().find(address);
    const auto allocation = found == allocations().end() ? nullptr : found->second.lock();
    if (allocation == nullptr || allocation->freed) return abi::CUDA_ERROR_INVALID_VALUE;
    const bool own = allocation->graph == graph.handle;
    if (own && allocation->freed_elsewhere) return abi::CUDA_ERROR_INVALID_VALUE;
    (own ? allocation->freed : allocation->freed_elsewhere) = true;
    work = FreeWork{allocation};
    return abi::CUDA_SUCCESS;
}

}  // namespace cudart::graphs
