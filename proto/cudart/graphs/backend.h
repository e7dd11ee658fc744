// What graphs need of the side they live on: the software device, or the guest's shim. Both implement it once
// and pass it to every call.
#pragma once
#include <cstdint>

#include "cudart/graphs/exec.h"
#include "cudart/graphs/memory.h"
#include "cudart/graphs/work.h"

namespace cudart::graphs {

// A stream, as far as capturing must know it.
struct StreamName {
    std::uint64_t id = 0;  // of no other stream, dead ones included
    std::uint64_t context = 0;
    bool legacy = false;
    bool blocking = false;  // waits for the legacy stream
};

class Backend {
  public:
    // Whether the kernel exists and may be launched in that shape; fills `code`. The arguments are not looked
    // at.
    virtual abi::CUresult describe(const abi::CUDA_KERNEL_NODE_PARAMS_v3& params, KernelCode& code) = 0;
    // Whether a node that does this could run now.
    virtual abi::CUresult check(const CopyWork& work) = 0;
    virtual abi::CUresult check(const FillWork& work) = 0;
    virtual abi::CUresult check(const ValuesWork& work) = 0;
    virtual abi::CUresult check_event(abi::CUevent event) = 0;
    // Whether kernels of the context can set values that conditional nodes look at.
    virtual abi::CUresult check_condition(abi::CUcontext context) = 0;
    // Finds the allocation of a node an address that stays its own, and fills `allocation.kept`.
    virtual abi::CUresult reserve(const abi::CUDA_MEM_ALLOC_NODE_PARAMS_v2& params,
                                  Allocation& allocation) = 0;

    virtual abi::CUresult find_stream(abi::CUstream stream, bool per_thread, StreamName& name) = 0;
    virtual abi::CUcontext current_context() = 0;
    virtual std::uint64_t thread() = 0;  // of no other thread, dead ones included
    virtual abi::CUstreamCaptureMode& capture_mode() = 0;  // the calling thread's

    // Runs the plan in stream order; runs of one executable graph follow each other.
    virtual abi::CUresult launch(Exec& exec, abi::CUstream stream, bool per_thread) = 0;

  protected:
    ~Backend() = default;  // nobody owns one through this
};

}  // namespace cudart::graphs
