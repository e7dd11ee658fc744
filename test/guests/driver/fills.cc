// cuMemset of 8, 16 and 32 bit elements, blocking and in a stream, linear and over a plane; counts are
// elements, not bytes. Run by test/e2e as `fills SEED [ROUNDS]`.
#include "driver.h"

constexpr unsigned kSize = 4096;

template <class T>
static void fill(std::vector<unsigned char>& bytes, unsigned offset, T value, unsigned count) {
    for (unsigned i = 0; i < count; ++i) std::memcpy(&bytes[offset + i * sizeof(T)], &value, sizeof value);
}

static void fill_linear(guest::Run& run, CUdeviceptr memory, std::vector<unsigned char>& expected,
                        CUstream stream) {
    const unsigned element = 1u << run.random.below(3), value = unsigned(run.random.next());
    const unsigned offset = run.random.below(kSize / element) * element;
    const unsigned count = run.random.below((kSize - offset) / element + 1);
    const bool in_stream = run.random.below(2) != 0;
    const CUdeviceptr target = memory + offset;
    if (element == 1) {
        CU_OK(in_stream ? cuMemsetD8Async(target, (unsigned char)value, count, stream)
                        : cuMemsetD8_v2(target, (unsigned char)value, count));
        fill(expected, offset, (unsigned char)value, count);
    } else if (element == 2) {
        CU_OK(in_stream ? cuMemsetD16Async(target, (unsigned short)value, count, stream)
                        : cuMemsetD16_v2(target, (unsigned short)value, count));
        fill(expected, offset, (unsigned short)value, count);
    } else {
        CU_OK(in_stream ? cuMemsetD32Async(target, value, count, stream)
                        : cuMemsetD32_v2(target, value, count));
        fill(expected, offset, value, count);
    }
}

static void fill_plane(guest::Run& run, CUdeviceptr memory, std::vector<unsigned char>& expected) {
    const unsigned pitch = 256, width = 1 + run.random.below(60),
                   height = 1 + run.random.below(kSize / pitch);
    const unsigned value = unsigned(run.random.next()), kind = run.random.below(3);
    if (kind == 0) CU_OK(cuMemsetD2D8_v2(memory, pitch, (unsigned char)value, width, height));
    if (kind == 1) CU_OK(cuMemsetD2D16_v2(memory, pitch, (unsigned short)value, width, height));
    if (kind == 2) CU_OK(cuMemsetD2D32_v2(memory, pitch, value, width, height));
    for (unsigned row = 0; row < height; ++row) {
        if (kind == 0) fill(expected, row * pitch, (unsigned char)value, width);
        if (kind == 1) fill(expected, row * pitch, (unsigned short)value, width);
        if (kind == 2) fill(expected, row * pitch, value, width);
    }
}

int main(int argc, char** argv) {
    guest::Run run("fills", argc, argv);
    guest::Session session;
    const int rounds = int(run.size(0, 60));
    std::vector<unsigned char> expected(kSize, 0xEE);
    const CUdeviceptr memory = guest::allocate(expected);
    CUstream stream = nullptr;
    CU_OK(cuStreamCreate(&stream, CU_STREAM_DEFAULT));
    for (int round = 0; round < rounds; ++round) {
        fill_linear(run, memory, expected, stream);
        if (round % 8 == 0) fill_plane(run, memory, expected);
    }
    run.compare_all("byte", expected, guest::download<unsigned char>(memory, kSize));
    CU_FAILS(cuMemsetD16_v2(memory + 1, 1, 4), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuMemsetD32_v2(memory + 2, 1, 4), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuMemsetD8_v2(0, 1, 4), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuMemsetD8_v2(memory, 1, kSize * 1024), CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuMemsetD32_v2(memory, 1, 0));
    run.compare_all("after refused calls", expected, guest::download<unsigned char>(memory, kSize));
    CU_OK(cuStreamDestroy_v2(stream));
    CU_OK(cuMemFree_v2(memory));
    session.close();
    return run.finish();
}
