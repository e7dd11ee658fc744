// Benchmarks of objects: made, destroyed, asked about. See benchmarks.h.
#include "benchmarks.h"

namespace bench {
namespace {

constexpr double kUs = 1e3;

template <class Call>
void measure_each(Run& run, const char* name, double calls_each, Call call) {
    for (int index = 0; index < 20; ++index) call();
    Section section(run);
    const auto samples = sample(run, 50, run.quick ? 2000 : 20000, run.quick ? 0.1 : 0.4, call);
    section.stop();
    run.add(name, "us", per_call(samples, 1, kUs), calls_each * static_cast<double>(samples.all.size()),
            section.guest(), section.host());
}

void allocate_and_free(std::size_t size) {
    abi::CUdeviceptr address = 0;
    CU(cuMemAlloc_v2(&address, size));
    CU(cuMemFree_v2(address));
}

// A query answers that the work is done, or that it is not yet: both are answers.
void expect_answer(abi::CUresult result, const char* call, int line) {
    if (result != abi::CUDA_ERROR_NOT_READY) check(result, call, line);
}

}  // namespace

void measure_objects(Run& run, const Session& session) {
    abi::CUevent event = nullptr;
    CU(cuEventCreate(&event, 0));
    abi::CUstream stream = nullptr;
    CU(cuStreamCreate(&stream, 0));
    CU(cuEventRecord(event, stream));
    CU(cuCtxSynchronize());
    measure_each(run, "allocate and free 1 KiB", 2, [] { allocate_and_free(1 << 10); });
    measure_each(run, "allocate and free 1 MiB", 2, [] { allocate_and_free(1 << 20); });
    measure_each(run, "allocate and free 64 MiB", 2, [] { allocate_and_free(64 << 20); });
    measure_each(run, "create and destroy an event", 2, [] {
        abi::CUevent each = nullptr;
        CU(cuEventCreate(&each, 0));
        CU(cuEventDestroy_v2(each));
    });
    measure_each(run, "create and destroy a stream", 2, [] {
        abi::CUstream each = nullptr;
        CU(cuStreamCreate(&each, 0));
        CU(cuStreamDestroy_v2(each));
    });
    measure_each(run, "query a done event", 1,
                 [&] { expect_answer(driver.cuEventQuery(event), "cuEventQuery", __LINE__); });
    measure_each(run, "query an idle stream", 1,
                 [&] { expect_answer(driver.cuStreamQuery(stream), "cuStreamQuery", __LINE__); });
    measure_each(run, "launch, record, query the event", 3, [&, empty = session.function("empty0")] {
        launch(empty, 1, 1, stream);
        CU(cuEventRecord(event, stream));
        expect_answer(driver.cuEventQuery(event), "cuEventQuery", __LINE__);
    });
    CU(cuCtxSynchronize());
    measure_each(run, "free and total memory", 1, [] {
        std::size_t free = 0;
        std::size_t total = 0;
        CU(cuMemGetInfo_v2(&free, &total));
    });
    CU(cuStreamDestroy_v2(stream));
    CU(cuEventDestroy_v2(event));
}

}  // namespace bench
