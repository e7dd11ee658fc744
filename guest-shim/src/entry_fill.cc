// Chapter "Memory Management", fills: a record each, or a node of a graph.
#include "graph_backend.h"
#include "guest/hand.h"
#include "stub_runtime.h"
#include "wire/pointer_unsafe.h"

namespace guest {
namespace {

// `fill` is what the node would do; the record says the same.
template <class Request>
abi::CUresult fill(Session& session, const Request& request, const abi::CUDA_MEMSET_NODE_PARAMS_v2& params) {
    const abi::CUresult good = check(session, wire::HandleKind::stream, request.hStream);
    if (good != abi::CUDA_SUCCESS) return good;
    const auto take = [&](graphs::Work& work) {
        graphs::FillWork node{params};
        node.params.ctx = graph_backend(session).current_context();
        work = node;
        return abi::CUDA_SUCCESS;
    };
    // A call without a stream names the default one, which no capture can have. See launch_kernel() for why
    // this asks first.
    if (graphs::Captures::any()) [[unlikely]] {
        if (const auto diverted = divert(session, request.hStream, take)) return *diverted;
    }
    return send(session, request);
}

}  // namespace

namespace hand {

abi::CUresult cuMemsetD8Async(Session& session, abi::CUdeviceptr dst, unsigned char value, std::size_t count,
                              abi::CUstream stream) {
    const wire::cuMemsetD8Async_Request request{
        .dstDevice = dst, .uc = value, .N = count, .hStream = wire::to_handle(stream)};
    return fill(session, request, {dst, 0, value, 1, count, 1, nullptr});
}

abi::CUresult cuMemsetD16Async(Session& session, abi::CUdeviceptr dst, unsigned short value,
                               std::size_t count, abi::CUstream stream) {
    const wire::cuMemsetD16Async_Request request{
        .dstDevice = dst, .us = value, .N = count, .hStream = wire::to_handle(stream)};
    return fill(session, request, {dst, 0, value, 2, count, 1, nullptr});
}

abi::CUresult cuMemsetD32Async(Session& session, abi::CUdeviceptr dst, unsigned int value, std::size_t count,
                               abi::CUstream stream) {
    const wire::cuMemsetD32Async_Request request{
        .dstDevice = dst, .ui = value, .N = count, .hStream = wire::to_handle(stream)};
    return fill(session, request, {dst, 0, value, 4, count, 1, nullptr});
}

abi::CUresult cuMemsetD2D8Async(Session& session, abi::CUdeviceptr dst, std::size_t pitch,
                                unsigned char value, std::size_t width, std::size_t height,
                                abi::CUstream stream) {
    const wire::cuMemsetD2D8Async_Request request{.dstDevice = dst,
                                                  .dstPitch = pitch,
                                                  .uc = value,
                                                  .Width = width,
                                                  .Height = height,
                                                  .hStream = wire::to_handle(stream)};
    return fill(session, request, {dst, pitch, value, 1, width, height, nullptr});
}

abi::CUresult cuMemsetD2D16Async(Session& session, abi::CUdeviceptr dst, std::size_t pitch,
                                 unsigned short value, std::size_t width, std::size_t height,
                                 abi::CUstream stream) {
    const wire::cuMemsetD2D16Async_Request request{.dstDevice = dst,
                                                   .dstPitch = pitch,
                                                   .us = value,
                                                   .Width = width,
                                                   .Height = height,
                                                   .hStream = wire::to_handle(stream)};
    return fill(session, request, {dst, pitch, value, 2, width, height, nullptr});
}

abi::CUresult cuMemsetD2D32Async(Session& session, abi::CUdeviceptr dst, std::size_t pitch,
                                 unsigned int value, std::size_t width, std::size_t height,
                                 abi::CUstream stream) {
    const wire::cuMemsetD2D32Async_Request request{.dstDevice = dst,
                                                   .dstPitch = pitch,
                                                   .ui = value,
                                                   .Width = width,
                                                   .Height = height,
                                                   .hStream = wire::to_handle(stream)};
    return fill(session, request, {dst, pitch, value, 4, width, height, nullptr});
}

}  // namespace hand
}  // namespace guest
