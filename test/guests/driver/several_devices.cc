// Work on every device in turn: each has a name, contexts and memory of its own. Run by test/e2e as
// `several_devices SEED [DEVICES: so many there must be]`.
#include <set>

#include "driver.h"

int main(int argc, char** argv) {
    guest::Run run("several_devices", argc, argv);
    CU_OK(cuInit(0));
    int count = 0;
    CU_OK(cuDeviceGetCount(&count));
    run.compare("count", 0, int(run.size(0, 1)), count);
    std::set<std::string> names;
    std::vector<CUcontext> contexts(static_cast<std::size_t>(count), nullptr);
    std::vector<CUdeviceptr> blocks(static_cast<std::size_t>(count), 0);
    constexpr unsigned kCount = 1000;
    for (int ordinal = 0; ordinal < count; ++ordinal) {
        CUdevice device = -1;
        CU_OK(cuDeviceGet(&device, ordinal));
        CUuuid uuid{};
        CU_OK(cuDeviceGetUuid_v2(&uuid, device));
        names.insert(std::string(uuid.bytes, sizeof uuid.bytes));
        CU_OK(cuCtxCreate_v2(&contexts[ordinal], 0, device));
        CUdevice current = -1;
        CU_OK(cuCtxGetDevice(&current));
        run.compare("device", ordinal, device, current);
        CUmodule module = nullptr;
        CUfunction affine = nullptr;
        CU_OK(cuModuleLoadData(&module, kernels_ptx));
        CU_OK(cuModuleGetFunction(&affine, module, "affine"));
        blocks[ordinal] = guest::allocate(std::vector<unsigned>(kCount, 7));
        CU_OK(guest::launch(affine, 4, 256, nullptr, blocks[ordinal], kCount, 3u, unsigned(ordinal)));
    }
    run.compare("names", 0, std::size_t(count), names.size());
    for (int ordinal = 0; ordinal < count; ++ordinal) {
        CU_OK(cuCtxSetCurrent(contexts[ordinal]));
        int owner = -1;
        CU_OK(cuPointerGetAttribute(&owner, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, blocks[ordinal]));
        run.compare("owner", ordinal, ordinal, owner);
        run.compare_all("words", std::vector<unsigned>(kCount, 21 + unsigned(ordinal)),
                        guest::download<unsigned>(blocks[ordinal], kCount));
    }
    CUdevice none = -1;
    CU_FAILS(cuDeviceGet(&none, count), CUDA_ERROR_INVALID_DEVICE);
    for (CUcontext context : contexts) CU_OK(cuCtxDestroy_v2(context));
    return run.finish();
}
