// Stream-ordered memory: random allocations and frees on several streams with work between them, each block
// checked before it goes; then pools of the program's own and what they say of themselves. Run by test/e2e as
// `pools SEED [STEPS]`.
#include "driver.h"

namespace {

constexpr unsigned kStreams = 3;

struct Piece {
    CUdeviceptr address;
    unsigned count;
    unsigned value;
    CUstream stream;
};

class Pieces {
public:
    Pieces(guest::Run& run, CUfunction affine) : run_(run), affine_(affine) {
        for (CUstream& stream : streams_) CU_OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    }

    void add(CUmemoryPool pool) {
        Piece piece{0, 1 + run_.random.below(5000), run_.random.below(1000),
                    streams_[run_.random.below(kStreams)]};
        const std::size_t size = piece.count * sizeof(unsigned);
        CU_OK(pool == nullptr ? cuMemAllocAsync(&piece.address, size, piece.stream)
                              : cuMemAllocFromPoolAsync(&piece.address, size, pool, piece.stream));
        CU_OK(cuMemsetD32Async(piece.address, piece.value, piece.count, piece.stream));
        const unsigned blocks = (piece.count + 255) / 256;
        CU_OK(guest::launch(affine_, blocks, 256, piece.stream, piece.address, piece.count, 3u, 5u));
        live_.push_back(piece);
    }

    // Reads the block back in order with its free; what was read is compared later.
    void remove() {
        const std::size_t index = run_.random.below(unsigned(live_.size()));
        const Piece piece = live_[index];
        live_.erase(live_.begin() + long(index));
        reads_.emplace_back(piece.count);
        wanted_.push_back(piece.value * 3 + 5);
        CU_OK(cuMemcpyDtoHAsync_v2(reads_.back().data(), piece.address, piece.count * sizeof(unsigned),
                                   piece.stream));
        CU_OK(cuMemFreeAsync(piece.address, piece.stream));
        CU_FAILS(cuMemFreeAsync(piece.address, piece.stream), CUDA_ERROR_INVALID_VALUE);
    }

    void settle() {
        for (CUstream stream : streams_) CU_OK(cuStreamSynchronize(stream));
        for (std::size_t at = 0; at < reads_.size(); ++at)
            run_.compare_all("block", std::vector<unsigned>(reads_[at].size(), wanted_[at]), reads_[at]);
        reads_.clear();
        wanted_.clear();
    }

    bool any() const { return !live_.empty(); }
    std::size_t count() const { return live_.size(); }

private:
    guest::Run& run_;
    CUfunction affine_;
    CUstream streams_[kStreams] = {};
    std::vector<Piece> live_;
    std::vector<std::vector<unsigned>> reads_;
    std::vector<unsigned> wanted_;
};

std::uint64_t attribute(CUmemoryPool pool, CUmemPool_attribute which) {
    std::uint64_t value = 0;
    CU_OK(cuMemPoolGetAttribute(pool, which, &value));
    return value;
}

void own_pool(guest::Run& run, Pieces& pieces, int steps) {
    CUmemPoolProps props{};
    props.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
    props.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0};
    CUmemoryPool pool = nullptr, named = nullptr, initial = nullptr;
    CU_OK(cuMemPoolCreate(&pool, &props));
    std::uint64_t all = ~std::uint64_t{0};
    CU_OK(cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &all));
    run.compare("threshold", 0, all, attribute(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD));
    int reuse = 7;
    CU_OK(cuMemPoolGetAttribute(pool, CU_MEMPOOL_ATTR_REUSE_ALLOW_OPPORTUNISTIC, &reuse));
    run.compare("reuse", 0, 1, reuse);
    for (int step = 0; step < steps; ++step) pieces.add(pool);
    run.compare("uses", 0, true, attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT) != 0);
    while (pieces.any()) pieces.remove();
    pieces.settle();
    run.compare("uses none", 0, std::uint64_t{0}, attribute(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT));
    run.compare("keeps", 0, true, attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT) != 0);
    CU_OK(cuMemPoolTrimTo(pool, 0));
    run.compare("keeps none", 0, std::uint64_t{0}, attribute(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT));
    CUmemLocation here{CU_MEM_LOCATION_TYPE_DEVICE, 0};
    CUmemAccess_flags access{};
    CU_OK(cuMemPoolGetAccess(&access, pool, &here));
    run.compare("access", 0, int(CU_MEM_ACCESS_FLAGS_PROT_READWRITE), int(access));
    CU_OK(cuDeviceGetDefaultMemPool(&initial, 0));
    CU_OK(cuDeviceSetMemPool(0, pool));
    CU_OK(cuDeviceGetMemPool(&named, 0));
    run.compare("current", 0, true, named == pool);
    CUdeviceptr address = 0;
    CU_OK(cuMemAllocAsync(&address, 100, nullptr));
    CU_OK(cuPointerGetAttribute(&named, CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE, address));
    run.compare("taken from", 0, true, named == pool);
    CU_OK(cuMemFree_v2(address));
    CU_OK(cuMemPoolDestroy(pool));
    CU_OK(cuDeviceGetMemPool(&named, 0));
    run.compare("initial", 0, true, named == initial);
    CU_FAILS(cuMemPoolDestroy(initial), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuMemPoolTrimTo(pool, 0), CUDA_ERROR_INVALID_VALUE);
}

}  // namespace

int main(int argc, char** argv) {
    guest::Run run("pools", argc, argv);
    guest::Session session;
    const int steps = int(run.size(0, 200));
    int supported = 0;
    CU_OK(cuDeviceGetAttribute(&supported, CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED, session.device));
    run.compare("supported", 0, 1, supported);
    Pieces pieces(run, session.function("affine"));
    for (int step = 0; step < steps; ++step) {
        if (pieces.count() > 10 || (pieces.any() && run.random.below(2) == 0)) {
            pieces.remove();
        } else {
            pieces.add(nullptr);
        }
        if (run.random.below(16) == 0) pieces.settle();
    }
    while (pieces.any()) pieces.remove();
    pieces.settle();
    own_pool(run, pieces, 10);
    CUdeviceptr address = 0;
    CU_FAILS(cuMemAllocAsync(&address, 0, nullptr), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuMemAllocAsync(&address, std::size_t{1} << 50, nullptr), CUDA_ERROR_OUT_OF_MEMORY);
    address = guest::allocate(4096);
    CU_OK(cuMemFreeAsync(address, nullptr));
    session.close();
    return run.finish();
}
