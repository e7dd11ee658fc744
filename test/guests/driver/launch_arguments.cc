// The ways to hand arguments to a launch: by address, packed in a buffer through `extra`, by
// cuLaunchKernelEx; sizes and alignments that differ; lists that are wrong. Run by test/e2e as
// `launch_arguments SEED [ROUNDS]`.
#include "driver.h"

// As the parameters of `mixed` lie in memory.
struct Packed {
    unsigned char byte;
    std::uint64_t wide;
    std::uint16_t half;
    double real;
    unsigned triple[3];
    CUdeviceptr out;
};
static_assert(offsetof(Packed, out) == 48);

static void* const kEnd = reinterpret_cast<void*>(CU_LAUNCH_PARAM_END_AS_INT);
static void* const kBuffer = reinterpret_cast<void*>(CU_LAUNCH_PARAM_BUFFER_POINTER_AS_INT);
static void* const kSize = reinterpret_cast<void*>(CU_LAUNCH_PARAM_BUFFER_SIZE_AS_INT);

static Packed random_arguments(guest::Run& run, CUdeviceptr out) {
    Packed packed = {};
    packed.byte = (unsigned char)run.random.next();
    packed.wide = run.random.next();
    packed.half = std::uint16_t(run.random.next());
    packed.real = double(run.random.next()) / 7;
    for (unsigned& word : packed.triple) word = unsigned(run.random.next());
    packed.out = out;
    return packed;
}

static void check_output(guest::Run& run, const char* what, const Packed& packed) {
    std::uint64_t real = 0;
    std::memcpy(&real, &packed.real, sizeof real);
    const std::vector<std::uint64_t> expected = {
        packed.byte, packed.wide,      packed.half,
        real,        packed.triple[0], std::uint64_t(packed.triple[2]) << 32 | packed.triple[1]};
    run.compare_all(what, expected, guest::download<std::uint64_t>(packed.out, expected.size()));
    CU_OK(cuMemsetD8_v2(packed.out, 0, 48));
}

int main(int argc, char** argv) {
    guest::Run run("launch_arguments", argc, argv);
    guest::Session session;
    const CUfunction mixed = session.function("mixed");
    const CUdeviceptr out = guest::allocate(48);
    CUlaunchAttribute attribute = {};
    attribute.id = CU_LAUNCH_ATTRIBUTE_PRIORITY;
    CUlaunchConfig config = {1, 1, 1, 1, 1, 1, 0, nullptr, &attribute, 1};
    for (int round = 0; round < int(run.size(0, 20)); ++round) {
        Packed packed = random_arguments(run, out);
        void* list[] = {&packed.byte, &packed.wide, &packed.half, &packed.real, packed.triple, &packed.out};
        CU_OK(cuLaunchKernel(mixed, 1, 1, 1, 1, 1, 1, 0, nullptr, list, nullptr));
        check_output(run, "by address", packed);
        std::size_t size = sizeof packed;
        void* extra[] = {kBuffer, &packed, kSize, &size, kEnd};
        CU_OK(cuLaunchKernel(mixed, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, extra));
        check_output(run, "packed", packed);
        CU_OK(cuLaunchKernelEx(&config, mixed, list, nullptr));
        check_output(run, "by configuration", packed);
    }
    Packed packed = random_arguments(run, out);
    std::size_t size = sizeof packed;
    void* list[] = {&packed.byte, &packed.wide, &packed.half, &packed.real, packed.triple, &packed.out};
    void* extra[] = {kBuffer, &packed, kSize, &size, kEnd};
    void* unknown[] = {reinterpret_cast<void*>(77), &packed, kEnd};
    CU_FAILS(cuLaunchKernel(mixed, 1, 1, 1, 1, 1, 1, 0, nullptr, list, extra), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuLaunchKernel(mixed, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, unknown), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuLaunchKernelEx(nullptr, mixed, list, nullptr), CUDA_ERROR_INVALID_VALUE);

    // Dynamic shared memory, and arguments that the program overwrites right after the call.
    const unsigned blocks = 20;
    std::vector<unsigned> values(blocks * 64), expected(blocks, 0);
    for (unsigned i = 0; i < values.size(); ++i) expected[i / 64] += values[i] = unsigned(run.random.next());
    CUdeviceptr device_values = guest::allocate(values), sums = guest::allocate(blocks * 4);
    const CUdeviceptr kept_sums = sums, kept_values = device_values;
    void* arguments[] = {&device_values, &sums};
    CU_OK(cuLaunchKernel(session.function("block_sum"), blocks, 1, 1, 64, 1, 1, 64 * 4, nullptr, arguments,
                         nullptr));
    device_values = sums = 0;
    run.compare_all("block sum", expected, guest::download<unsigned>(kept_sums, blocks));
    for (CUdeviceptr address : {out, kept_sums, kept_values}) CU_OK(cuMemFree_v2(address));
    session.close();
    return run.finish();
}
