// The shim as graphs see it, and the question that every call asks before it puts a record into a stream. A
// graph is the shim's own: the host hears of it when it is launched, as the records of its nodes.
#pragma once
#include "cudart/graphs/capture.h"
#include "session.h"

namespace guest {

namespace graphs = cudart::graphs;

// The calling thread's.
graphs::Backend& graph_backend(Session& session);
// Of a stream that has been checked, of the current context where it is a default one.
abi::CUresult name_stream(Session& session, wire::Handle stream, graphs::StreamName& name);

// Of divert(), what only happens while somebody captures: kept out of the path of every launch.
template <class Make>
[[gnu::noinline, gnu::cold]] graphs::Diverted ask_captures(Session& session, wire::Handle stream, Make& make,
                                                           bool blocking) {
    graphs::StreamName name;
    const abi::CUresult named = name_stream(session, stream, name);
    if (named != abi::CUDA_SUCCESS) return named;
    return graphs::captures().work(graph_backend(session), name, make, blocking);
}

// Whether work for the stream, which has been checked, becomes a node of a graph or is forbidden by a
// capture; `make(work)` says what the node does. Nothing: it is sent.
template <class Make>
graphs::Diverted divert(Session& session, wire::Handle stream, Make&& make, bool blocking = false) {
    if (!graphs::Captures::any()) [[likely]]
        return std::nullopt;
    return ask_captures(session, stream, make, blocking);
}

// Work that no node can do: refused in a stream that captures.
graphs::Diverted refuse_capture(Session& session, abi::CUstream stream);

// Whether a capture forbids to wait for, or to ask about, the stream.
graphs::Diverted forbidden(Session& session, wire::Handle stream);

// What a kernel node must know of a function; whether it may be launched so (see entry_launch.cc).
abi::CUresult describe_kernel(Session& session, const abi::CUDA_KERNEL_NODE_PARAMS_v3& params,
                              graphs::KernelCode& code);

// Sends one run of the plan (see graph_launch.cc).
abi::CUresult launch_graph(Session& session, graphs::Exec& exec, abi::CUstream stream);

}  // namespace guest
