// Host memory that kernels read and write at its own address, where the device says that it can; elsewhere
// the calls refuse, and the program takes the way of copies, as programs do. Run by test/e2e as
// `mapped_memory SEED [COUNT] [1: it must be mapped]`.
#include "driver.h"

namespace {

bool maps_host_memory(CUdevice device) {
    int maps = 0;
    CU_OK(cuDeviceGetAttribute(&maps, CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY, device));
    return maps != 0;
}

void run_mapped(CUfunction affine, unsigned* words, unsigned count, CUstream stream) {
    CUdeviceptr address = 0;
    CU_OK(cuMemHostGetDevicePointer_v2(&address, words, 0));
    for (unsigned round = 0; round < 3; ++round) {
        CU_OK(guest::launch(affine, (count + 255) / 256, 256, stream, address, count, 3u, round));
        CU_OK(cuStreamSynchronize(stream));
        words[round % count] += 1;  // seen by the next launch, without a copy
    }
    // Its device address is one for copies and fills, too.
    const CUdeviceptr other = guest::allocate(count * sizeof(unsigned));
    CU_OK(cuMemcpyDtoDAsync_v2(other, address, count * sizeof(unsigned), stream));
    CU_OK(cuMemsetD32Async(address, 0, count, stream));
    CU_OK(cuMemcpyDtoDAsync_v2(address, other, count * sizeof(unsigned), stream));
    CU_OK(cuStreamSynchronize(stream));
    CU_OK(cuMemFree_v2(other));
}

void run_copied(CUfunction affine, unsigned* words, unsigned count, CUstream stream) {
    CUdeviceptr address = 0;
    CU_FAILS(cuMemHostGetDevicePointer_v2(&address, words, 0), CUDA_ERROR_NOT_SUPPORTED);
    const CUdeviceptr device = guest::allocate(count * sizeof(unsigned));
    for (unsigned round = 0; round < 3; ++round) {
        CU_OK(cuMemcpyHtoDAsync_v2(device, words, count * sizeof(unsigned), stream));
        CU_OK(guest::launch(affine, (count + 255) / 256, 256, stream, device, count, 3u, round));
        CU_OK(cuMemcpyDtoHAsync_v2(words, device, count * sizeof(unsigned), stream));
        CU_OK(cuStreamSynchronize(stream));
        words[round % count] += 1;
    }
    CU_OK(cuMemFree_v2(device));
}

}  // namespace

int main(int argc, char** argv) {
    guest::Run run("mapped_memory", argc, argv);
    guest::Session session;
    const auto count = unsigned(run.size(0, 10000));
    const bool maps = maps_host_memory(session.device);
    if (run.size(1, 0) != 0 && !maps) guest::fail("host memory is not mapped");
    CUstream stream = nullptr;
    CU_OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    void* memory = nullptr;
    CU_OK(cuMemHostAlloc(&memory, count * sizeof(unsigned), CU_MEMHOSTALLOC_DEVICEMAP));
    auto* words = static_cast<unsigned*>(memory);
    std::vector<unsigned> expected(count);
    for (unsigned index = 0; index < count; ++index) {
        words[index] = run.random.below(1000);
        expected[index] = words[index];
    }
    for (unsigned round = 0; round < 3; ++round) {
        for (unsigned& value : expected) value = value * 3 + round;
        expected[round % count] += 1;
    }
    (maps ? run_mapped : run_copied)(session.function("affine"), words, count, stream);
    run.compare_all("word", expected, std::vector<unsigned>(words, words + count));
    CUdeviceptr address = 0;
    CU_FAILS(cuMemHostGetDevicePointer_v2(&address, &address, 0), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuMemHostGetDevicePointer_v2(nullptr, memory, 0), CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuMemFreeHost(memory));
    CU_OK(cuStreamDestroy_v2(stream));
    session.close();
    return run.finish();
}
