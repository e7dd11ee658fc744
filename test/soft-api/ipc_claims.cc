// Claims about what two processes share: an allocation and an event of one, used by the other.
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
