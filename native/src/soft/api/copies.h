// What every copy comes to, whatever its form: entry_copy.cc implements it, entry_copy_box.cc uses it too.
#pragma once
#include "cudart/abi.h"
#include "soft/memory/transfer.h"

namespace soft::driver {

class Device;

struct Request {
    Copy copy;
    bool source_must_be_known = false;  // said to be a device address
    bool target_must_be_known = false;
    bool blocking = false;  // the form without Async
    bool reads_now = false;  // whatever the stream still has to do: the source may change after the call
};

// One side of a copy of a box; x in bytes.
struct BoxSide {
    abi::CUmemorytype type{};
    std::uint64_t host = 0;
    std::uint64_t on_device = 0;
    abi::CUarray array = nullptr;
    std::size_t x = 0, y = 0, z = 0;
    std::size_t pitch = 0;   // bytes; 0: rows follow each other
    std::size_t height = 0;  // rows of a slice; 0: as many as are copied
};

struct BoxExtent {
    std::size_t width;  // bytes
    std::size_t rows;
    std::size_t slices;
};

// Ordered by the stream; the default one when `handle` is null.
abi::CUresult run_copy(abi::CUstream handle, bool per_thread, const Request& request);
// A blocking copy to or from pinned memory waits too; between device addresses it does not.
abi::CUresult run_copy_blocking(bool per_thread, Request request, bool host_involved);
// The one form of a copy of a box, checked against the arrays it names.
abi::CUresult box_request(const BoxSide& target, const BoxSide& source, const BoxExtent& extent,
                          Request& request);
abi::CUresult box_request(const abi::CUDA_MEMCPY3D& box, Request& request);
// Whether the copy could run now, and would do something.
abi::CUresult check_copy(const Device& device, const Request& request);
// Whether a unified copy touches host memory, pinned or not.
bool touches_host(std::uint64_t target, std::uint64_t source);
// CUDA_ERROR_INVALID_CONTEXT unless both are contexts.
abi::CUresult check_peers(abi::CUcontext target, abi::CUcontext source);

}  // namespace soft::driver
