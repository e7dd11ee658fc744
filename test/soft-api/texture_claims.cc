// Claims about arrays, copies of boxes, texture and surface objects. What fetches compute is the engine's own
// test's matter; here kernels see that the objects reach them.
#include <cstring>
#include <numeric>

#include "soft-api/claim.h"

using namespace abi;
using claims::begin;
using claims::launch;
using claims::read_words;
using claims::zeroed_words;

namespace {

CUDA_ARRAY3D_DESCRIPTOR shape(std::size_t width, std::size_t height, std::size_t depth, unsigned flags = 0,
                              CUarray_format format = CU_AD_FORMAT_UNSIGNED_INT32, unsigned channels = 1) {
    return {width, height, depth, format, channels, flags};
}

CUarray make_array(const CUDA_ARRAY3D_DESCRIPTOR& description) {
    CUarray array = nullptr;
    MUST(cuArray3DCreate_v2(&array, &description));
    return array;
}

std::size_t unused_bytes() {
    std::size_t unused = 0;
    std::size_t total = 0;
    MUST(cuMemGetInfo_v2(&unused, &total));
    return unused;
}

std::vector<std::uint32_t> counted(std::size_t count) {
    std::vector<std::uint32_t> words(count);
    std::iota(words.begin(), words.end(), 1u);
    return words;
}

CUDA_MEMCPY3D whole_box(const CUDA_ARRAY3D_DESCRIPTOR& shape) {
    CUDA_MEMCPY3D copy{};
    copy.WidthInBytes = shape.Width * 4;
    copy.Height = shape.Height == 0 ? 1 : shape.Height;
    copy.Depth = shape.Depth == 0 ? 1 : shape.Depth;
    return copy;
}

void fill(CUarray array, const CUDA_ARRAY3D_DESCRIPTOR& shape, const std::vector<std::uint32_t>& words) {
    CUDA_MEMCPY3D copy = whole_box(shape);
    copy.srcMemoryType = CU_MEMORYTYPE_HOST;
    copy.srcHost = words.data();
    copy.srcPitch = copy.WidthInBytes;
    copy.srcHeight = copy.Height;
    copy.dstMemoryType = CU_MEMORYTYPE_ARRAY;
    copy.dstArray = array;
    MUST(cuMemcpy3D_v2(&copy));
}

std::vector<std::uint32_t> contents(CUarray array, const CUDA_ARRAY3D_DESCRIPTOR& shape) {
    CUDA_MEMCPY3D copy = whole_box(shape);
    std::vector<std::uint32_t> words(copy.WidthInBytes / 4 * copy.Height * copy.Depth);
    copy.dstMemoryType = CU_MEMORYTYPE_HOST;
    copy.dstHost = words.data();
    copy.srcMemoryType = CU_MEMORYTYPE_ARRAY;
    copy.srcArray = array;
    MUST(cuMemcpy3D_v2(&copy));
    return words;
}

// fetch(t, p): *p[x] = the word that texture t has at (x, 1). put(s, v): surface s at (1, 1, slice 0) = v.
const char* const texture_text = R"(
.version 7.0
.target sm_70
.address_size 64
.visible .entry fetch(.param .u64 t, .param .u64 p)
{
    .reg .b32 %r<6>;
    .reg .b64 %d<4>;
    ld.param.u64 %d0, [t];
    ld.param.u64 %d1, [p];
    mov.u32 %r0, %tid.x;
    mov.u32 %r1, 1;
    tex.2d.v4.u32.s32 {%r2, %r3, %r4, %r5}, [%d0, {%r0, %r1}];
    mul.wide.u32 %d2, %r0, 4;
    add.s64 %d3, %d1, %d2;
    st.global.u32 [%d3], %r2;
    ret;
}
.visible .entry line(.param .u64 t, .param .u64 p)
{
    .reg .b32 %r<6>;
    .reg .b64 %d<4>;
    ld.param.u64 %d0, [t];
    ld.param.u64 %d1, [p];
    mov.u32 %r0, %tid.x;
    tex.1d.v4.u32.s32 {%r2, %r3, %r4, %r5}, [%d0, {%r0}];
    mul.wide.u32 %d2, %r0, 4;
    add.s64 %d3, %d1, %d2;
    st.global.u32 [%d3], %r2;
    ret;
}
.visible .entry put(.param .u64 s, .param .u32 v)
{
    .reg .b32 %r<3>;
    .reg .b64 %d0;
    ld.param.u64 %d0, [s];
    ld.param.u32 %r0, [v];
    mov.u32 %r1, 4;
    mov.u32 %r2, 1;
    sust.b.2d.b32.trap [%d0, {%r1, %r2}], %r0;
    ret;
}
)";

CUfunction texture_kernel(const char* name) {
    static CUmodule module = nullptr;
    if (module == nullptr) MUST(cuModuleLoadData(&module, texture_text));
    return claims::kernel(module, name);
}

CUtexObject make_texture(const CUDA_RESOURCE_DESC& resource, unsigned flags = CU_TRSF_READ_AS_INTEGER) {
    CUDA_TEXTURE_DESC reading{};
    for (CUaddress_mode& mode : reading.addressMode) mode = CU_TR_ADDRESS_MODE_CLAMP;
    reading.flags = flags;
    CUtexObject texture = 0;
    MUST(cuTexObjectCreate(&texture, &resource, &reading, nullptr));
    return texture;
}

CUDA_RESOURCE_DESC of_array(CUarray array) {
    CUDA_RESOURCE_DESC resource{};
    resource.resType = CU_RESOURCE_TYPE_ARRAY;
    resource.res.array.hArray = array;
    return resource;
}

std::vector<std::uint32_t> fetched(const char* kernel, CUtexObject texture, unsigned count) {
    CUdeviceptr out = zeroed_words(count);
    EXPECT_IS(launch(texture_kernel(kernel), 1, count, {&texture, &out}), CUDA_SUCCESS);
    return read_words(out, count);
}

using Words = std::vector<std::uint32_t>;

}  // namespace

CLAIM("an array is what it was asked to be, is paid for, and is given back") {
    begin();
    const std::size_t before = unused_bytes();
    const auto asked = shape(100, 50, 7, CUDA_ARRAY3D_SURFACE_LDST, CU_AD_FORMAT_HALF, 4);
    CUarray array = make_array(asked);
    EXPECT(before - unused_bytes() >= 100 * 50 * 7 * 8);
    CUDA_ARRAY3D_DESCRIPTOR got{};
    MUST(cuArray3DGetDescriptor_v2(&got, array));
    EXPECT_IS(std::memcmp(&got, &asked, sizeof got), 0);
    CUDA_ARRAY_DESCRIPTOR flat{};
    EXPECT_IS(cuArrayGetDescriptor_v2(&flat, array), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuArrayGetDescriptor_v2(&flat, nullptr), CUDA_ERROR_INVALID_HANDLE);
    MUST(cuArrayDestroy(array));
    EXPECT_IS(cuArrayDestroy(array), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_IS(unused_bytes(), before);
    const CUDA_ARRAY_DESCRIPTOR plane{64, 32, CU_AD_FORMAT_FLOAT, 2};
    MUST(cuArrayCreate_v2(&array, &plane));
    MUST(cuArrayGetDescriptor_v2(&flat, array));
    EXPECT_IS(std::memcmp(&flat, &plane, sizeof flat), 0);
}

CLAIM("an array that makes no sense is refused") {
    begin();
    CUarray array = nullptr;
    const CUDA_ARRAY3D_DESCRIPTOR bad[] = {shape(0, 1, 1),
                                           shape(1, 0, 1),
                                           shape(8, 8, 0, CUDA_ARRAY3D_LAYERED),
                                           shape(8, 8, 5, CUDA_ARRAY3D_CUBEMAP),
                                           shape(8, 4, 6, CUDA_ARRAY3D_CUBEMAP),
                                           shape(8, 8, 8, CUDA_ARRAY3D_CUBEMAP | CUDA_ARRAY3D_LAYERED),
                                           shape(8, 8, 0, 0, CU_AD_FORMAT_FLOAT, 3),
                                           shape(131073, 0, 0),
                                           shape(8, 65537, 0),
                                           shape(8, 8, 2049, CUDA_ARRAY3D_LAYERED),
                                           shape(8, 16385, 8),
                                           shape(8, 8, 8, CUDA_ARRAY3D_TEXTURE_GATHER),
                                           shape(8, 8, 0, 0x8000)};
    for (const auto& one : bad) EXPECT_IS(cuArray3DCreate_v2(&array, &one), CUDA_ERROR_INVALID_VALUE);
    const auto compressed = shape(8, 8, 0, 0, CU_AD_FORMAT_BC1_UNORM, 4);
    EXPECT_IS(cuArray3DCreate_v2(&array, &compressed), CUDA_ERROR_NOT_SUPPORTED);
    const auto huge = shape(16384, 16384, 2048, 0, CU_AD_FORMAT_FLOAT, 1);
    EXPECT_IS(cuArray3DCreate_v2(&array, &huge), CUDA_ERROR_OUT_OF_MEMORY);
    int widest = 0;
    MUST(cuDeviceGetAttribute(&widest, CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_WIDTH, 0));
    EXPECT_IS(widest, 131072);
    EXPECT_IS(cuArray3DCreate_v2(nullptr, &bad[0]), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuArray3DCreate_v2(&array, nullptr), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("boxes travel between host, device memory and arrays, whole and in part") {
    begin();
    const auto asked = shape(5, 4, 3);
    CUarray array = make_array(asked);
    const Words words = counted(60);
    fill(array, asked, words);
    EXPECT(contents(array, asked) == words);
    // A box of 2 x 2 x 2 at (1, 1, 1), into pitched device memory at (1, 0, 0).
    CUdeviceptr memory = zeroed_words(64);
    CUDA_MEMCPY3D part{};
    part.srcMemoryType = CU_MEMORYTYPE_ARRAY;
    part.srcArray = array;
    part.srcXInBytes = 4;
    part.srcY = part.srcZ = 1;
    part.dstMemoryType = CU_MEMORYTYPE_DEVICE;
    part.dstDevice = memory;
    part.dstXInBytes = 4;
    part.dstPitch = 16;
    part.dstHeight = 4;
    part.WidthInBytes = 8;
    part.Height = part.Depth = 2;
    MUST(cuMemcpy3DAsync_v2(&part, nullptr));
    Words expected(64);
    for (std::size_t z = 0; z < 2; ++z) {
        for (std::size_t y = 0; y < 2; ++y) {
            for (std::size_t x = 0; x < 2; ++x)
                expected[z * 16 + y * 4 + x + 1] = words[(z + 1) * 20 + (y + 1) * 5 + x + 1];
        }
    }
    EXPECT(read_words(memory, 64) == expected);
    part.WidthInBytes = 20;
    EXPECT_IS(cuMemcpy3D_v2(&part), CUDA_ERROR_INVALID_VALUE);  // leaves the array's row
    part.WidthInBytes = 8;
    part.Depth = 3;
    EXPECT_IS(cuMemcpy3D_v2(&part), CUDA_ERROR_INVALID_VALUE);
    part.Depth = 2;
    part.dstHeight = 1;
    EXPECT_IS(cuMemcpy3D_v2(&part), CUDA_ERROR_INVALID_VALUE);  // slices would overlap
    part.srcArray = nullptr;
    EXPECT_IS(cuMemcpy3D_v2(&part), CUDA_ERROR_INVALID_HANDLE);
}

CLAIM("planes and stretches of an array are copied as bytes in row order") {
    begin();
    const auto asked = shape(5, 4, 0);
    CUarray first = make_array(asked);
    CUarray second = make_array(shape(4, 5, 0));
    const Words words = counted(20);
    MUST(cuMemcpyHtoA_v2(first, 0, words.data(), 80));
    EXPECT(contents(first, asked) == words);
    Words part(7);
    MUST(cuMemcpyAtoH_v2(part.data(), first, 12, 28));
    EXPECT(part == Words(words.begin() + 3, words.begin() + 10));
    MUST(cuMemcpyAtoA_v2(second, 0, first, 0, 80));
    EXPECT(contents(second, shape(4, 5, 0)) == words);
    CUdeviceptr memory = zeroed_words(20);
    MUST(cuMemcpyAtoD_v2(memory, second, 8, 72));
    EXPECT_IS(read_words(memory, 1)[0], 3u);
    MUST(cuMemcpyDtoA_v2(first, 40, memory, 40));
    EXPECT_IS(contents(first, asked)[10], 3u);
    EXPECT_IS(cuMemcpyHtoA_v2(first, 4, words.data(), 80), CUDA_ERROR_INVALID_VALUE);
    CUDA_MEMCPY2D plane{};
    Words two(4);
    plane.srcMemoryType = CU_MEMORYTYPE_ARRAY;
    plane.srcArray = second;
    plane.srcXInBytes = 8;
    plane.srcY = 3;
    plane.dstMemoryType = CU_MEMORYTYPE_HOST;
    plane.dstHost = two.data();
    plane.WidthInBytes = 8;
    plane.Height = 2;
    MUST(cuMemcpy2D_v2(&plane));
    EXPECT((two == Words{15, 16, 19, 20}));
}

CLAIM("a kernel fetches from arrays, pitched and linear memory through texture objects") {
    begin();
    const auto asked = shape(4, 2, 0);
    CUarray array = make_array(asked);
    fill(array, asked, counted(8));
    const CUtexObject texture = make_texture(of_array(array));
    EXPECT((fetched("fetch", texture, 6) == Words{5, 6, 7, 8, 8, 8}));
    CUDA_RESOURCE_DESC resource{};
    MUST(cuTexObjectGetResourceDesc(&resource, texture));
    EXPECT(resource.res.array.hArray == array);
    CUDA_RESOURCE_VIEW_DESC view{};
    EXPECT_IS(cuTexObjectGetResourceViewDesc(&view, texture), CUDA_ERROR_INVALID_VALUE);
    CUdeviceptr memory = zeroed_words(16);
    MUST(cuMemcpyHtoD_v2(memory, counted(16).data(), 64));
    CUDA_RESOURCE_DESC plane{};
    plane.resType = CU_RESOURCE_TYPE_PITCH2D;
    plane.res.pitch2D = {memory, CU_AD_FORMAT_UNSIGNED_INT32, 1, 3, 2, 32};
    EXPECT((fetched("fetch", make_texture(plane), 4) == Words{9, 10, 11, 11}));
    CUDA_RESOURCE_DESC line{};
    line.resType = CU_RESOURCE_TYPE_LINEAR;
    line.res.linear = {memory, CU_AD_FORMAT_UNSIGNED_INT16, 2, 8};
    EXPECT((fetched("line", make_texture(line), 4) == Words{1, 2, 0, 0}));
    MUST(cuTexObjectDestroy(texture));
    EXPECT_IS(cuTexObjectDestroy(texture), CUDA_ERROR_INVALID_VALUE);
    CUdeviceptr out = zeroed_words(1);
    CUtexObject gone = texture;
    EXPECT_IS(launch(texture_kernel("fetch"), 1, 1, {&gone, &out}), CUDA_SUCCESS);
    EXPECT_IS(cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
}

CLAIM("a texture object that cannot be is refused") {
    begin();
    CUarray array = make_array(shape(4, 2, 0));
    CUtexObject texture = 0;
    CUDA_TEXTURE_DESC reading{};
    reading.flags = CU_TRSF_READ_AS_INTEGER;
    const auto create = [&](const CUDA_RESOURCE_DESC& resource) {
        return cuTexObjectCreate(&texture, &resource, &reading, nullptr);
    };
    EXPECT_IS(create(of_array(nullptr)), CUDA_ERROR_INVALID_HANDLE);
    reading.filterMode = CU_TR_FILTER_MODE_LINEAR;
    EXPECT_IS(create(of_array(array)), CUDA_ERROR_INVALID_VALUE);  // words are not blended
    reading.filterMode = CU_TR_FILTER_MODE_POINT;
    reading.flags |= CU_TRSF_SRGB;
    EXPECT_IS(create(of_array(array)), CUDA_ERROR_NOT_SUPPORTED);
    reading.flags = CU_TRSF_READ_AS_INTEGER;
    CUdeviceptr memory = zeroed_words(16);
    CUDA_RESOURCE_DESC line{};
    line.resType = CU_RESOURCE_TYPE_LINEAR;
    line.res.linear = {memory, CU_AD_FORMAT_FLOAT, 1, 1 << 20};
    EXPECT_IS(create(line), CUDA_ERROR_INVALID_VALUE);  // reaches past the block
    line.res.linear = {memory + 4, CU_AD_FORMAT_FLOAT, 1, 16};
    EXPECT_IS(create(line), CUDA_ERROR_INVALID_VALUE);  // not aligned
    CUDA_RESOURCE_DESC plane{};
    plane.resType = CU_RESOURCE_TYPE_PITCH2D;
    plane.res.pitch2D = {memory, CU_AD_FORMAT_FLOAT, 1, 4, 2, 12};
    EXPECT_IS(create(plane), CUDA_ERROR_INVALID_VALUE);
    CUsurfObject surface = 0;
    const CUDA_RESOURCE_DESC without = of_array(array);
    EXPECT_IS(cuSurfObjectCreate(&surface, &without), CUDA_ERROR_INVALID_VALUE);  // not made for stores
    EXPECT_IS(cuSurfObjectCreate(&surface, &line), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("a kernel stores through a surface object, and outside of it traps") {
    begin();
    const auto asked = shape(3, 3, 0, CUDA_ARRAY3D_SURFACE_LDST);
    CUarray array = make_array(asked);
    fill(array, asked, counted(9));
    CUsurfObject surface = 0;
    const CUDA_RESOURCE_DESC resource = of_array(array);
    MUST(cuSurfObjectCreate(&surface, &resource));
    std::uint32_t value = 77;
    EXPECT_IS(launch(texture_kernel("put"), 1, 1, {&surface, &value}), CUDA_SUCCESS);
    EXPECT((contents(array, asked) == Words{1, 2, 3, 4, 77, 6, 7, 8, 9}));
    MUST(cuSurfObjectDestroy(surface));
    CUarray small = make_array(shape(3, 1, 0, CUDA_ARRAY3D_SURFACE_LDST));
    const CUDA_RESOURCE_DESC low = of_array(small);
    MUST(cuSurfObjectCreate(&surface, &low));
    EXPECT_IS(launch(texture_kernel("put"), 1, 1, {&surface, &value}), CUDA_SUCCESS);
    EXPECT_IS(cuCtxSynchronize(), CUDA_ERROR_LAUNCH_FAILED);
}

CLAIM("the levels of a mipmapped array are arrays of their own, and a view shows some of them") {
    begin();
    const std::size_t before = unused_bytes();
    CUmipmappedArray mipmap = nullptr;
    const auto asked = shape(8, 4, 0);
    MUST(cuMipmappedArrayCreate(&mipmap, &asked, 100));
    CUarray level = nullptr;
    EXPECT_IS(cuMipmappedArrayGetLevel(&level, mipmap, 4), CUDA_ERROR_INVALID_VALUE);
    const std::size_t widths[] = {8, 4, 2, 1};
    const std::size_t heights[] = {4, 2, 1, 1};
    for (unsigned k = 0; k < 4; ++k) {
        MUST(cuMipmappedArrayGetLevel(&level, mipmap, k));
        CUDA_ARRAY3D_DESCRIPTOR got{};
        MUST(cuArray3DGetDescriptor_v2(&got, level));
        EXPECT_IS(got.Width, widths[k]);
        EXPECT_IS(got.Height, heights[k]);
        EXPECT_IS(cuArrayDestroy(level), CUDA_ERROR_INVALID_HANDLE);
        fill(level, got, Words(got.Width * got.Height, 10 * (k + 1)));
    }
    CUDA_RESOURCE_DESC resource{};
    resource.resType = CU_RESOURCE_TYPE_MIPMAPPED_ARRAY;
    resource.res.mipmap.hMipmappedArray = mipmap;
    EXPECT_IS(fetched("fetch", make_texture(resource), 1)[0], 10u);
    CUDA_TEXTURE_DESC reading{};
    reading.flags = CU_TRSF_READ_AS_INTEGER;
    CUDA_RESOURCE_VIEW_DESC view{};
    view.firstMipmapLevel = 1;
    view.lastMipmapLevel = 2;
    CUtexObject texture = 0;
    MUST(cuTexObjectCreate(&texture, &resource, &reading, &view));
    EXPECT_IS(fetched("fetch", texture, 1)[0], 20u);
    view.lastMipmapLevel = 4;
    EXPECT_IS(cuTexObjectCreate(&texture, &resource, &reading, &view), CUDA_ERROR_INVALID_VALUE);
    MUST(cuMipmappedArrayDestroy(mipmap));
    EXPECT_IS(cuMipmappedArrayGetLevel(&level, mipmap, 0), CUDA_ERROR_INVALID_HANDLE);
    EXPECT(before - unused_bytes() < 4096);
}
