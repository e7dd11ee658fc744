// Copies of boxes between pageable, pinned and device memory and arrays, in random order against a model of
// each; stretches of arrays; batches; and what is refused. Run by test/e2e as `boxes SEED [ROUNDS] [WIDTH]`,
// where WIDTH makes slices that are longer than what travels at a time.
#include <algorithm>

#include "driver.h"

namespace {

using Words = std::vector<std::uint32_t>;

// A box of words somewhere, and what should be in it.
struct Volume {
    CUmemorytype type;
    unsigned width, height, depth;
    Words expected;
    Words pageable;
    std::uint32_t* host = nullptr;
    CUdeviceptr device = 0;
    CUarray array = nullptr;

    std::size_t at(unsigned x, unsigned y, unsigned z) const {
        return (std::size_t(z) * height + y) * width + x;
    }
};

CUarray make_array(unsigned width, unsigned height, unsigned depth) {
    const CUDA_ARRAY3D_DESCRIPTOR shape{width, height, depth, CU_AD_FORMAT_UNSIGNED_INT32, 1, 0};
    CUarray array = nullptr;
    CU_OK(cuArray3DCreate_v2(&array, &shape));
    return array;
}

Volume make_volume(int kind, unsigned width, unsigned height, unsigned depth) {
    Volume volume{CU_MEMORYTYPE_HOST, width, height, depth, Words(std::size_t(width) * height * depth), {}};
    const std::size_t size = volume.expected.size() * 4;
    if (kind == 0) {
        volume.pageable.resize(volume.expected.size());
        volume.host = volume.pageable.data();
    } else if (kind == 1) {
        void* pinned = nullptr;
        CU_OK(cuMemHostAlloc(&pinned, size, 0));
        std::memset(pinned, 0, size);
        volume.host = static_cast<std::uint32_t*>(pinned);
    } else if (kind == 2) {
        volume.type = CU_MEMORYTYPE_DEVICE;
        volume.device = guest::allocate(volume.expected);
    } else {
        volume.type = CU_MEMORYTYPE_ARRAY;
        volume.array = make_array(width, height, depth);
        CU_OK(cuMemcpyHtoA_v2(volume.array, 0, volume.expected.data(), std::size_t(width) * height * 4));
    }
    return volume;
}

struct Corner {
    unsigned x, y, z;
};

CUDA_MEMCPY3D box_between(const Volume& target, Corner to, const Volume& source, Corner from) {
    CUDA_MEMCPY3D copy{};
    copy.srcMemoryType = source.type;
    copy.srcHost = source.host;
    copy.srcDevice = source.device;
    copy.srcArray = source.array;
    copy.srcPitch = source.width * 4;
    copy.srcHeight = source.height;
    copy.srcXInBytes = from.x * 4;
    copy.srcY = from.y;
    copy.srcZ = from.z;
    copy.dstMemoryType = target.type;
    copy.dstHost = target.host;
    copy.dstDevice = target.device;
    copy.dstArray = target.array;
    copy.dstPitch = target.width * 4;
    copy.dstHeight = target.height;
    copy.dstXInBytes = to.x * 4;
    copy.dstY = to.y;
    copy.dstZ = to.z;
    return copy;
}

void set_extent(CUDA_MEMCPY3D& copy, unsigned width, unsigned height, unsigned depth) {
    copy.WidthInBytes = width * 4;
    copy.Height = height;
    copy.Depth = depth;
}

void copy_whole(Volume& target, const Volume& source, CUstream stream) {
    CUDA_MEMCPY3D copy = box_between(target, {}, source, {});
    set_extent(copy, source.width, source.height, source.depth);
    CU_OK(cuMemcpy3DAsync_v2(&copy, stream));
    target.expected = source.expected;
}

void copy_random(guest::Run& run, Volume& target, const Volume& source, CUstream stream) {
    unsigned size[3], to[3], from[3];
    const unsigned target_size[] = {target.width, target.height, target.depth};
    const unsigned source_size[] = {source.width, source.height, source.depth};
    for (int axis = 0; axis < 3; ++axis) {
        size[axis] = 1 + run.random.below(std::min(target_size[axis], source_size[axis]));
        to[axis] = run.random.below(target_size[axis] - size[axis] + 1);
        from[axis] = run.random.below(source_size[axis] - size[axis] + 1);
    }
    const Corner there{to[0], to[1], to[2]}, here{from[0], from[1], from[2]};
    CUDA_MEMCPY3D copy = box_between(target, there, source, here);
    set_extent(copy, size[0], size[1], size[2]);
    CU_OK(run.random.below(3) == 0 ? cuMemcpy3D_v2(&copy) : cuMemcpy3DAsync_v2(&copy, stream));
    for (unsigned z = 0; z < size[2]; ++z) {
        for (unsigned y = 0; y < size[1]; ++y) {
            const auto* row = &source.expected[source.at(here.x, here.y + y, here.z + z)];
            std::copy_n(row, size[0], &target.expected[target.at(there.x, there.y + y, there.z + z)]);
        }
    }
}

Words contents(const Volume& volume, CUstream stream) {
    CU_OK(cuStreamSynchronize(stream));
    if (volume.host != nullptr) return Words(volume.host, volume.host + volume.expected.size());
    Volume out = make_volume(0, volume.width, volume.height, volume.depth);
    CUDA_MEMCPY3D copy = box_between(out, {}, volume, {});
    set_extent(copy, volume.width, volume.height, volume.depth);
    CU_OK(cuMemcpy3D_v2(&copy));
    return out.pageable;
}

void release(Volume& volume) {
    if (volume.device != 0) CU_OK(cuMemFree_v2(volume.device));
    if (volume.array != nullptr) CU_OK(cuArrayDestroy(volume.array));
    if (volume.host != nullptr && volume.pageable.empty()) CU_OK(cuMemFreeHost(volume.host));
}

void shuffle(guest::Run& run, CUstream stream, int rounds) {
    std::vector<Volume> volumes;
    for (int kind = 0; kind < 4; ++kind) {
        volumes.push_back(make_volume(kind, 20 + run.random.below(40), 5 + run.random.below(20), 7));
        volumes.push_back(make_volume(kind, 30, 10, 1 + run.random.below(5)));
    }
    // No two boxes of one volume: they might overlap.
    for (Volume& volume : volumes) {
        Volume fresh = make_volume(0, volume.width, volume.height, volume.depth);
        for (auto& word : fresh.pageable) word = std::uint32_t(run.random.next());
        fresh.expected = fresh.pageable;
        copy_whole(volume, fresh, stream);
    }
    for (int round = 0; round < rounds; ++round) {
        const unsigned target = run.random.below(unsigned(volumes.size()));
        const unsigned source = run.random.below(unsigned(volumes.size()));
        if (target != source) copy_random(run, volumes[target], volumes[source], stream);
    }
    for (Volume& volume : volumes) {
        run.compare_all("word", volume.expected, contents(volume, stream));
        release(volume);
    }
}

// Slices that do not fit a piece, and one row that does not.
void copy_long(guest::Run& run, CUstream stream, unsigned width) {
    const unsigned shapes[][3] = {{width, 401, 2}, {100, 50, 3 * width / 50}, {width * 150, 3, 1}};
    for (const auto& shape : shapes) {
        const bool has_array = shape[0] <= 16384;
        Volume source = make_volume(0, shape[0], shape[1], shape[2]);
        for (auto& word : source.pageable) word = std::uint32_t(run.random.next());
        source.expected = source.pageable;
        Volume middle = make_volume(has_array ? 3 : 2, shape[0], shape[1], shape[2]);
        Volume target = make_volume(0, shape[0], shape[1], shape[2]);
        copy_whole(middle, source, stream);
        copy_whole(target, middle, stream);
        run.compare_all("long", source.expected, contents(target, stream));
        release(middle);
    }
}

void copy_stretches(guest::Run& run, CUstream stream) {
    Volume first = make_volume(3, 13, 9, 1);
    Volume second = make_volume(3, 9, 13, 1);
    Words words(13 * 9), back(13 * 9);
    for (auto& word : words) word = std::uint32_t(run.random.next());
    const std::size_t size = words.size() * 4;
    CU_OK(cuMemcpyHtoAAsync_v2(first.array, 0, words.data(), size, stream));
    CU_OK(cuStreamSynchronize(stream));
    CU_OK(cuMemcpyAtoA_v2(second.array, 20, first.array, 20, size - 20));
    const CUdeviceptr memory = guest::allocate(size);
    CU_OK(cuMemcpyAtoD_v2(memory, second.array, 60, size - 60));
    CU_OK(cuMemcpyDtoA_v2(first.array, 60, memory, size - 60));
    CU_OK(cuMemcpyAtoHAsync_v2(back.data(), first.array, 0, size, stream));
    CU_OK(cuStreamSynchronize(stream));
    run.compare_all("stretch", words, back);
    CU_OK(cuMemcpyAtoH_v2(back.data(), second.array, 24, 40));
    run.compare("part", 0, words[6], back[0]);
    CU_FAILS(cuMemcpyHtoA_v2(first.array, 4, words.data(), size), CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuMemFree_v2(memory));
    release(first);
    release(second);
}

CUmemcpy3DOperand operand_at(const void* host, CUarray array) {
    CUmemcpy3DOperand operand{};
    operand.type = array == nullptr ? CU_MEMCPY_OPERAND_TYPE_POINTER : CU_MEMCPY_OPERAND_TYPE_ARRAY;
    if (array == nullptr) operand.op.ptr.ptr = reinterpret_cast<CUdeviceptr>(host);
    if (array != nullptr) operand.op.array.array = array;
    return operand;
}

void copy_batches(guest::Run& run, CUstream stream) {
    Words words(24), back(24), texels(24);
    for (auto& word : words) word = std::uint32_t(run.random.next());
    const CUdeviceptr memory = guest::allocate(24 * 4);
    CUdeviceptr targets[] = {memory, reinterpret_cast<CUdeviceptr>(back.data())};
    CUdeviceptr sources[] = {reinterpret_cast<CUdeviceptr>(words.data()), memory};
    std::size_t sizes[] = {96, 96};
    std::size_t first = 0;
    CUmemcpyAttributes attributes{};
    attributes.srcAccessOrder = CU_MEMCPY_SRC_ACCESS_ORDER_STREAM;
    CU_OK(cuMemcpyBatchAsync_v2(targets, sources, sizes, 2, &attributes, &first, 1, stream));
    CU_OK(cuStreamSynchronize(stream));
    run.compare_all("batch", words, back);
    CU_FAILS(cuMemcpyBatchAsync_v2(targets, sources, sizes, 2, &attributes, &first, 1, nullptr),
             CUDA_ERROR_INVALID_VALUE);
    Volume array = make_volume(3, 4, 3, 2);
    CUDA_MEMCPY3D_BATCH_OP list[2]{};
    list[0].src = operand_at(words.data(), nullptr);
    list[0].dst = operand_at(nullptr, array.array);
    list[1].src = list[0].dst;
    list[1].dst = operand_at(texels.data(), nullptr);
    for (auto& one : list) {
        one.extent = {4, 3, 2};
        one.srcAccessOrder = CU_MEMCPY_SRC_ACCESS_ORDER_DURING_API_CALL;
    }
    CU_OK(cuMemcpy3DBatchAsync_v2(2, list, 0, stream));
    CU_OK(cuStreamSynchronize(stream));
    run.compare_all("batch of boxes", words, texels);
    CU_OK(cuMemFree_v2(memory));
    release(array);
}

void refuse(const guest::Session& session) {
    CUarray array = nullptr;
    const CUDA_ARRAY3D_DESCRIPTOR bad{8, 8, 5, CU_AD_FORMAT_FLOAT, 1, CUDA_ARRAY3D_CUBEMAP};
    CU_FAILS(cuArray3DCreate_v2(&array, &bad), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuArray3DCreate_v2(nullptr, &bad), CUDA_ERROR_INVALID_VALUE);
    const CUDA_ARRAY_DESCRIPTOR good{8, 8, CU_AD_FORMAT_FLOAT, 2};
    CU_OK(cuArrayCreate_v2(&array, &good));
    CUDA_ARRAY_DESCRIPTOR got{};
    CU_OK(cuArrayGetDescriptor_v2(&got, array));
    guest::require_result(got.NumChannels == 2 && got.Width == 8 ? CUDA_SUCCESS : CUDA_ERROR_UNKNOWN,
                          CUDA_SUCCESS, "the description", __LINE__);
    Words words(64);
    CUDA_MEMCPY3D copy{};
    copy.srcMemoryType = CU_MEMORYTYPE_HOST;
    copy.srcHost = words.data();
    copy.dstMemoryType = CU_MEMORYTYPE_ARRAY;
    copy.dstArray = array;
    copy.WidthInBytes = 65;
    copy.Height = copy.Depth = 1;
    CU_FAILS(cuMemcpy3D_v2(&copy), CUDA_ERROR_INVALID_VALUE);
    copy.WidthInBytes = 64;
    copy.dstY = 8;
    CU_FAILS(cuMemcpy3D_v2(&copy), CUDA_ERROR_INVALID_VALUE);
    copy.dstY = 7;
    CU_OK(cuMemcpy3D_v2(&copy));
    CUDA_MEMCPY3D_PEER peer{};
    CU_FAILS(cuMemcpy3DPeer(&peer), CUDA_ERROR_INVALID_CONTEXT);
    peer.srcContext = peer.dstContext = session.context;
    CU_FAILS(cuMemcpy3DPeer(&peer), CUDA_ERROR_INVALID_VALUE);  // of no kind of memory
    peer.srcMemoryType = CU_MEMORYTYPE_HOST;
    peer.srcHost = words.data();
    peer.dstMemoryType = CU_MEMORYTYPE_ARRAY;
    peer.dstArray = array;
    peer.WidthInBytes = 64;
    peer.Height = peer.Depth = 1;
    CU_OK(cuMemcpy3DPeer(&peer));
    CU_OK(cuArrayDestroy(array));
    CU_FAILS(cuArrayDestroy(array), CUDA_ERROR_INVALID_HANDLE);
    CU_FAILS(cuMemcpy3D_v2(&copy), CUDA_ERROR_INVALID_HANDLE);
}

}  // namespace

int main(int argc, char** argv) {
    guest::Run run("boxes", argc, argv);
    guest::Session session;
    CUstream stream = nullptr;
    CU_OK(cuStreamCreate(&stream, CU_STREAM_DEFAULT));
    shuffle(run, stream, int(run.size(0, 80)));
    copy_long(run, stream, unsigned(run.size(1, 1900)));
    copy_stretches(run, stream);
    copy_batches(run, stream);
    refuse(session);
    CU_OK(cuStreamDestroy_v2(stream));
    session.close();
    return run.finish();
}
