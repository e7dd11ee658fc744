// Calls about the program's objects that graphs keep. See calls.h.
#include <algorithm>

#include "cudart/graphs/calls.h"
#include "cudart/graphs/graph.h"
#include "cudart/graphs/objects.h"

namespace cudart::graphs::calls {

using abi::CUresult;
using Guard = std::lock_guard<std::recursive_mutex>;

CUresult cuUserObjectCreate(Backend&, abi::CUuserObject* out, void* pointer, abi::CUhostFn destroy,
                            unsigned references, unsigned flags) {
    const bool good = out != nullptr && destroy != nullptr && references != 0 &&
                      flags == abi::CU_USER_OBJECT_NO_DESTRUCTOR_SYNC;
    if (!good) return abi::CUDA_ERROR_INVALID_VALUE;
    const Guard guard(objects().lock);
    auto object = std::make_shared<UserObject>(UserObject{pointer, destroy, 0, references});
    object->handle = objects().name(ObjectKind::user_object, object.get());
    objects().keep(object);
    *out = to_handle<abi::CUuserObject>(object->handle);
    return abi::CUDA_SUCCESS;
}

CUresult cuUserObjectRetain(Backend&, abi::CUuserObject handle, unsigned count) {
    const Guard guard(objects().lock);
    const auto object = objects().find(handle);
    if (object == nullptr || count == 0) return abi::CUDA_ERROR_INVALID_VALUE;
    object->references += count;
    return abi::CUDA_SUCCESS;
}

CUresult cuUserObjectRelease(Backend&, abi::CUuserObject handle, unsigned count) {
    const Guard guard(objects().lock);
    const auto object = objects().find(handle);
    if (object == nullptr || count == 0 || count > object->references) return abi::CUDA_ERROR_INVALID_VALUE;
    drop(object, count);
    return abi::CUDA_SUCCESS;
}

CUresult cuGraphRetainUserObject(Backend&, abi::CUgraph graph_handle, abi::CUuserObject handle,
                                 unsigned count, unsigned flags) {
    const Guard guard(objects().lock);
    Graph* graph = objects().find(graph_handle);
    const auto object = objects().find(handle);
    if (graph == nullptr || object == nullptr || count == 0) return abi::CUDA_ERROR_INVALID_VALUE;
    if ((flags & ~1U) != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    if (flags != abi::CU_GRAPH_USER_OBJECT_MOVE) object->references += count;
    graph->kept.emplace_back(object, count);
    return abi::CUDA_SUCCESS;
}

CUresult cuGraphReleaseUserObject(Backend&, abi::CUgraph graph_handle, abi::CUuserObject handle,
                                  unsigned count) {
    const Guard guard(objects().lock);
    Graph* graph = objects().find(graph_handle);
    const auto object = objects().find(handle);
    if (graph == nullptr || object == nullptr || count == 0) return abi::CUDA_ERROR_INVALID_VALUE;
    std::uint64_t have = 0;
    for (const auto& [kept, times] : graph->kept) have += kept == object ? times : 0;
    if (have < count) return abi::CUDA_ERROR_INVALID_VALUE;
    std::uint64_t left = count;
    for (auto& [kept, times] : graph->kept) {
        if (kept != object) continue;
        const std::uint64_t taken = std::min(left, times);
        times -= taken;
        left -= taken;
    }
    std::erase_if(graph->kept, [](const auto& entry) { return entry.second == 0; });
    drop(object, count);
    return abi::CUDA_SUCCESS;
}

}  // namespace cudart::graphs::calls
