// CUDA's own stream names 0, 1 (legacy) and 2 (per thread), from several threads, in order with one another
// as CUDA says. Run by test/e2e as `special_streams SEED [ROUNDS]`.
#include <thread>

#include "driver.h"

constexpr int kCount = 512;

static const CUstream kLegacy = reinterpret_cast<CUstream>(1), kPerThread = reinterpret_cast<CUstream>(2);

static unsigned chain(guest::Random& random, CUfunction affine, CUdeviceptr cell,
                      const std::vector<CUstream>& streams) {
    unsigned value = 1;
    for (CUstream stream : streams) {
        const unsigned factor = random.below(1000) | 1, term = random.below(1000);
        CU_OK(guest::launch(affine, 4, 128, stream, cell, unsigned(kCount), factor, term));
        value = value * factor + term;
    }
    return value;
}

int main(int argc, char** argv) {
    guest::Run run("special_streams", argc, argv);
    guest::Session session;
    const int rounds = int(run.size(0, 10));
    const CUfunction affine = session.function("affine");
    CUstream blocking = nullptr;
    CU_OK(cuStreamCreate(&blocking, CU_STREAM_DEFAULT));

    // The legacy stream and blocking streams (the per-thread one is of that kind) follow one another.
    const CUdeviceptr cell = guest::allocate(std::vector<unsigned>(kCount, 1));
    std::vector<CUstream> order;
    for (int i = 0; i < rounds; ++i) {
        for (CUstream stream : {CUstream(nullptr), blocking, kLegacy, kPerThread, kLegacy})
            order.push_back(stream);
    }
    const unsigned expected = chain(run.random, affine, cell, order);
    CU_OK(cuCtxSynchronize());
    run.compare_all("mixed", std::vector<unsigned>(kCount, expected),
                    guest::download<unsigned>(cell, kCount));
    CU_OK(cuStreamSynchronize(kLegacy));
    CU_OK(cuStreamSynchronize(kPerThread));
    CU_OK(cuStreamQuery(nullptr));
    unsigned flags = 77;
    CU_OK(cuStreamGetFlags(kLegacy, &flags));

    std::vector<std::thread> threads;
    std::vector<unsigned> wanted(6), got(6);
    for (int i = 0; i < 6; ++i) {
        threads.emplace_back([&, i, seed = run.random.next()] {
            guest::Random random(seed);
            CU_OK(cuCtxSetCurrent(session.context));
            const CUdeviceptr mine = guest::allocate(std::vector<unsigned>(kCount, 1));
            wanted[i] = chain(random, affine, mine, std::vector<CUstream>(std::size_t(rounds), kPerThread));
            std::vector<unsigned> values(kCount);
            CU_OK(cuMemcpyDtoHAsync_v2(values.data(), mine, kCount * sizeof(unsigned), kPerThread));
            CU_OK(cuStreamSynchronize(kPerThread));
            got[i] = values[random.below(kCount)];
            CU_OK(cuMemFree_v2(mine));
        });
    }
    for (std::thread& thread : threads) thread.join();
    run.compare_all("per thread", wanted, got);
    CU_FAILS_EITHER(cuStreamDestroy_v2(nullptr), CUDA_ERROR_INVALID_HANDLE, CUDA_ERROR_INVALID_VALUE);
    CU_FAILS_EITHER(cuStreamDestroy_v2(kLegacy), CUDA_ERROR_INVALID_HANDLE, CUDA_ERROR_NOT_PERMITTED);
    CU_OK(cuStreamDestroy_v2(blocking));
    CU_OK(cuMemFree_v2(cell));
    session.close();
    return run.finish();
}
