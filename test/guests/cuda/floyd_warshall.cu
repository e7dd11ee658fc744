// All shortest paths: a two-dimensional grid and one launch for every node.
// Run by test/e2e as `floyd_warshall SEED [NODES]`.
#include "../common.h"

__global__ void relax(unsigned* distances, unsigned* through, int nodes, int step) {
    const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= nodes || y >= nodes) return;
    const unsigned old = distances[y * nodes + x];
    const unsigned candidate = distances[y * nodes + step] + distances[step * nodes + x];
    if (candidate < old) {
        distances[y * nodes + x] = candidate;
        through[y * nodes + x] = unsigned(step);
    }
}

int main(int argc, char** argv) {
    guest::Run run("floyd_warshall", argc, argv);
    const int nodes = int(run.size(0, 70));
    std::vector<unsigned> distances(nodes * nodes), through(nodes * nodes, 0);
    for (unsigned& distance : distances) distance = run.random.below(10000) + 1;
    for (int i = 0; i < nodes; ++i) distances[i * nodes + i] = 0;
    guest::DeviceArray<unsigned> device_distances(distances), device_through(through);
    const dim3 grid((nodes + 15) / 16, (nodes + 15) / 16), block(16, 16);
    for (int step = 0; step < nodes; ++step) {
        relax<<<grid, block>>>(device_distances.data(), device_through.data(), nodes, step);
        for (int i = 0; i < nodes * nodes; ++i) {
            const unsigned candidate =
                distances[i / nodes * nodes + step] + distances[step * nodes + i % nodes];
            if (candidate < distances[i]) distances[i] = candidate, through[i] = unsigned(step);
        }
    }
    CUDA_OK(cudaDeviceSynchronize());
    run.compare_all("distance", distances, device_distances.download());
    run.compare_all("through", through, device_through.download());
    return run.finish();
}
