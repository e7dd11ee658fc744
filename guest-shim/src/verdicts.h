// What the guest sees for sure about a generated call before it is sent: fills and device copies that leave
// their allocation, wrap, or are misaligned fail at once, as CUDA has it, instead of at the next synchronise.
// Called by send().
#pragma once
#include <cstddef>
#include <cstdint>

#include "copy.h"
#include "cudart/abi.h"
#include "wire/codec.h"

namespace guest {

abi::CUresult check_fill(Session& session, std::uint64_t address, std::uint64_t elements,
                         std::size_t element_size);
abi::CUresult check_fill_2d(Session& session, std::uint64_t address, std::uint64_t pitch, std::uint64_t width,
                            std::uint64_t height, std::size_t element_size);

// Most records have nothing to check.
template <class Request>
abi::CUresult verdict(Session&, const Request&) {
    return abi::CUDA_SUCCESS;
}

inline abi::CUresult verdict(Session& session, const wire::cuMemsetD8Async_Request& request) {
    return check_fill(session, request.dstDevice, request.N, 1);
}
inline abi::CUresult verdict(Session& session, const wire::cuMemsetD16Async_Request& request) {
    return check_fill(session, request.dstDevice, request.N, 2);
}
inline abi::CUresult verdict(Session& session, const wire::cuMemsetD32Async_Request& request) {
    return check_fill(session, request.dstDevice, request.N, 4);
}
inline abi::CUresult verdict(Session& session, const wire::cuMemsetD2D8Async_Request& request) {
    return check_fill_2d(session, request.dstDevice, request.dstPitch, request.Width, request.Height, 1);
}
inline abi::CUresult verdict(Session& session, const wire::cuMemsetD2D16Async_Request& request) {
    return check_fill_2d(session, request.dstDevice, request.dstPitch, request.Width, request.Height, 2);
}
inline abi::CUresult verdict(Session& session, const wire::cuMemsetD2D32Async_Request& request) {
    return check_fill_2d(session, request.dstDevice, request.dstPitch, request.Width, request.Height, 4);
}
inline abi::CUresult verdict(Session& session, const wire::cuMemcpyDtoDAsync_v2_Request& request) {
    if (request.size == 0) return abi::CUDA_SUCCESS;
    const abi::CUresult target_good = check_device_range(session, request.dst, request.size);
    if (target_good != abi::CUDA_SUCCESS) return target_good;
    return check_device_range(session, request.src, request.size);
}

}  // namespace guest
