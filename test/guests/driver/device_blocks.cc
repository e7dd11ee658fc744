// Device memory as a program sees it: every byte is accounted for, blocks keep apart, the last byte can be
// had, and what is freed is given out again only when the work that used it is over.
// Run by test/e2e as `device_blocks SEED [PAIRS]`: PAIRS allocations and frees more, for the counters.
#include <algorithm>
#include <utility>

#include "driver.h"

static std::size_t left() {
    std::size_t free = 0, total = 0;
    CU_OK(cuMemGetInfo_v2(&free, &total));
    return free;
}

static std::size_t paid(std::size_t size) { return (size + 511) / 512 * 512; }

static void check_accounts(guest::Run& run) {
    const std::size_t before = left();
    std::vector<std::pair<CUdeviceptr, std::size_t>> blocks;
    std::size_t used = 0;
    for (int i = 0; i < 60; ++i) {
        const std::size_t size = 1 + run.random.below(1u << (1 + i % 23));
        blocks.emplace_back(guest::allocate(size), size);
        used += paid(size);
        run.require(blocks.back().first % 512 == 0, "a block is aligned to 512 bytes");
        run.require(left() == before - used, "an allocation takes its size in steps of 512 bytes");
    }
    for (const auto& [address, size] : blocks) {
        CU_OK(cuMemFree_v2(address));
        CU_FAILS(cuMemFree_v2(address), CUDA_ERROR_INVALID_VALUE);
        used -= paid(size);
        run.require(left() == before - used, "a free gives all of it back");
    }
    run.require(left() == before, "nothing is lost");
}

static void check_contents(guest::Run& run) {
    struct Block {
        CUdeviceptr address;
        std::size_t words;
        unsigned value;
    };
    std::vector<Block> blocks;
    const auto check_and_free = [&](std::size_t index) {
        const Block block = blocks[index];
        const auto words = guest::download<unsigned>(block.address, block.words);
        for (const unsigned word : words) run.require(word == block.value, "a block keeps its bytes");
        CU_OK(cuMemFree_v2(block.address));
        blocks[index] = blocks.back();
        blocks.pop_back();
    };
    for (unsigned turn = 0; turn < 1500; ++turn) {
        const std::size_t words = 1 + run.random.below(1u << (1 + run.random.below(16)));
        blocks.push_back({guest::allocate(words * 4), words, turn});
        CU_OK(cuMemsetD32Async(blocks.back().address, turn, words, nullptr));
        if (blocks.size() > 40) check_and_free(run.random.below(unsigned(blocks.size())));
    }
    while (!blocks.empty()) check_and_free(0);
}

// A block is freed under a kernel that is going to use it; the next blocks are overwritten in another stream.
static void check_free_under_work(guest::Run& run, const guest::Session& session) {
    constexpr unsigned kWords = 4096;
    CUstream user = nullptr, other = nullptr;
    CU_OK(cuStreamCreate(&user, CU_STREAM_NON_BLOCKING));
    CU_OK(cuStreamCreate(&other, CU_STREAM_NON_BLOCKING));
    const CUdeviceptr cell = guest::allocate(std::vector<unsigned>{0});
    const CUdeviceptr kept = guest::allocate(kWords * 4);
    for (int turn = 0; turn < 4; ++turn) {
        const CUdeviceptr block = guest::allocate(std::vector<unsigned>(kWords, 5));
        CU_OK(guest::launch(session.function("spin"), 1, 1, user, cell, 300000u));
        CU_OK(guest::launch(session.function("affine"), kWords / 256, 256, user, block, kWords, 3u, 2u));
        CU_OK(cuMemcpyDtoDAsync_v2(kept, block, kWords * 4, user));
        CU_OK(cuMemFree_v2(block));
        std::vector<CUdeviceptr> next;
        for (int i = 0; i < 300; ++i) {
            next.push_back(guest::allocate(kWords * 4));
            CU_OK(cuMemsetD32Async(next.back(), 99, kWords, other));
        }
        CU_OK(cuStreamSynchronize(user));
        CU_OK(cuStreamSynchronize(other));
        run.compare_all("freed under work", std::vector<unsigned>(kWords, 17),
                        guest::download<unsigned>(kept, kWords));
        for (const CUdeviceptr address : next) CU_OK(cuMemFree_v2(address));
    }
    CU_OK(cuMemFree_v2(cell));
    CU_OK(cuMemFree_v2(kept));
    CU_OK(cuStreamDestroy_v2(user));
    CU_OK(cuStreamDestroy_v2(other));
}

// With small blocks in use everything that is left can be had in one piece, and then nothing more.
static void check_last_byte(guest::Run& run) {
    const CUdeviceptr small = guest::allocate(1000), freed = guest::allocate(70000);
    CU_OK(cuMemFree_v2(freed));
    const std::size_t all = left();
    CUdeviceptr rest = 0, more = 0;
    CU_FAILS(cuMemAlloc_v2(&rest, all + 1), CUDA_ERROR_OUT_OF_MEMORY);
    CU_OK(cuMemAlloc_v2(&rest, all));
    run.require(left() == 0, "the last byte is in use");
    CU_FAILS(cuMemAlloc_v2(&more, 1), CUDA_ERROR_OUT_OF_MEMORY);
    CU_OK(cuMemFree_v2(rest));
    run.require(left() == all, "all of it is back");
    CU_OK(cuMemAlloc_v2(&more, 1));
    CU_OK(cuMemFree_v2(more));
    CU_OK(cuMemFree_v2(small));
    run.require(left() == all + paid(1000), "and the block that was in use meanwhile");
}

// Blocks that come and go by the thousand take no more of the device than a few of them at a time.
static void check_churn(guest::Run& run) {
    const std::size_t before = left();
    for (const std::size_t size : {std::size_t(1) << 20, std::size_t(5) << 20, std::size_t(64) << 20}) {
        for (std::size_t sum = 0; sum < 2 * before; sum += size) CU_OK(cuMemFree_v2(guest::allocate(size)));
    }
    run.require(left() == before, "churn loses nothing");
}

static void check_rows(guest::Run& run) {
    std::size_t first_pitch = 0, pitch = 0;
    for (int turn = 0; turn < 8; ++turn) {
        CUdeviceptr rows = 0, base = 0;
        std::size_t size = 0;
        CU_OK(cuMemAllocPitch_v2(&rows, &pitch, 1001, 30, 4));
        if (turn == 0) first_pitch = pitch;
        run.require(pitch == first_pitch, "the pitch of a width is always the same");
        CU_OK(cuMemGetAddressRange_v2(&base, &size, rows + 7));
        run.require(base == rows && size == pitch * 30, "the range holds all rows");
        CU_OK(cuMemsetD8_v2(rows, 1, pitch * 30));
        CU_OK(cuMemFree_v2(rows));
    }
}

int main(int argc, char** argv) {
    guest::Run run("device_blocks", argc, argv);
    const long pairs = run.size(0, -1);
    guest::Session session;
    if (pairs >= 0) {
        for (long pair = 0; pair < pairs; ++pair) {
            const CUdeviceptr address = guest::allocate(1 + run.random.below(100000));
            CU_OK(cuMemsetD8Async(address, 1, 1, nullptr));
            run.require(left() != 0, "there is some memory left");
            CU_OK(cuMemFree_v2(address));
        }
        return run.finish();
    }
    check_accounts(run);
    check_contents(run);
    check_free_under_work(run, session);
    check_last_byte(run);
    check_churn(run);
    check_rows(run);
    check_accounts(run);
    // A context takes its memory along, lent or not.
    CUcontext second = nullptr;
    CU_OK(cuCtxCreate_v2(&second, 0, session.device));
    const std::size_t before = left();
    for (int i = 0; i < 100; ++i) guest::allocate(1 + run.random.below(1u << 22));
    CU_OK(cuCtxDestroy_v2(second));
    CU_OK(cuCtxSetCurrent(session.context));
    run.require(left() == before, "a context that ends gives back what it had");
    // What has been freed is no kernel's any more.
    const CUdeviceptr freed = guest::allocate(4096), beside = guest::allocate(4096);
    CU_OK(cuMemFree_v2(freed));
    CU_OK(guest::launch(session.function("store"), 1, 1, nullptr, beside, 1u));
    CU_OK(cuCtxSynchronize());
    CU_OK(guest::launch(session.function("store"), 1, 1, nullptr, freed, 1u));
    CU_FAILS(cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
    return run.finish();
}
