// Cooperative groups inside a block: the block, tiles of 4 to 32 threads, coalesced threads, reductions and
// scans over them. Run by test/e2e as `group_tiles SEED [BLOCKS]`.
#include <cooperative_groups.h>

#include "../common.h"

namespace cg = cooperative_groups;
constexpr int kThreads = 64;

template <class Group>
__device__ int group_sum(const Group& group, int* scratch, int value) {
    const int lane = group.thread_rank();
    for (int i = group.size() / 2; i > 0; i /= 2) {
        scratch[lane] = value;
        group.sync();
        if (lane < i) value += scratch[lane + i];
        group.sync();
    }
    return value;
}

template <class Tile>
__device__ int tile_sum(const Tile& tile, int value) {
    for (int offset = tile.size() / 2; offset > 0; offset /= 2) value += tile.shfl_down(value, offset);
    return tile.shfl(value, 0);
}

__global__ void sums(const int* input, int* whole, int* by_16, int* by_4, int* odd_ranks) {
    __shared__ int scratch[kThreads];
    cg::thread_block block = cg::this_thread_block();
    const int i = block.group_index().x * kThreads + block.thread_rank();
    const int value = input[i];
    const int total = group_sum(block, scratch, value);
    if (block.thread_rank() == 0) whole[block.group_index().x] = total;
    const auto tile = cg::tiled_partition<16>(block);
    const int tile_total = tile_sum(tile, value);
    if (tile.thread_rank() == 0) by_16[i / 16] = tile_total;
    by_4[i] = tile_sum(cg::tiled_partition<4>(tile), value);
    odd_ranks[i] = -1;
    if (value % 2) {
        const cg::coalesced_group odd = cg::coalesced_threads();
        odd_ranks[i] = int(odd.thread_rank() * 100 + odd.size());
    }
    cg::sync(block);
}

int main(int argc, char** argv) {
    guest::Run run("group_tiles", argc, argv);
    const int blocks = int(run.size(0, 9)), count = blocks * kThreads;
    std::vector<int> input(count), whole(blocks), by_16(count / 16), by_4(count), odd_ranks(count, -1);
    for (int& value : input) value = int(run.random.below(1000));
    for (int i = 0; i < count; ++i) {
        whole[i / kThreads] += input[i];
        by_16[i / 16] += input[i];
        const int first = i / 32 * 32;
        int before = 0, all = 0;
        for (int j = first; j < first + 32; ++j) {
            if (j / 4 == i / 4) by_4[i] += input[j];
            before += j < i && input[j] % 2;
            all += input[j] % 2;
        }
        if (input[i] % 2) odd_ranks[i] = before * 100 + all;
    }
    guest::DeviceArray<int> device_input(input), device_whole(blocks), device_by_16(count / 16),
        device_by_4(count), device_ranks(count);
    sums<<<blocks, kThreads>>>(device_input.data(), device_whole.data(), device_by_16.data(),
                               device_by_4.data(), device_ranks.data());
    CUDA_OK(cudaDeviceSynchronize());
    run.compare_all("block sum", whole, device_whole.download());
    run.compare_all("tile of 16", by_16, device_by_16.download());
    run.compare_all("tile of 4", by_4, device_by_4.download());
    run.compare_all("coalesced rank", odd_ranks, device_ranks.download());
    return run.finish();
}
