// Host functions in streams: they run in stream order, see what came before, and hold back what comes after.
// Run by test/e2e as `host_callbacks SEED [STREAMS] [ROUNDS]`.
#include <atomic>

#include "../common.h"

__global__ void add_one(int* value) { *value += 1; }

struct Lane {
    int* pinned = nullptr;
    int* device = nullptr;
    std::atomic<int> calls{0};
    std::vector<int> seen;
};

static void CUDART_CB note(void* argument) {
    Lane& lane = *static_cast<Lane*>(argument);
    lane.seen.push_back(*lane.pinned);
    *lane.pinned += 10;
    lane.calls += 1;
}

static void CUDART_CB note_with_status(cudaStream_t, cudaError_t status, void* argument) {
    if (status != cudaSuccess) guest::fail("callback status %d", int(status));
    static_cast<Lane*>(argument)->calls += 100;
}

int main(int argc, char** argv) {
    guest::Run run("host_callbacks", argc, argv);
    const int streams = int(run.size(0, 4)), rounds = int(run.size(1, 6));
    std::vector<Lane> lanes(streams);
    std::vector<cudaStream_t> stream(streams);
    for (int s = 0; s < streams; ++s) {
        CUDA_OK(cudaStreamCreate(&stream[s]));
        CUDA_OK(cudaMallocHost(&lanes[s].pinned, sizeof(int)));
        CUDA_OK(cudaMalloc(&lanes[s].device, sizeof(int)));
        *lanes[s].pinned = s;
    }
    for (int round = 0; round < rounds; ++round) {
        for (int s = 0; s < streams; ++s) {
            Lane& lane = lanes[s];
            CUDA_OK(
                cudaMemcpyAsync(lane.device, lane.pinned, sizeof(int), cudaMemcpyHostToDevice, stream[s]));
            add_one<<<1, 1, 0, stream[s]>>>(lane.device);
            CUDA_OK(
                cudaMemcpyAsync(lane.pinned, lane.device, sizeof(int), cudaMemcpyDeviceToHost, stream[s]));
            CUDA_OK(cudaLaunchHostFunc(stream[s], note, &lane));
        }
    }
    for (int s = 0; s < streams; ++s) {
        CUDA_OK(cudaStreamAddCallback(stream[s], note_with_status, &lanes[s], 0));
        CUDA_OK(cudaStreamSynchronize(stream[s]));
        run.compare("calls", s, rounds + 100, lanes[s].calls.load());
        for (int round = 0; round < rounds; ++round) {
            run.compare("seen", s * rounds + round, s + 11 * round + 1, lanes[s].seen[round]);
        }
        run.compare("final", s, s + 11 * rounds, *lanes[s].pinned);
        CUDA_OK(cudaStreamDestroy(stream[s]));
        CUDA_OK(cudaFree(lanes[s].device));
        CUDA_OK(cudaFreeHost(lanes[s].pinned));
    }
    return run.finish();
}
