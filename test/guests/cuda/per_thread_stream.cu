// Built with -default-stream per-thread: every thread's default stream is its own, and still in order with
// itself. Run by test/e2e as `per_thread_stream SEED [THREADS] [ROUNDS]`.
#include <pthread.h>

#include "../common.h"

constexpr int kCount = 1024;

__global__ void step(unsigned* values, unsigned factor, unsigned term) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    values[i] = values[i] * factor + term;
}

struct Job {
    unsigned long long seed;
    int rounds;
    unsigned expected, got;
};

static void* work(void* argument) {
    Job& job = *static_cast<Job*>(argument);
    guest::Random random(job.seed);
    std::vector<unsigned> values(kCount, 1);
    const std::size_t size = kCount * sizeof(unsigned);
    unsigned* device = nullptr;
    CUDA_OK(cudaMalloc(&device, size));
    CUDA_OK(cudaMemcpyAsync(device, values.data(), size, cudaMemcpyHostToDevice));
    job.expected = 1;
    for (int round = 0; round < job.rounds; ++round) {
        const unsigned factor = random.below(1000) | 1, term = random.below(1000);
        step<<<kCount / 128, 128>>>(device, factor, term);
        job.expected = job.expected * factor + term;
    }
    CUDA_OK(cudaMemcpyAsync(values.data(), device, size, cudaMemcpyDeviceToHost));
    CUDA_OK(cudaStreamSynchronize(0));
    job.got = values[random.below(kCount)];
    CUDA_OK(cudaMemset(device, 0, size));
    CUDA_OK(cudaFree(device));
    return nullptr;
}

int main(int argc, char** argv) {
    guest::Run run("per_thread_stream", argc, argv);
    const int threads = int(run.size(0, 6)), rounds = int(run.size(1, 20));
    std::vector<Job> jobs(threads);
    std::vector<pthread_t> ids(threads);
    for (int i = 0; i < threads; ++i) {
        jobs[i] = {run.random.next(), rounds, 0, 1};
        if (pthread_create(&ids[i], nullptr, work, &jobs[i]) != 0) guest::fail("pthread_create");
    }
    for (pthread_t id : ids) pthread_join(id, nullptr);
    for (int i = 0; i < threads; ++i) run.compare("thread", i, jobs[i].expected, jobs[i].got);
    return run.finish();
}
