// Several streams: work in one stream stays in order, an event orders two streams, queries end, the legacy
// stream waits for blocking streams. Run by test/e2e as `streams SEED [STREAMS] [ROUNDS]`.
#include "../common.h"

constexpr int kCount = 4096;

// Depends on the old value, so that swapped or lost launches show.
__global__ void step(unsigned* values, unsigned factor, unsigned term) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    values[i] = values[i] * factor + term;
}
__global__ void gather(const unsigned* source, unsigned* target) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    target[i] += source[kCount - 1 - i];
}

static void chain(guest::Run& run, int streams, int rounds, unsigned flags) {
    std::vector<cudaStream_t> stream(streams);
    std::vector<unsigned*> memory(streams);
    std::vector<unsigned> expected(streams, 1);
    for (int s = 0; s < streams; ++s) {
        CUDA_OK(cudaStreamCreateWithFlags(&stream[s], flags));
        CUDA_OK(cudaMalloc(&memory[s], kCount * sizeof(unsigned)));
        const std::vector<unsigned> ones(kCount, 1);
        CUDA_OK(cudaMemcpy(memory[s], ones.data(), kCount * sizeof(unsigned), cudaMemcpyHostToDevice));
    }
    for (int round = 0; round < rounds; ++round) {
        for (int s = 0; s < streams; ++s) {
            const unsigned factor = run.random.below(1000) | 1, term = run.random.below(1000);
            step<<<kCount / 256, 256, 0, stream[s]>>>(memory[s], factor, term);
            expected[s] = expected[s] * factor + term;
        }
    }
    for (int s = 0; s < streams; ++s) {
        std::vector<unsigned> got(kCount);
        const std::size_t size = kCount * sizeof(unsigned);
        CUDA_OK(cudaMemcpyAsync(got.data(), memory[s], size, cudaMemcpyDeviceToHost, stream[s]));
        CUDA_OK(cudaStreamSynchronize(stream[s]));
        CUDA_OK(cudaStreamQuery(stream[s]));
        for (int i = 0; i < kCount; i += 37) run.compare("chain", i, expected[s], got[i]);
        CUDA_OK(cudaStreamDestroy(stream[s]));
        CUDA_OK(cudaFree(memory[s]));
    }
}

// producer -> event -> consumer, many times over the same two buffers.
static void ping_pong(guest::Run& run, int rounds) {
    std::vector<unsigned> source(kCount), target(kCount, 0);
    for (unsigned& value : source) value = unsigned(run.random.next());
    guest::DeviceArray<unsigned> device_source(source), device_target(target);
    cudaStream_t producer, consumer;
    cudaEvent_t produced, consumed;
    CUDA_OK(cudaStreamCreateWithFlags(&producer, cudaStreamNonBlocking));
    CUDA_OK(cudaStreamCreateWithPriority(&consumer, cudaStreamNonBlocking, 0));
    CUDA_OK(cudaEventCreateWithFlags(&produced, cudaEventDisableTiming));
    CUDA_OK(cudaEventCreateWithFlags(&consumed, cudaEventDisableTiming));
    for (int round = 0; round < rounds; ++round) {
        step<<<kCount / 128, 128, 0, producer>>>(device_source.data(), 3, unsigned(round));
        CUDA_OK(cudaEventRecord(produced, producer));
        CUDA_OK(cudaStreamWaitEvent(consumer, produced, 0));
        gather<<<kCount / 64, 64, 0, consumer>>>(device_source.data(), device_target.data());
        CUDA_OK(cudaEventRecord(consumed, consumer));
        CUDA_OK(cudaStreamWaitEvent(producer, consumed, 0));
        for (unsigned& value : source) value = value * 3 + unsigned(round);
        for (int i = 0; i < kCount; ++i) target[i] += source[kCount - 1 - i];
    }
    CUDA_OK(cudaEventSynchronize(consumed));
    CUDA_OK(cudaEventQuery(produced));
    run.compare_all("ping-pong", target, device_target.download());
    CUDA_OK(cudaStreamDestroy(producer));
    CUDA_OK(cudaStreamDestroy(consumer));
    CUDA_OK(cudaEventDestroy(produced));
    CUDA_OK(cudaEventDestroy(consumed));
}

int main(int argc, char** argv) {
    guest::Run run("streams", argc, argv);
    const int streams = int(run.size(0, 5)), rounds = int(run.size(1, 12));
    chain(run, streams, rounds, cudaStreamDefault);
    chain(run, streams, rounds, cudaStreamNonBlocking);
    ping_pong(run, rounds);

    // Work in a blocking stream is finished before the legacy stream's, and the other way round, without any
    // synchronise.
    cudaStream_t blocking;
    CUDA_OK(cudaStreamCreate(&blocking));
    guest::DeviceArray<unsigned> values(std::vector<unsigned>(kCount, 5));
    unsigned expected = 5;
    for (int round = 0; round < rounds; ++round) {
        step<<<kCount / 256, 256, 0, blocking>>>(values.data(), 7, 1);
        step<<<kCount / 256, 256>>>(values.data(), 5, 2);
        expected = (expected * 7 + 1) * 5 + 2;
    }
    CUDA_OK(cudaStreamDestroy(blocking));
    run.compare_all("legacy order", std::vector<unsigned>(kCount, expected), values.download());
    return run.finish();
}
