// Copies by size, each way, from pageable and from pinned memory, beside memcpy of the same size in the same
// process: what a carrier can reach at best. See benchmarks.h.
#include <cstdlib>
#include <cstring>

#include "benchmarks.h"

namespace bench {
namespace {

struct Size {
    std::size_t bytes;
    const char* name;
};
constexpr Size kSizes[] = {
    {4, "4 B"},
    {1 << 10, "1 KiB"},
    {16 << 10, "16 KiB"},
    {64 << 10, "64 KiB"},
    {256 << 10, "256 KiB"},
    {1 << 20, "1 MiB"},
    {4 << 20, "4 MiB"},
    {16 << 20, "16 MiB"},
    {64 << 20, "64 MiB"},
    {256 << 20, "256 MiB"},
};
constexpr std::size_t kLargest = 256 << 20;
constexpr std::size_t kLargestQuick = 16 << 20;

struct Buffers {
    std::byte* pageable;
    std::byte* other;
    std::byte* pinned;
    abi::CUdeviceptr device;
};

Buffers make_buffers(std::size_t size) {
    Buffers buffers{};
    buffers.pageable = static_cast<std::byte*>(std::aligned_alloc(4096, size));
    buffers.other = static_cast<std::byte*>(std::aligned_alloc(4096, size));
    void* pinned = nullptr;
    CU(cuMemAllocHost_v2(&pinned, size));
    buffers.pinned = static_cast<std::byte*>(pinned);
    CU(cuMemAlloc_v2(&buffers.device, size));
    // Touched, or the first copy would measure page faults.
    for (std::byte* each : {buffers.pageable, buffers.other, buffers.pinned}) std::memset(each, 1, size);
    CU(cuMemcpyHtoD_v2(buffers.device, buffers.pageable, size));
    CU(cuCtxSynchronize());
    return buffers;
}

void release(const Buffers& buffers) {
    CU(cuMemFree_v2(buffers.device));
    CU(cuMemFreeHost(buffers.pinned));
    std::free(buffers.other);
    std::free(buffers.pageable);
}

// In GB/s, so that sizes can stand beside each other.
template <class Copy>
void measure_copy(Run& run, const std::string& name, std::size_t bytes, double calls_each, Copy copy) {
    copy();
    copy();
    Section section(run);
    Samples samples = sample(run, 3, 4000, run.quick ? 0.02 : 0.08, copy);
    section.stop();
    const double calls = calls_each * static_cast<double>(samples.all.size());
    samples.each([=](double each) { return static_cast<double>(bytes) / each; });
    run.add(name, "GB/s", std::move(samples), calls, section.guest(), section.host());
}

void measure_size(Run& run, const Buffers& at, std::size_t bytes, const std::string& size) {
    measure_copy(run, "memcpy, " + size, bytes, 1, [&] {
        std::memcpy(at.other, at.pageable, bytes);
        // The compiler must not see that nobody reads the copy.
        asm volatile("" : : "r"(at.other) : "memory");
    });
    measure_copy(run, "pageable to device, " + size, bytes, 2, [&] {
        CU(cuMemcpyHtoD_v2(at.device, at.pageable, bytes));
        CU(cuCtxSynchronize());
    });
    measure_copy(run, "pageable to host, " + size, bytes, 1,
                 [&] { CU(cuMemcpyDtoH_v2(at.pageable, at.device, bytes)); });
    measure_copy(run, "pinned to device, " + size, bytes, 2, [&] {
        CU(cuMemcpyHtoDAsync_v2(at.device, at.pinned, bytes, nullptr));
        CU(cuStreamSynchronize(nullptr));
    });
    measure_copy(run, "pinned to host, " + size, bytes, 2, [&] {
        CU(cuMemcpyDtoHAsync_v2(at.pinned, at.device, bytes, nullptr));
        CU(cuStreamSynchronize(nullptr));
    });
}

}  // namespace

void measure_copies(Run& run, const Session&) {
    const std::size_t largest = run.quick ? kLargestQuick : kLargest;
    const Buffers buffers = make_buffers(largest);
    for (const Size& size : kSizes) {
        if (size.bytes <= largest) measure_size(run, buffers, size.bytes, size.name);
    }
    release(buffers);
}

}  // namespace bench
