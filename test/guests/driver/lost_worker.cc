// For the chaos tests: threads that each repeat one kind of work until a call of it fails, as all do once the
// worker has been killed. Says which error each kind saw, frees what it holds, and exits with 7. Run as
// `lost_worker SEED [KIND [RUNS-OF-EACH]]`; without a kind, or with one beyond the last, all at once.
#include <atomic>
#include <thread>

#include "driver.h"

namespace {

constexpr std::size_t kLarge = std::size_t{3} << 20;
constexpr unsigned kLittleWork = 200;

struct Shared {
    CUcontext context = nullptr;
    CUfunction spin = nullptr;
    CUdeviceptr cell = 0;
    std::atomic<unsigned> begun{0};
    std::atomic<bool> all_begun{false};
};

// What a thread works with; made before anything is killed.
struct Place {
    explicit Place(const Shared& given) : shared(given), bytes(kLarge) {
        CU_OK(cuCtxSetCurrent(shared.context));
        CU_OK(cuStreamCreate(&stream, 1));
        CU_OK(cuEventCreate(&event, 0));
        CU_OK(cuMemAlloc_v2(&memory, kLarge));
        CU_OK(cuMemAllocHost_v2(&pinned, kLarge));
    }
    CUresult work(unsigned rounds = kLittleWork) {
        return guest::launch(shared.spin, 1, 1, stream, shared.cell, rounds);
    }
    const Shared& shared;
    std::vector<char> bytes;
    CUstream stream = nullptr;
    CUevent event = nullptr;
    CUdeviceptr memory = 0;
    void* pinned = nullptr;
};

CUresult first_of(std::initializer_list<CUresult> results) {
    for (const CUresult result : results) {
        if (result != CUDA_SUCCESS) return result;
    }
    return CUDA_SUCCESS;
}

void do_nothing(void*) {}

CUresult poll(CUresult (*query)(Place&), Place& place) {
    CUresult result = CUDA_ERROR_NOT_READY;
    while (result == CUDA_ERROR_NOT_READY) result = query(place);
    return result;
}

CUresult allocate_and_free(std::size_t size) {
    CUdeviceptr block = 0;
    const CUresult made = cuMemAlloc_v2(&block, size);
    return made != CUDA_SUCCESS ? made : cuMemFree_v2(block);
}

CUresult copy_rows(Place& place) {
    CUDA_MEMCPY2D copy{};
    copy.srcMemoryType = CU_MEMORYTYPE_HOST;
    copy.srcHost = place.bytes.data();
    copy.srcPitch = 1000;
    copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
    copy.dstDevice = place.memory;
    copy.dstPitch = 1024;
    copy.WidthInBytes = 900;
    copy.Height = 500;
    return cuMemcpy2D_v2(&copy);
}

CUresult load_and_unload() {
    CUmodule module = nullptr;
    const CUresult loaded = cuModuleLoadData(&module, kernels_ptx);
    return loaded != CUDA_SUCCESS ? loaded : cuModuleUnload(module);
}

CUresult pinned_both_ways(Place& place) {
    return first_of({cuMemcpyHtoDAsync_v2(place.memory, place.pinned, kLarge, place.stream),
                     cuMemcpyDtoHAsync_v2(place.pinned, place.memory, kLarge, place.stream),
                     cuStreamSynchronize(place.stream)});
}

CUresult make_and_destroy(Place&) {
    CUstream stream = nullptr;
    CUevent event = nullptr;
    CUresult made = first_of({cuStreamCreate(&stream, 0), cuEventCreate(&event, 0)});
    if (made != CUDA_SUCCESS) return made;
    return first_of({cuEventRecord(event, stream), cuEventSynchronize(event), cuEventDestroy_v2(event),
                     cuStreamDestroy_v2(stream)});
}

CUresult use_new_pinned(Place& place) {
    void* block = nullptr;
    const CUresult made = cuMemAllocHost_v2(&block, std::size_t{9} << 20);
    if (made != CUDA_SUCCESS) return made;
    const CUresult copied = cuMemcpyDtoHAsync_v2(block, place.memory, kLarge, place.stream);
    return first_of({copied, cuMemFreeHost(block)});
}

CUresult context_of_ones_own(Place& place) {
    CUcontext own = nullptr;
    const CUresult made = cuCtxCreate_v2(&own, 0, 0);
    if (made != CUDA_SUCCESS) return made;
    return first_of({cuCtxSynchronize(), cuCtxDestroy_v2(own), cuCtxSetCurrent(place.shared.context)});
}

using Kind = CUresult (*)(Place&);
constexpr Kind kKinds[] = {
    [](Place& place) { return place.work(1); },
    [](Place& place) { return first_of({place.work(), cuCtxSynchronize()}); },
    [](Place& place) { return first_of({place.work(), cuStreamSynchronize(place.stream)}); },
    [](Place& place) {
        const CUresult begun = first_of({place.work(), cuEventRecord(place.event, place.stream)});
        return begun != CUDA_SUCCESS ? begun
                                     : poll([](Place& own) { return cuEventQuery(own.event); }, place);
    },
    [](Place& place) {
        const CUresult begun = place.work();
        return begun != CUDA_SUCCESS ? begun
                                     : poll([](Place& own) { return cuStreamQuery(own.stream); }, place);
    },
    [](Place&) { return allocate_and_free(5000); },
    [](Place&) { return allocate_and_free(std::size_t{200} << 20); },
    [](Place& place) { return cuMemcpyHtoD_v2(place.memory, place.bytes.data(), kLarge); },
    [](Place& place) { return cuMemcpyDtoH_v2(place.bytes.data(), place.memory, kLarge); },
    pinned_both_ways,
    use_new_pinned,
    [](Place& place) {
        return first_of({cuLaunchHostFunc(place.stream, do_nothing, nullptr),
                         cuStreamSynchronize(place.stream)});
    },
    [](Place&) { return load_and_unload(); },
    make_and_destroy,
    context_of_ones_own,
    [](Place&) {
        std::size_t free = 0;
        std::size_t total = 0;
        return first_of({allocate_and_free(100), cuMemGetInfo_v2(&free, &total)});
    },
    copy_rows,
    [](Place& place) { return cuMemsetD8Async(place.memory, 1, kLarge, place.stream); },
    [](Place& place) { return cuMemcpyDtoH_v2(place.bytes.data(), place.memory, 4); },
    // One long wait on the device instead of many short ones.
    [](Place& place) { return first_of({place.work(2'000'000), cuStreamSynchronize(place.stream)}); },
};
constexpr unsigned kKindCount = sizeof kKinds / sizeof kKinds[0];

void repeat(Shared& shared, unsigned kind) {
    Place place(shared);
    CU_OK(cuCtxSynchronize());
    shared.begun.fetch_add(1);
    // Whoever works without end makes the others' preparations long.
    while (!shared.all_begun.load()) std::this_thread::yield();
    CUresult result = CUDA_SUCCESS;
    while (result == CUDA_SUCCESS) result = kKinds[kind](place);
    std::printf("kind %u lost %d\n", kind, int(result));
    std::fflush(stdout);
    // What is lost stays lost, and giving back what one holds hangs nowhere.
    for (int again = 0; again < 3; ++again) CU_FAILS(cuCtxSynchronize(), result);
    (void)cuMemFreeHost(place.pinned);
    (void)cuMemFree_v2(place.memory);
    (void)cuEventDestroy_v2(place.event);
    (void)cuStreamDestroy_v2(place.stream);
}

}  // namespace

int main(int argc, char** argv) {
    guest::Run run("lost_worker", argc, argv);
    guest::Session session;
    Shared shared;
    shared.context = session.context;
    shared.spin = session.function("spin");
    shared.cell = guest::allocate(std::vector<unsigned>{0});
    const auto wanted = static_cast<unsigned>(run.size(0, kKindCount));
    const long each = run.size(1, 1);
    std::vector<std::thread> threads;
    for (unsigned kind = 0; kind < kKindCount; ++kind) {
        if (wanted < kKindCount && wanted != kind) continue;
        for (long count = 0; count < each; ++count) threads.emplace_back(repeat, std::ref(shared), kind);
    }
    while (shared.begun.load() < threads.size()) std::this_thread::yield();
    shared.all_begun.store(true);
    std::printf("ready %u\n", kKindCount);
    std::fflush(stdout);
    for (std::thread& thread : threads) thread.join();
    std::printf("all lost\n");
    std::fflush(stdout);
    return 7;
}
