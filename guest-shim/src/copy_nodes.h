// Copies that a capture takes: asked by every copy before it is sent (entry_copy.cc). Implemented in
// copy_nodes.cc.
#pragma once
#include "cudart/graphs/objects.h"
#include "graph_backend.h"

namespace guest {

enum class Row { to_device, to_host, on_device, unified };

// Nothing: the copy is sent. The stream need not have been checked.
graphs::Diverted divert_row(Session& session, Row kind, std::uint64_t target, std::uint64_t source,
                            std::size_t size, abi::CUstream stream, bool blocking);
graphs::Diverted divert_whole(Session& session, const abi::CUDA_MEMCPY3D* box, abi::CUstream stream,
                              bool blocking);
graphs::Diverted divert_plane(Session& session, const abi::CUDA_MEMCPY2D* plane, abi::CUstream stream,
                              bool blocking);

}  // namespace guest
