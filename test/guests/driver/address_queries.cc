// What the driver says about addresses: ranges, attributes, pitched allocations, memory in use.
// Run by test/e2e as `address_queries SEED [ALLOCATIONS]`.
#include "driver.h"

static void check_device(guest::Run& run, const guest::Session& session, std::size_t size) {
    const CUdeviceptr memory = guest::allocate(size), inner = memory + run.random.below(unsigned(size));
    CUdeviceptr base = 0, start = 0;
    std::size_t length = 0, range_size = 0;
    CU_OK(cuMemGetAddressRange_v2(&base, &length, inner));
    run.require(base == memory && length == size, "the range of an inner address is the allocation");
    CU_OK(cuMemGetAddressRange_v2(nullptr, &length, memory));
    unsigned type = 0;
    int ordinal = -1;
    bool is_managed = true;
    CUcontext owner = nullptr;
    CU_OK(cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, inner));
    run.compare("memory type", 0, unsigned(CU_MEMORYTYPE_DEVICE), type);
    CU_OK(cuPointerGetAttribute(&ordinal, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, inner));
    run.compare("ordinal", 0, 0, ordinal);
    CU_OK(cuPointerGetAttribute(&owner, CU_POINTER_ATTRIBUTE_CONTEXT, inner));
    run.require(owner == session.context, "memory knows its context");
    CU_OK(cuPointerGetAttribute(&is_managed, CU_POINTER_ATTRIBUTE_IS_MANAGED, inner));
    run.require(!is_managed, "plain device memory is not managed");
    CU_OK(cuPointerGetAttribute(&start, CU_POINTER_ATTRIBUTE_RANGE_START_ADDR, inner));
    CU_OK(cuPointerGetAttribute(&range_size, CU_POINTER_ATTRIBUTE_RANGE_SIZE, inner));
    run.require(start == memory && range_size == size, "the range attributes are the allocation");
    CU_OK(cuMemFree_v2(memory));
    CU_FAILS_EITHER(cuMemGetAddressRange_v2(&base, &length, inner), CUDA_ERROR_NOT_FOUND,
                    CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, inner), CUDA_ERROR_INVALID_VALUE);
}

static void check_host(guest::Run& run) {
    void* pinned = nullptr;
    void* allocated = nullptr;
    CU_OK(cuMemAllocHost_v2(&pinned, 5000));
    CU_OK(cuMemHostAlloc(&allocated, 5000, CU_MEMHOSTALLOC_PORTABLE));
    unsigned type = 0;
    const CUdeviceptr inner = reinterpret_cast<CUdeviceptr>(pinned) + 4321;
    CU_OK(cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, inner));
    run.compare("pinned type", 0, unsigned(CU_MEMORYTYPE_HOST), type);
    std::vector<unsigned char> plain(100000);
    const CUdeviceptr plain_address = reinterpret_cast<CUdeviceptr>(plain.data()) + 50000;
    CU_FAILS(cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, plain_address),
             CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuMemHostRegister_v2(plain.data(), plain.size(), 0));
    CU_FAILS(cuMemHostRegister_v2(plain.data(), plain.size(), 0), CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
    CU_OK(cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, plain_address));
    run.compare("registered type", 0, unsigned(CU_MEMORYTYPE_HOST), type);
    CU_OK(cuMemHostUnregister(plain.data()));
    CU_FAILS(cuMemHostUnregister(plain.data()), CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
    CU_OK(cuMemFreeHost(pinned));
    CU_OK(cuMemFreeHost(allocated));
    CU_FAILS(cuMemFreeHost(allocated), CUDA_ERROR_INVALID_VALUE);
}

int main(int argc, char** argv) {
    guest::Run run("address_queries", argc, argv);
    guest::Session session;
    const int allocations = int(run.size(0, 40));
    for (int i = 0; i < allocations; ++i)
        check_device(run, session, 1 + run.random.below(1u << (1 + i % 20)));
    check_host(run);
    std::size_t free_before = 0, free_within = 0, free_after = 0, total = 0, pitch = 0;
    CU_OK(cuMemGetInfo_v2(&free_before, &total));
    const CUdeviceptr large = guest::allocate(std::size_t(64) << 20);
    CU_OK(cuMemGetInfo_v2(&free_within, &total));
    CU_OK(cuMemFree_v2(large));
    CU_OK(cuMemGetInfo_v2(&free_after, &total));
    run.require(free_within < free_before && free_before <= total, "64 MiB show in the free memory");
    run.require(free_after > free_within, "freed memory shows in the free memory");
    CUdeviceptr plane = 0;
    CU_OK(cuMemAllocPitch_v2(&plane, &pitch, 1001, 30, 4));
    run.require(pitch >= 1001 && pitch % 64 == 0, "a pitch holds a row and is aligned");
    CU_OK(cuMemsetD8_v2(plane, 1, pitch * 30));
    CU_OK(cuMemFree_v2(plane));
    session.close();
    return run.finish();
}
