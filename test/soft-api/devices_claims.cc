// Claims about several devices in one process: who they are, contexts on each, peers.
#include <set>

#include "soft-api/claim.h"

using namespace abi;

namespace {

CUcontext begin_on(CUdevice device) {
    MUST(cuInit(0));
    CUcontext context = nullptr;
    MUST(cuDevicePrimaryCtxRetain(&context, device));
    MUST(cuCtxSetCurrent(context));
    return context;
}

std::size_t unused_bytes() {
    std::size_t unused = 0;
    std::size_t total = 0;
    MUST(cuMemGetInfo_v2(&unused, &total));
    return unused;
}

}  // namespace

CLAIM("FERRY_SOFT_DEVICES says how many devices there are, each with a name of its own") {
    setenv("FERRY_SOFT_DEVICES", "4", 1);
    MUST(cuInit(0));
    int count = 0;
    MUST(cuDeviceGetCount(&count));
    EXPECT_IS(count, 4);
    std::set<std::string> names;
    for (int ordinal = 0; ordinal < count; ++ordinal) {
        CUdevice device = -1;
        MUST(cuDeviceGet(&device, ordinal));
        EXPECT_IS(device, ordinal);
        CUuuid uuid{};
        MUST(cuDeviceGetUuid_v2(&uuid, device));
        names.insert(std::string(uuid.bytes, sizeof uuid.bytes));
        char bus[16];
        CUdevice same = -1;
        MUST(cuDeviceGetPCIBusId(bus, sizeof bus, device));
        MUST(cuDeviceGetByPCIBusId(&same, bus));
        EXPECT_IS(same, device);
        int can = -1;
        MUST(cuDeviceCanAccessPeer(&can, device, 0));
        EXPECT_IS(can, ordinal == 0 ? 0 : 1);
    }
    EXPECT_IS(names.size(), std::size_t{4});
    CUdevice device = -1;
    EXPECT_IS(cuDeviceGet(&device, 4), CUDA_ERROR_INVALID_DEVICE);
    int can = 0;
    EXPECT_IS(cuDeviceCanAccessPeer(&can, 0, 4), CUDA_ERROR_INVALID_DEVICE);
}

CLAIM("CUDA_VISIBLE_DEVICES chooses and orders the devices") {
    setenv("FERRY_SOFT_DEVICES", "4", 1);
    setenv("CUDA_VISIBLE_DEVICES", "2, 0,9,1", 1);
    MUST(cuInit(0));
    int count = 0;
    MUST(cuDeviceGetCount(&count));
    EXPECT_IS(count, 2);
    int slot = -1;
    MUST(cuDeviceGetAttribute(&slot, CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID, 0));
    EXPECT_IS(slot, 2);
    MUST(cuDeviceGetAttribute(&slot, CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID, 1));
    EXPECT_IS(slot, 0);
}

CLAIM("each device has contexts and memory of its own") {
    setenv("FERRY_SOFT_DEVICES", "2", 1);
    const CUcontext first = begin_on(0);
    const CUcontext second = begin_on(1);
    EXPECT(first != second);
    CUdevice device = -1;
    MUST(cuCtxGetDevice(&device));
    EXPECT_IS(device, 1);
    const std::size_t before = unused_bytes();
    CUdeviceptr address = 0;
    MUST(cuMemAlloc_v2(&address, 1 << 20));
    EXPECT_IS(unused_bytes(), before - (1 << 20));
    int ordinal = -1;
    MUST(cuPointerGetAttribute(&ordinal, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, address));
    EXPECT_IS(ordinal, 1);
    CUstream stream = nullptr;
    MUST(cuStreamCreate(&stream, 0));
    MUST(cuStreamGetDevice(stream, &device));
    EXPECT_IS(device, 1);
    MUST(cuCtxSetCurrent(first));
    EXPECT_IS(unused_bytes(), before);
    MUST(cuMemFree_v2(address));
    CUcontext own = nullptr;
    EXPECT_IS(cuCtxCreate_v2(&own, 0, 2), CUDA_ERROR_INVALID_DEVICE);
    MUST(cuCtxCreate_v2(&own, 0, 1));
    MUST(cuCtxGetDevice(&device));
    EXPECT_IS(device, 1);
    CUmemoryPool pools[2] = {};
    MUST(cuDeviceGetDefaultMemPool(&pools[0], 0));
    MUST(cuDeviceGetDefaultMemPool(&pools[1], 1));
    EXPECT(pools[0] != pools[1]);
}

CLAIM("copies go between devices; kernels reach a peer's memory once they may, and fault before") {
    setenv("FERRY_SOFT_DEVICES", "2", 1);
    const CUcontext first = begin_on(0);
    unsigned count = 1000;
    CUdeviceptr near = claims::zeroed_words(count);
    const CUcontext second = begin_on(1);
    CUdeviceptr far = claims::zeroed_words(count);
    MUST(cuMemsetD32_v2(far, 7, count));
    MUST(cuMemcpyPeer(near, first, far, second, count * 4));
    EXPECT_IS(claims::read_words(near, count)[999], 7U);
    MUST(cuCtxSetCurrent(first));
    const CUfunction add_one = claims::kernel(claims::load_kernels(), "add_one");
    EXPECT_IS(cuCtxDisablePeerAccess(second), CUDA_ERROR_PEER_ACCESS_NOT_ENABLED);
    EXPECT_IS(cuCtxEnablePeerAccess(first, 0), CUDA_ERROR_PEER_ACCESS_UNSUPPORTED);
    MUST(cuCtxEnablePeerAccess(second, 0));
    EXPECT_IS(cuCtxEnablePeerAccess(second, 0), CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED);
    MUST(claims::launch(add_one, 4, 256, {&far, &count}));
    MUST(cuCtxSynchronize());
    EXPECT_IS(claims::read_words(far, count)[5], 8U);
    MUST(cuCtxDisablePeerAccess(second));
    MUST(claims::launch(add_one, 4, 256, {&near, &count}));
    MUST(cuCtxSynchronize());
    MUST(claims::launch(add_one, 4, 256, {&far, &count}));
    EXPECT_IS(cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
}

CLAIM("a copy between contexts stands behind the work of both, and before what they are given next") {
    const CUcontext own = claims::begin();
    constexpr std::size_t kCount = 1000;
    CUdeviceptr target = claims::zeroed_words(kCount);
    volatile std::uint32_t* word = claims::pinned_word();
    auto gate = reinterpret_cast<CUdeviceptr>(word);
    CUcontext other = nullptr;
    MUST(cuCtxCreate_v2(&other, 0, 0));
    CUdeviceptr source = claims::zeroed_words(kCount);
    CUstream stream = nullptr;
    MUST(cuStreamCreate(&stream, CU_STREAM_DEFAULT));
    MUST(claims::launch(claims::kernel(claims::load_kernels(), "await"), 1, 1, {&gate}, stream));
    MUST(cuMemsetD32Async(source, 5, kCount, stream));
    MUST(cuCtxSetCurrent(own));
    MUST(cuMemcpyPeer(target, own, source, other, kCount * 4));
    EXPECT_IS(cuStreamQuery(nullptr), CUDA_ERROR_NOT_READY);
    MUST(cuCtxSetCurrent(other));
    MUST(cuMemsetD32Async(source, 9, kCount, stream));
    *word = 1;
    MUST(cuStreamSynchronize(stream));
    EXPECT_IS(claims::read_words(source, 1)[0], 9U);
    MUST(cuCtxSetCurrent(own));
    MUST(cuStreamSynchronize(nullptr));
    EXPECT_IS(claims::read_words(target, kCount)[kCount - 1], 5U);
}
