// A cooperative launch: all blocks meet at grid.sync() many times. Run by test/e2e as `grid_sync SEED
// [ROUNDS]`. Skips itself (aloud) where the device does not offer cooperative launches.
#include <cooperative_groups.h>

#include "../common.h"

namespace cg = cooperative_groups;

__global__ void diffuse(int* first, int* second, int count, int rounds) {
    cg::grid_group grid = cg::this_grid();
    for (int round = 0; round < rounds; ++round) {
        for (int i = int(grid.thread_rank()); i < count; i += int(grid.size())) {
            second[i] = first[i] + first[(i + 1) % count] * 3;
        }
        grid.sync();
        int* swap = first;
        first = second;
        second = swap;
    }
}

int main(int argc, char** argv) {
    guest::Run run("grid_sync", argc, argv);
    int rounds = int(run.size(0, 10)), count = 999, offered = 0;
    CUDA_OK(cudaDeviceGetAttribute(&offered, cudaDevAttrCooperativeLaunch, 0));
    if (!offered) {
        std::fprintf(stderr, "grid_sync: the device offers no cooperative launch\n");
        return run.finish();
    }
    std::vector<int> values(count), next(count);
    for (int& value : values) value = int(run.random.below(1000));
    guest::DeviceArray<int> first(values), second(count);
    int *a = first.data(), *b = second.data();
    void* arguments[] = {&a, &b, &count, &rounds};
    CUDA_OK(cudaLaunchCooperativeKernel(reinterpret_cast<const void*>(diffuse), dim3(2), dim3(64), arguments,
                                        0, nullptr));
    CUDA_OK(cudaDeviceSynchronize());
    for (int round = 0; round < rounds; ++round) {
        for (int i = 0; i < count; ++i)
            next[i] = int(unsigned(values[i]) + unsigned(values[(i + 1) % count]) * 3u);
        values.swap(next);
    }
    run.compare_all("value", values, rounds % 2 ? second.download() : first.download());
    return run.finish();
}
