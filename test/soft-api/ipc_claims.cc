// Claims about what two processes share: an allocation, an event and a pool of one, used by the other.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "soft-api/claim.h"

using namespace abi;
using claims::begin;

namespace {

constexpr std::size_t kSize = std::size_t{3} << 20;
constexpr unsigned kCount = 1000;

struct Offer {
    CUipcMemHandle memory;
    CUipcEventHandle event;
};

template <class T>
void put(int file, const T& value) {
    if (write(file, &value, sizeof value) != sizeof value) std::_Exit(3);
}
template <class T>
T get(int file) {
    T value{};
    if (read(file, &value, sizeof value) != sizeof value) std::_Exit(4);
    return value;
}

// The other process: waits for the event, adds one to every word, records the event, and says so.
void answer(int from, int to) {
    begin();
    const Offer offer = get<Offer>(from);
    CUdeviceptr words = 0;
    CUevent event = nullptr;
    CUstream stream = nullptr;
    MUST(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    MUST(cuIpcOpenMemHandle_v2(&words, offer.memory, CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS));
    MUST(cuIpcOpenEventHandle(&event, offer.event));
    MUST(cuStreamWaitEvent(stream, event, 0));
    unsigned count = kCount;
    const CUfunction add_one = claims::kernel(claims::load_kernels(), "add_one");
    MUST(claims::launch(add_one, 4, 256, {&words, &count}, stream));
    MUST(cuEventRecord(event, stream));
    put(to, 'r');
    MUST(cuStreamSynchronize(stream));
    MUST(cuIpcCloseMemHandle(words));
    if (cuIpcCloseMemHandle(words) != CUDA_ERROR_INVALID_VALUE) std::_Exit(5);
    if (cuMemsetD8_v2(words, 0, 1) != CUDA_ERROR_INVALID_VALUE) std::_Exit(6);
    (void)get<char>(from);
    std::_Exit(0);
}

}  // namespace

CLAIM("another process uses an allocation behind an event, and the first one behind its") {
    int there[2];
    int back[2];
    if (pipe(there) != 0 || pipe(back) != 0) std::_Exit(2);
    const pid_t other = fork();
    if (other == 0) answer(there[0], back[1]);
    begin();
    const CUmodule module = claims::load_kernels();
    volatile std::uint32_t* word = claims::pinned_word();
    auto gate = reinterpret_cast<CUdeviceptr>(word);
    CUstream stream = nullptr;
    MUST(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    CUdeviceptr words = 0;
    MUST(cuMemAlloc_v2(&words, kSize));
    MUST(cuMemsetD32_v2(words, 5, kCount));
    CUevent event = nullptr;
    EXPECT_IS(cuEventCreate(&event, CU_EVENT_INTERPROCESS), CUDA_ERROR_INVALID_VALUE);
    MUST(cuEventCreate(&event, CU_EVENT_INTERPROCESS | CU_EVENT_DISABLE_TIMING));
    Offer offer{};
    MUST(cuIpcGetMemHandle(&offer.memory, words));
    MUST(cuIpcGetEventHandle(&offer.event, event));
    CUdeviceptr same = 0;
    EXPECT_IS(cuIpcOpenMemHandle_v2(&same, offer.memory, 1), CUDA_ERROR_INVALID_CONTEXT);
    // The event stands behind a fill that is held up.
    MUST(claims::launch(claims::kernel(module, "await"), 1, 1, {&gate}, stream));
    MUST(cuMemsetD32Async(words, 40, kCount, stream));
    MUST(cuEventRecord(event, stream));
    EXPECT_IS(cuEventQuery(event), CUDA_ERROR_NOT_READY);
    put(there[1], offer);
    EXPECT_IS(get<char>(back[0]), 'r');
    EXPECT_IS(cuEventQuery(event), CUDA_ERROR_NOT_READY);
    *word = 1;
    CUstream later = nullptr;
    MUST(cuStreamCreate(&later, CU_STREAM_NON_BLOCKING));
    MUST(cuStreamWaitEvent(later, event, 0));
    std::vector<std::uint32_t> host(kCount);
    MUST(cuMemcpyDtoHAsync_v2(host.data(), words, kCount * 4, later));
    MUST(cuStreamSynchronize(later));
    for (const std::uint32_t value : host) EXPECT_IS(value, 41U);
    MUST(cuEventSynchronize(event));
    put(there[1], 'e');
    int status = -1;
    waitpid(other, &status, 0);
    EXPECT_IS(status, 0);
    MUST(cuMemFree_v2(words));
    const CUdeviceptr again = claims::zeroed_words(kSize / 4);
    EXPECT_IS(claims::read_words(again, 1)[0], 0U);
    EXPECT_IS(cuIpcGetMemHandle(&offer.memory, 0x10), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuIpcGetMemHandle(&offer.memory, claims::zeroed_words(4)), CUDA_ERROR_NOT_SUPPORTED);
}

namespace {

struct PoolOffer {
    int file;
    CUmemPoolPtrExportData first;
    CUmemPoolPtrExportData second;
};

CUmemoryPool shared_pool() {
    CUmemPoolProps props{};
    props.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
    props.handleTypes = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;
    props.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
    CUmemoryPool pool = nullptr;
    MUST(cuMemPoolCreate(&pool, &props));
    return pool;
}

// The other process: finds both blocks in the pool, adds one to every word of them, and gives them back.
void use_pool(int from, int to) {
    begin();
    const auto offer = get<PoolOffer>(from);
    const std::string path = "/proc/" + std::to_string(getppid()) + "/fd/" + std::to_string(offer.file);
    const int file = open(path.c_str(), O_RDWR);
    CUmemoryPool pool = nullptr;
    auto* as_handle = reinterpret_cast<void*>(static_cast<std::intptr_t>(file));
    MUST(cuMemPoolImportFromShareableHandle(&pool, as_handle, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR, 0));
    close(file);
    CUstream stream = nullptr;
    MUST(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    CUdeviceptr none = 0;
    EXPECT_IS(cuMemAllocFromPoolAsync(&none, 4096, pool, stream), CUDA_ERROR_INVALID_VALUE);
    CUdeviceptr blocks[2] = {};
    CUmemPoolPtrExportData tickets[2] = {offer.first, offer.second};
    MUST(cuMemPoolImportPointer(&blocks[0], pool, &tickets[0]));
    MUST(cuMemPoolImportPointer(&blocks[1], pool, &tickets[1]));
    unsigned count = kCount;
    const CUfunction add_one = claims::kernel(claims::load_kernels(), "add_one");
    for (CUdeviceptr& words : blocks) MUST(claims::launch(add_one, 4, 256, {&words, &count}, stream));
    MUST(cuMemFreeAsync(blocks[0], stream));
    if (cuMemFreeAsync(blocks[0], stream) != CUDA_ERROR_INVALID_VALUE) std::_Exit(5);
    MUST(cuStreamSynchronize(stream));
    MUST(cuMemFree_v2(blocks[1]));
    if (cuMemsetD8_v2(blocks[0], 0, 1) != CUDA_ERROR_INVALID_VALUE) std::_Exit(6);
    if (cuMemsetD8_v2(blocks[1], 0, 1) != CUDA_ERROR_INVALID_VALUE) std::_Exit(7);
    put(to, 'd');
    std::_Exit(0);
}

}  // namespace

CLAIM("another process maps blocks of a shared pool, a small one too, and gives them back") {
    int there[2];
    int back[2];
    if (pipe(there) != 0 || pipe(back) != 0) std::_Exit(2);
    const pid_t other = fork();
    if (other == 0) use_pool(there[0], back[1]);
    begin();
    int types = 0;
    MUST(cuDeviceGetAttribute(&types, CU_DEVICE_ATTRIBUTE_MEMPOOL_SUPPORTED_HANDLE_TYPES, 0));
    EXPECT_IS(types, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR);
    const CUmemoryPool pool = shared_pool();
    CUstream stream = nullptr;
    MUST(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    CUdeviceptr blocks[2] = {};
    MUST(cuMemAllocFromPoolAsync(&blocks[0], kSize, pool, stream));
    MUST(cuMemAllocFromPoolAsync(&blocks[1], kCount * 4, pool, stream));
    MUST(cuMemsetD32Async(blocks[0], 10, kCount, stream));
    MUST(cuMemsetD32Async(blocks[1], 20, kCount, stream));
    PoolOffer offer{};
    MUST(cuMemPoolExportToShareableHandle(&offer.file, pool, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR, 0));
    MUST(cuMemPoolExportPointer(&offer.first, blocks[0]));
    MUST(cuMemPoolExportPointer(&offer.second, blocks[1]));
    MUST(cuStreamSynchronize(stream));
    // Neither pools that are not shared, nor blocks of another pool.
    CUmemPoolPtrExportData ticket{};
    CUdeviceptr plain = 0;
    MUST(cuMemAllocAsync(&plain, kSize, stream));
    EXPECT_IS(cuMemPoolExportPointer(&ticket, plain), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuMemPoolImportPointer(&plain, shared_pool(), &offer.first), CUDA_ERROR_INVALID_VALUE);
    put(there[1], offer);
    EXPECT_IS(get<char>(back[0]), 'd');
    int status = -1;
    waitpid(other, &status, 0);
    EXPECT_IS(status, 0);
    EXPECT_IS(claims::read_words(blocks[0], kCount)[kCount - 1], 11U);
    EXPECT_IS(claims::read_words(blocks[1], kCount)[kCount - 1], 21U);
    // What is given out again is behind a free here, not there.
    MUST(cuMemFreeAsync(blocks[0], stream));
    MUST(cuStreamSynchronize(stream));
    MUST(cuMemPoolTrimTo(pool, 0));
    MUST(cuMemAllocFromPoolAsync(&blocks[0], kSize, pool, stream));
    MUST(cuStreamSynchronize(stream));
    EXPECT_IS(claims::read_words(blocks[0], 1)[0], 0U);
}
