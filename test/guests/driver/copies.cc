// Copies: megabytes through slices, odd offsets, device to device, unified, and rectangles between pitches in
// all directions. Run by test/e2e as `copies SEED [BYTES]`.
#include "driver.h"

using Bytes = std::vector<unsigned char>;

static Bytes random_bytes(guest::Run& run, std::size_t size) {
    Bytes bytes(size);
    for (unsigned char& byte : bytes) byte = (unsigned char)run.random.next();
    return bytes;
}

static void check_linear(guest::Run& run, std::size_t size) {
    const Bytes source = random_bytes(run, size);
    const CUdeviceptr first = guest::allocate(source), second = guest::allocate(size);
    run.compare_all("whole", source, guest::download<unsigned char>(first, size));
    for (int round = 0; round < 12; ++round) {
        const std::size_t offset = run.random.below(unsigned(size)),
                          length = run.random.below(unsigned(size - offset)) + 1;
        CU_OK(cuMemcpyDtoD_v2(second, first + offset, length));
        Bytes got = guest::download<unsigned char>(second, length);
        run.compare_all("part", Bytes(source.begin() + long(offset), source.begin() + long(offset + length)),
                        got);
        CU_OK(cuMemcpy(second, first, length));
        got.assign(length, 0);
        CU_OK(cuMemcpy(reinterpret_cast<CUdeviceptr>(got.data()), second, length));
        run.compare_all("unified", Bytes(source.begin(), source.begin() + long(length)), got);
    }
    CU_OK(cuMemFree_v2(first));
    CU_OK(cuMemFree_v2(second));
}

struct Plane {
    std::size_t pitch, rows;
    Bytes host;
    CUdeviceptr device;
};

static void set_source(CUDA_MEMCPY2D& copy, const Plane& plane, bool on_device) {
    copy.srcMemoryType = on_device ? CU_MEMORYTYPE_DEVICE : CU_MEMORYTYPE_HOST;
    copy.srcHost = plane.host.data();
    copy.srcDevice = plane.device;
    copy.srcPitch = plane.pitch;
}
static void set_target(CUDA_MEMCPY2D& copy, Plane& plane, bool on_device) {
    copy.dstMemoryType = on_device ? CU_MEMORYTYPE_DEVICE : CU_MEMORYTYPE_HOST;
    copy.dstHost = plane.host.data();
    copy.dstDevice = plane.device;
    copy.dstPitch = plane.pitch;
}

static void check_rectangle(guest::Run& run, int round, bool from_device, bool to_device, CUstream stream) {
    Plane source{100 + run.random.below(100), 10 + run.random.below(10), {}, 0};
    Plane target{100 + run.random.below(100), 10 + run.random.below(10), {}, 0};
    source.host = random_bytes(run, source.pitch * source.rows);
    target.host = random_bytes(run, target.pitch * target.rows);
    source.device = guest::allocate(source.host);
    target.device = guest::allocate(target.host);
    CUDA_MEMCPY2D copy = {};
    set_source(copy, source, from_device);
    set_target(copy, target, to_device);
    copy.WidthInBytes = 1 + run.random.below(80);
    copy.Height = 1 + run.random.below(8);
    copy.srcXInBytes = run.random.below(20);
    copy.dstXInBytes = run.random.below(20);
    copy.srcY = run.random.below(3);
    copy.dstY = run.random.below(3);
    Bytes expected = target.host;
    for (std::size_t y = 0; y < copy.Height; ++y) {
        std::memcpy(&expected[(copy.dstY + y) * target.pitch + copy.dstXInBytes],
                    &source.host[(copy.srcY + y) * source.pitch + copy.srcXInBytes], copy.WidthInBytes);
    }
    if (round % 3 == 0) CU_OK(cuMemcpy2D_v2(&copy));
    if (round % 3 == 1) CU_OK(cuMemcpy2DUnaligned_v2(&copy));
    if (round % 3 == 2) CU_OK(cuMemcpy2DAsync_v2(&copy, stream));
    CU_OK(cuStreamSynchronize(stream));
    const Bytes got =
        to_device ? guest::download<unsigned char>(target.device, expected.size()) : target.host;
    run.compare_all("rectangle", expected, got);
    CU_OK(cuMemFree_v2(source.device));
    CU_OK(cuMemFree_v2(target.device));
}

int main(int argc, char** argv) {
    guest::Run run("copies", argc, argv);
    guest::Session session;
    check_linear(run, std::size_t(run.size(0, 3500001)));
    check_linear(run, 1);
    CUstream stream = nullptr;
    CU_OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    for (int round = 0; round < 24; ++round) check_rectangle(run, round, round & 4, round & 8, stream);
    CUDA_MEMCPY2D copy = {};
    copy.srcMemoryType = copy.dstMemoryType = CUmemorytype(77);
    copy.WidthInBytes = copy.Height = copy.srcPitch = copy.dstPitch = 8;
    CU_FAILS(cuMemcpy2D_v2(&copy), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuMemcpy2D_v2(nullptr), CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuStreamDestroy_v2(stream));
    session.close();
    return run.finish();
}
