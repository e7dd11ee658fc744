// The software device as graphs see it: what nodes may do here, how a launch runs them, and the question that
// every call asks before it puts work into a stream. Included by the entry_*.cc files.
#pragma once
#include "cudart/graphs/capture.h"
#include "soft/api/entry.h"

namespace soft::driver {

namespace graphs = cudart::graphs;

graphs::Backend& graph_backend();
graphs::StreamName name_of(const Device& device, const Stream& stream);

// Whether work for the stream becomes a node of a graph, or is forbidden by a capture; `make(work)` says what
// the node does. Nothing: it runs.
template <class Make>
graphs::Diverted divert(const Device& device, const Stream& stream, Make&& make, bool blocking = false) {
    if (!graphs::Captures::any()) return std::nullopt;
    return graphs::captures().work(graph_backend(), name_of(device, stream), make, blocking);
}

// What a kernel node must know of a function.
graphs::KernelCode code_of(const ModuleFunction& function);
// Whether the kernel may be launched so (see entry_launch.cc).
abi::CUresult check_kernel(Device& device, Context& context, const ModuleFunction& function,
                           const abi::CUDA_KERNEL_NODE_PARAMS_v3& params, bool cooperative);

// What a copy or fill node does once its turn has come; an error when it may not.
abi::CUresult prepare(const Device& device, const graphs::CopyWork& copy, std::function<void()>& work);
abi::CUresult prepare(const Device& device, const graphs::FillWork& fill, std::function<void()>& work);

// Puts one run of the plan into the stream.
abi::CUresult launch_graph(Device& device, Context& context, graphs::Exec& exec, const StreamRef& stream);

}  // namespace soft::driver
