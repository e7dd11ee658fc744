// Pinned memory: copies of all sizes and offsets both ways, what a query or a free says about them, blocks
// that are freed with copies in flight and lent again, rectangles, threads, the child of a fork. Run by
// test/e2e as `pinned_memory SEED [BYTES] [ORDER]`; with ORDER also what only a device that reaches the
// memory by itself can do: copies queued behind a host function that has not returned yet.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "driver.h"

namespace {

struct Block {
    explicit Block(std::size_t bytes) : size(bytes) {
        void* memory = nullptr;
        CU_OK(cuMemAllocHost_v2(&memory, bytes));
        data = static_cast<unsigned char*>(memory);
    }
    ~Block() { CU_OK(cuMemFreeHost(data)); }
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;
    void fill(guest::Random& random) const {
        for (std::size_t at = 0; at < size; ++at) data[at] = (unsigned char)random.next();
    }
    unsigned char* data;
    std::size_t size;
};

void require_same(const char* what, const void* left, const void* right, std::size_t size) {
    if (std::memcmp(left, right, size) != 0) guest::fail("%s: %zu bytes came back changed", what, size);
}

// One copy to the device and one back, pinned or not, in one of their forms.
void check_both_ways(guest::Run& run, const Block& source, const Block& target, CUdeviceptr device,
                     CUstream stream) {
    const std::size_t length = 1 + run.random.below(run.random.below(2) ? 5000 : unsigned(source.size));
    const std::size_t from = run.random.below(unsigned(source.size - length + 1));
    const std::size_t at = run.random.below(unsigned(source.size - length + 1));
    const std::size_t to = run.random.below(unsigned(source.size - length + 1));
    source.data[from] = (unsigned char)run.random.next();
    source.data[from + length - 1] = (unsigned char)run.random.next();
    std::memset(target.data + to, 0, length);
    std::vector<unsigned char> pageable(length);
    switch (run.random.below(4)) {
        case 0: CU_OK(cuMemcpyHtoDAsync_v2(device + at, source.data + from, length, stream)); break;
        case 1: CU_OK(cuMemcpyHtoD_v2(device + at, source.data + from, length)); break;
        case 2: CU_OK(cuMemcpy(device + at, CUdeviceptr(source.data + from), length)); break;
        default:
            pageable.assign(source.data + from, source.data + from + length);
            CU_OK(cuMemcpyHtoDAsync_v2(device + at, pageable.data(), length, stream));
            pageable.assign(length, 1);
    }
    if (run.random.below(3) == 0) {
        CU_OK(cuStreamSynchronize(stream));
        CU_OK(cuMemcpyDtoH_v2(pageable.data(), device + at, length));
        require_same("to pageable memory", pageable.data(), source.data + from, length);
    }
    CU_OK(cuMemcpyDtoHAsync_v2(target.data + to, device + at, length, stream));
    CU_OK(cuStreamSynchronize(stream));
    require_same("to pinned memory", target.data + to, source.data + from, length);
}

// Once a query or a free says that a copy is over, its bytes are there.
void check_completion(guest::Run& run, const guest::Session& session, CUstream stream) {
    constexpr std::size_t kSize = 300001;
    Block source(kSize), target(kSize);
    const CUdeviceptr device = guest::allocate(kSize);
    CUevent event = nullptr;
    CU_OK(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING));
    const CUdeviceptr cell = guest::allocate(std::vector<unsigned>{0});
    for (int round = 0; round < 30; ++round) {
        std::memset(source.data, round + 1, kSize);
        const CUdeviceptr other = guest::allocate(512);
        CU_OK(guest::launch(session.function("spin"), 1, 1, stream, cell, 1 + run.random.below(3000)));
        CU_OK(cuMemcpyHtoDAsync_v2(device, source.data, kSize, stream));
        CU_OK(cuMemcpyDtoHAsync_v2(target.data, device, kSize, stream));
        CU_OK(cuEventRecord(event, stream));
        if (round % 4 == 0) while (cuEventQuery(event) == CUDA_ERROR_NOT_READY) {}
        if (round % 4 == 1) while (cuStreamQuery(stream) == CUDA_ERROR_NOT_READY) {}
        if (round % 4 == 2) CU_OK(cuEventSynchronize(event));
        CU_OK(cuMemFree_v2(other));
        require_same("what is known to be over", target.data, source.data, kSize);
    }
    CU_OK(cuEventDestroy_v2(event));
    CU_OK(cuMemFree_v2(device));
    CU_OK(cuMemFree_v2(cell));
}

// A copy that the program waits for, behind work that is still going on, has its bytes when it returns, and
// one out of pageable memory has taken them: in slices that are used more than once here.
void check_waits(const guest::Session& session) {
    constexpr std::size_t kSize = 6 << 20;
    Block pinned(kSize);
    const CUdeviceptr device = guest::allocate(kSize);
    const CUdeviceptr cell = guest::allocate(std::vector<unsigned>{0});
    const auto busy = [&] { CU_OK(guest::launch(session.function("spin"), 1, 1, nullptr, cell, 300000)); };
    for (int round = 0; round < 3; ++round) {
        std::vector<unsigned char> source(kSize);
        for (std::size_t at = 0; at < kSize; at += 512) source[at] = (unsigned char)(at / 512 * 13 + round);
        busy();
        CU_OK(cuMemcpyHtoDAsync_v2(device, source.data(), kSize, nullptr));
        busy();
        CU_OK(cuMemcpyDtoH_v2(pinned.data, device, kSize));
        require_same("pinned memory behind a kernel", pinned.data, source.data(), kSize);
        busy();
        CU_OK(cuMemsetD8Async(device, 7, kSize, nullptr));
        std::vector<unsigned char> pageable(kSize);
        CU_OK(cuMemcpyDtoH_v2(pageable.data(), device, kSize));
        require_same("pageable memory behind a kernel", pageable.data(),
                     std::vector<unsigned char>(kSize, 7).data(), kSize);
    }
    CU_OK(cuMemFree_v2(device));
    CU_OK(cuMemFree_v2(cell));
}

// Blocks freed behind copies that have not begun: what comes into the memory next must not reach the device.
void check_frees(guest::Run& run, const guest::Session& session, CUstream stream) {
    const CUdeviceptr cell = guest::allocate(std::vector<unsigned>{0});
    constexpr std::size_t kSize = 70000;
    const CUdeviceptr device = guest::allocate(kSize);
    const std::vector<unsigned char> expected(kSize, 5);
    for (int round = 0; round < 20; ++round) {
        CU_OK(guest::launch(session.function("spin"), 1, 1, stream, cell, 1 + run.random.below(20000)));
        {
            Block block(kSize);
            std::memset(block.data, 5, kSize);
            CU_OK(cuMemcpyHtoDAsync_v2(device, block.data, kSize, stream));
        }
        Block next(kSize);
        std::memset(next.data, 6, kSize);
        CU_OK(cuStreamSynchronize(stream));
        const auto got = guest::download<unsigned char>(device, kSize);
        require_same("a freed block's bytes", expected.data(), got.data(), kSize);
    }
    CU_OK(cuMemFree_v2(device));
    CU_OK(cuMemFree_v2(cell));
}

unsigned char mark(std::size_t size, std::size_t at) { return (unsigned char)(size * 31 + at); }

// Blocks of many sizes, each with its own bytes for as long as it lives.
void check_blocks(guest::Run& run) {
    std::vector<std::pair<unsigned char*, std::size_t>> live;
    const auto release = [&](std::size_t index) {
        const auto [data, size] = live[index];
        for (std::size_t at : {std::size_t{0}, size / 2, size - 1}) {
            if (data[at] != mark(size, at)) guest::fail("a block of %zu bytes has changed", size);
        }
        CU_OK(cuMemFreeHost(data));
        live.erase(live.begin() + long(index));
    };
    for (int round = 0; round < 400; ++round) {
        void* memory = nullptr;
        const std::size_t size = 1 + run.random.below(run.random.below(20) == 0 ? 9u << 20 : 100000);
        CU_OK(cuMemHostAlloc(&memory, size, CU_MEMHOSTALLOC_PORTABLE));
        auto* data = static_cast<unsigned char*>(memory);
        for (std::size_t at : {std::size_t{0}, size / 2, size - 1}) data[at] = mark(size, at);
        live.push_back({data, size});
        if (live.size() > 20) release(run.random.below(unsigned(live.size())));
    }
    while (!live.empty()) release(live.size() - 1);
    CU_FAILS(cuMemFreeHost(&run), CUDA_ERROR_INVALID_VALUE);
}

void check_rectangles(guest::Run& run, CUstream stream) {
    constexpr std::size_t kPitch = 700, kRows = 300;
    Block source(kPitch * kRows), target(kPitch * kRows);
    source.fill(run.random);
    const CUdeviceptr device = guest::allocate(kPitch * kRows);
    for (int round = 0; round < 6; ++round) {
        CUDA_MEMCPY2D copy = {};
        copy.srcMemoryType = CU_MEMORYTYPE_HOST;
        copy.srcHost = source.data;
        copy.srcPitch = copy.dstPitch = kPitch;
        copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
        copy.dstDevice = device;
        copy.WidthInBytes = 1 + run.random.below(600);
        copy.Height = 1 + run.random.below(200);
        copy.srcXInBytes = run.random.below(100);
        copy.srcY = run.random.below(100);
        CU_OK(round % 2 ? cuMemcpy2D_v2(&copy) : cuMemcpy2DAsync_v2(&copy, stream));
        CUDA_MEMCPY2D back = {};
        back.srcMemoryType = CU_MEMORYTYPE_DEVICE;
        back.srcDevice = device;
        back.srcPitch = back.dstPitch = kPitch;
        back.dstMemoryType = CU_MEMORYTYPE_HOST;
        back.dstHost = target.data;
        back.WidthInBytes = copy.WidthInBytes;
        back.Height = copy.Height;
        CU_OK(cuMemcpy2DAsync_v2(&back, stream));
        CU_OK(cuStreamSynchronize(stream));
        for (std::size_t row = 0; row < copy.Height; ++row) {
            require_same("a row", target.data + row * kPitch,
                         source.data + (copy.srcY + row) * kPitch + copy.srcXInBytes, copy.WidthInBytes);
        }
    }
    CU_OK(cuMemFree_v2(device));
}

void work(CUcontext context, std::uint64_t seed) {
    guest::Random random(seed);
    CU_OK(cuCtxSetCurrent(context));
    CUstream stream = nullptr;
    CU_OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    for (int round = 0; round < 15; ++round) {
        Block source(1 + random.below(round % 5 ? 300000 : 6000000)), target(source.size);
        for (std::size_t at = 0; at < source.size; at += 1 + random.below(200)) {
            source.data[at] = (unsigned char)random.below(256);
        }
        const CUdeviceptr device = guest::allocate(source.size);
        CU_OK(cuMemcpyHtoDAsync_v2(device, source.data, source.size, stream));
        CU_OK(cuMemcpyDtoHAsync_v2(target.data, device, source.size, stream));
        CU_OK(cuStreamSynchronize(stream));
        require_same("a thread's copy", target.data, source.data, source.size);
        // The same bytes from and to pageable memory; those of the source are taken at the call.
        std::vector<unsigned char> pageable(source.data, source.data + source.size);
        CU_OK(cuMemcpyHtoDAsync_v2(device, pageable.data(), pageable.size(), stream));
        pageable.assign(pageable.size(), 0);
        CU_OK(cuMemcpyDtoHAsync_v2(pageable.data(), device, pageable.size(), stream));
        require_same("a thread's pageable copy", pageable.data(), source.data, source.size);
        CU_OK(cuMemFree_v2(device));
    }
    CU_OK(cuStreamDestroy_v2(stream));
}

void check_fork() {
    Block block(5000);
    std::memset(block.data, 9, block.size);
    const pid_t child = fork();
    if (child == 0) _exit(block.data[0] == 9 && block.data[4999] == 9 ? 0 : 1);
    int status = -1;
    waitpid(child, &status, 0);
    if (status != 0) guest::fail("a child of fork found other bytes: status %d", status);
}

std::atomic<bool> gate{false};
void pass_gate(void*) {
    while (!gate) std::this_thread::yield();
}
void write_seven(void* argument) {
    const Block& block = *static_cast<Block*>(argument);
    std::memset(block.data, 7, block.size);
}

// The memory is read when the copy's turn comes, and written only then.
void check_order(CUstream stream) {
    Block source(100000), target(100000);
    const CUdeviceptr device = guest::allocate(source.size);
    std::memset(source.data, 1, source.size);
    std::memset(target.data, 2, target.size);
    CU_OK(cuLaunchHostFunc(stream, pass_gate, nullptr));
    CU_OK(cuMemcpyHtoDAsync_v2(device, source.data, source.size, stream));
    CU_OK(cuMemcpyDtoHAsync_v2(target.data, device, source.size, stream));
    CU_FAILS(cuStreamQuery(stream), CUDA_ERROR_NOT_READY);
    std::memset(source.data, 3, source.size);
    if (target.data[0] != 2) guest::fail("a copy has overtaken a host function");
    gate = true;
    CU_OK(cuStreamSynchronize(stream));
    require_same("a source that was changed in time", target.data, source.data, source.size);
    CU_OK(cuMemFree_v2(device));
}

// What an earlier host function writes is what a copy reads, whichever form it has.
void check_host_function(CUstream stream) {
    Block source(3000), target(3000);
    const CUdeviceptr device = guest::allocate(source.size);
    std::memset(source.data, 1, source.size);
    CU_OK(cuLaunchHostFunc(stream, write_seven, &source));
    CU_OK(cuMemcpyHtoDAsync_v2(device, source.data, source.size, stream));
    CU_OK(cuStreamSynchronize(stream));
    const std::vector<unsigned char> sevens(source.size, 7);
    const auto got = guest::download<unsigned char>(device, source.size);
    require_same("after a host function", got.data(), sevens.data(), sevens.size());
    CU_OK(cuMemFree_v2(device));
}

}  // namespace

int main(int argc, char** argv) {
    guest::Run run("pinned_memory", argc, argv);
    guest::Session session;
    CUstream stream = nullptr;
    CU_OK(cuStreamCreate(&stream, 0));
    {
        Block source(std::size_t(run.size(0, 1500001))), target(source.size);
        source.fill(run.random);
        const CUdeviceptr device = guest::allocate(source.size);
        for (int round = 0; round < 60; ++round) check_both_ways(run, source, target, device, stream);
        CU_OK(cuMemcpyHtoDAsync_v2(device, source.data, source.size, stream));
        CU_OK(cuMemcpyDtoHAsync_v2(target.data, device, source.size, stream));
        CU_OK(cuMemFree_v2(device));
        require_same("all of it", target.data, source.data, source.size);
        run.digest(target.data, target.size);
    }
    check_completion(run, session, stream);
    check_waits(session);
    check_frees(run, session, stream);
    check_blocks(run);
    check_rectangles(run, stream);
    std::vector<std::thread> threads;
    for (int index = 0; index < 4; ++index) threads.emplace_back(work, session.context, run.random.next());
    for (std::thread& thread : threads) thread.join();
    check_fork();
    check_host_function(stream);
    if (run.size(1, 0) != 0) check_order(stream);
    CU_OK(cuStreamDestroy_v2(stream));
    session.close();
    return run.finish();
}
