// Texture and surface objects over arrays, levels, linear and pitched memory: kernels get the objects as
// plain arguments, and what they fetch is compared with a reference on the CPU that blends with weights of 8
// fractional bits. Run by test/e2e as `textures SEED`.
#include <algorithm>

#include "driver.h"

namespace {

using Words = std::vector<std::uint32_t>;

// Each thread takes its coordinates from `in` (four floats) and writes four words to `out`.
const char* const texture_ptx = R"(
.version 7.0
.target sm_70
.address_size 64
.visible .entry blend(.param .u64 t, .param .u64 in, .param .u64 out)
{
    .reg .b32 %r<3>; .reg .f32 %f<8>; .reg .b64 %d<5>;
    ld.param.u64 %d0, [t]; ld.param.u64 %d1, [in]; ld.param.u64 %d2, [out];
    mov.u32 %r0, %tid.x;
    mad.wide.u32 %d3, %r0, 16, %d1; mad.wide.u32 %d4, %r0, 16, %d2;
    ld.global.v4.f32 {%f0, %f1, %f2, %f3}, [%d3];
    tex.2d.v4.f32.f32 {%f4, %f5, %f6, %f7}, [%d0, {%f0, %f1}];
    st.global.v4.f32 [%d4], {%f4, %f5, %f6, %f7};
    ret;
}
.visible .entry level(.param .u64 t, .param .u64 in, .param .u64 out)
{
    .reg .b32 %r<3>; .reg .f32 %f<8>; .reg .b64 %d<5>;
    ld.param.u64 %d0, [t]; ld.param.u64 %d1, [in]; ld.param.u64 %d2, [out];
    mov.u32 %r0, %tid.x;
    mad.wide.u32 %d3, %r0, 16, %d1; mad.wide.u32 %d4, %r0, 16, %d2;
    ld.global.v4.f32 {%f0, %f1, %f2, %f3}, [%d3];
    tex.level.2d.v4.f32.f32 {%f4, %f5, %f6, %f7}, [%d0, {%f0, %f1}], %f2;
    st.global.v4.f32 [%d4], {%f4, %f5, %f6, %f7};
    ret;
}
.visible .entry line(.param .u64 t, .param .u64 out)
{
    .reg .b32 %r<6>; .reg .b64 %d<3>;
    ld.param.u64 %d0, [t]; ld.param.u64 %d1, [out];
    mov.u32 %r0, %tid.x;
    tex.1d.v4.u32.s32 {%r1, %r2, %r3, %r4}, [%d0, {%r0}];
    mad.wide.u32 %d2, %r0, 16, %d1;
    st.global.v4.b32 [%d2], {%r1, %r2, %r3, %r4};
    ret;
}
.visible .entry turn(.param .u64 s, .param .u64 o, .param .u32 w)
{
    .reg .b32 %r<6>; .reg .b64 %d<3>;
    ld.param.u64 %d0, [s]; ld.param.u64 %d1, [o]; ld.param.u32 %r5, [w];
    mov.u32 %r0, %tid.x; mov.u32 %r1, %ctaid.x;
    shl.b32 %r2, %r0, 2; shl.b32 %r3, %r1, 2;
    suld.b.2d.b32.trap {%r4}, [%d0, {%r2, %r1}];
    add.u32 %r4, %r4, %r5;
    sust.b.2d.b32.zero [%d1, {%r3, %r0}], {%r4};
    ret;
}
)";

struct Program {
    CUmodule module = nullptr;
    Program() { CU_OK(cuModuleLoadData(&module, texture_ptx)); }
    CUfunction kernel(const char* name) const {
        CUfunction function = nullptr;
        CU_OK(cuModuleGetFunction(&function, module, name));
        return function;
    }
};

CUarray make_array(unsigned width, unsigned height, CUarray_format format, unsigned channels,
                   unsigned flags = 0) {
    const CUDA_ARRAY3D_DESCRIPTOR shape{width, height, 0, format, channels, flags};
    CUarray array = nullptr;
    CU_OK(cuArray3DCreate_v2(&array, &shape));
    return array;
}

template <class T>
void fill(CUarray array, const std::vector<T>& texels) {
    CU_OK(cuMemcpyHtoA_v2(array, 0, texels.data(), texels.size() * sizeof(T)));
}

CUDA_RESOURCE_DESC of_array(CUarray array) {
    CUDA_RESOURCE_DESC resource{};
    resource.resType = CU_RESOURCE_TYPE_ARRAY;
    resource.res.array.hArray = array;
    return resource;
}

CUtexObject make_texture(const CUDA_RESOURCE_DESC& resource, CUaddress_mode mode, CUfilter_mode filter,
                         unsigned flags) {
    CUDA_TEXTURE_DESC reading{};
    for (CUaddress_mode& axis : reading.addressMode) axis = mode;
    reading.filterMode = filter;
    reading.mipmapFilterMode = filter;
    reading.maxMipmapLevelClamp = 16;
    reading.flags = flags;
    CUtexObject texture = 0;
    CU_OK(cuTexObjectCreate(&texture, &resource, &reading, nullptr));
    return texture;
}

struct Picture {
    int width, height;
    std::vector<float> texels;

    // The texel that an index stands for; 0 outside of a border.
    double at(int x, int y, CUaddress_mode mode) const {
        const auto place = [mode](int index, int size) {
            if (mode == CU_TR_ADDRESS_MODE_CLAMP) return std::clamp(index, 0, size - 1);
            if (mode == CU_TR_ADDRESS_MODE_BORDER) return index < 0 || index >= size ? -1 : index;
            const int turn = (index % size + size) % size;
            const int lap = (index - turn) / size;
            return mode == CU_TR_ADDRESS_MODE_MIRROR && lap % 2 != 0 ? size - 1 - turn : turn;
        };
        const int column = place(x, width), row = place(y, height);
        return column < 0 || row < 0 ? 0.0 : texels[std::size_t(row) * width + column];
    }

    // A mirrored coordinate is folded before it is rounded.
    static double mirrored(double x, int size) {
        const double lap = std::floor(x / size);
        x -= lap * size;
        return std::fmod(lap, 2) != 0 ? std::fmin(size - x, size - 0.5) : x;
    }

    // Coordinates in texels.
    double fetch(double x, double y, CUaddress_mode mode, bool is_linear) const {
        if (!is_linear && mode == CU_TR_ADDRESS_MODE_MIRROR)
            return at(int(std::floor(mirrored(x, width))), int(std::floor(mirrored(y, height))), mode);
        if (!is_linear) return at(int(std::floor(x)), int(std::floor(y)), mode);
        x -= 0.5;
        y -= 0.5;
        const double left = std::floor(x), top = std::floor(y);
        const double a = std::floor((x - left) * 256 + 0.5) / 256;
        const double b = std::floor((y - top) * 256 + 0.5) / 256;
        const int i = int(left), j = int(top);
        return (1 - a) * (1 - b) * at(i, j, mode) + a * (1 - b) * at(i + 1, j, mode) +
               (1 - a) * b * at(i, j + 1, mode) + a * b * at(i + 1, j + 1, mode);
    }
};

std::vector<float> fetched(const Program& program, const char* kernel, CUtexObject texture,
                           const std::vector<float>& in) {
    const CUdeviceptr coordinates = guest::allocate(in);
    const CUdeviceptr out = guest::allocate(in.size() * 4);
    CU_OK(guest::launch(program.kernel(kernel), 1, unsigned(in.size() / 4), nullptr, texture, coordinates,
                        out));
    const auto texels = guest::download<float>(out, in.size());
    CU_OK(cuMemFree_v2(coordinates));
    CU_OK(cuMemFree_v2(out));
    return texels;
}

// Coordinates are multiples of 1/256 of a texel, which the weights hold exactly.
std::vector<float> random_places(guest::Run& run, const Picture& picture, unsigned count) {
    std::vector<float> places(count * 4);
    const auto place = [&run](int size) {
        return float(int(run.random.below(unsigned(size) * 768)) - size * 256) / 256;
    };
    for (unsigned k = 0; k < count; ++k) {
        places[k * 4] = place(picture.width);
        places[k * 4 + 1] = place(picture.height);
    }
    return places;
}

void compare_with_picture(guest::Run& run, const Program& program, const Picture& picture,
                          const CUDA_RESOURCE_DESC& resource) {
    const CUaddress_mode modes[] = {CU_TR_ADDRESS_MODE_WRAP, CU_TR_ADDRESS_MODE_CLAMP,
                                    CU_TR_ADDRESS_MODE_MIRROR, CU_TR_ADDRESS_MODE_BORDER};
    for (const CUaddress_mode mode : modes) {
        for (const CUfilter_mode filter : {CU_TR_FILTER_MODE_POINT, CU_TR_FILTER_MODE_LINEAR}) {
            // Without normalised coordinates there is nothing to wrap or mirror.
            const bool repeats = mode == CU_TR_ADDRESS_MODE_WRAP || mode == CU_TR_ADDRESS_MODE_MIRROR;
            const unsigned flags = repeats ? CU_TRSF_NORMALIZED_COORDINATES : 0;
            const CUtexObject texture = make_texture(resource, mode, filter, flags);
            const std::vector<float> places = random_places(run, picture, 128);
            std::vector<float> in = places;
            for (std::size_t k = 0; repeats && k < in.size(); k += 4) {
                in[k] /= float(picture.width);
                in[k + 1] /= float(picture.height);
            }
            const auto got = fetched(program, "blend", texture, in);
            for (std::size_t k = 0; k < in.size(); k += 4) {
                const bool is_linear = filter == CU_TR_FILTER_MODE_LINEAR;
                const double expected = picture.fetch(places[k], places[k + 1], mode, is_linear);
                run.compare_close("fetch", k / 4, expected, got[k], 1e-6);
            }
            CU_OK(cuTexObjectDestroy(texture));
        }
    }
}

void fetch_planes(guest::Run& run, const Program& program) {
    Picture picture{16, 8, std::vector<float>(128)};
    for (float& texel : picture.texels) texel = float(run.random.below(1000));
    const CUarray array = make_array(16, 8, CU_AD_FORMAT_FLOAT, 1);
    fill(array, picture.texels);
    compare_with_picture(run, program, picture, of_array(array));
    CU_OK(cuArrayDestroy(array));
    CUdeviceptr memory = 0;
    std::size_t pitch = 0;
    CU_OK(cuMemAllocPitch_v2(&memory, &pitch, 64, 8, 4));
    for (std::size_t y = 0; y < 8; ++y)
        CU_OK(cuMemcpyHtoD_v2(memory + y * pitch, &picture.texels[y * 16], 64));
    CUDA_RESOURCE_DESC plane{};
    plane.resType = CU_RESOURCE_TYPE_PITCH2D;
    plane.res.pitch2D = {memory, CU_AD_FORMAT_FLOAT, 1, 16, 8, pitch};
    const CUtexObject texture = make_texture(plane, CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_LINEAR, 0);
    const std::vector<float> in = random_places(run, picture, 64);
    const auto got = fetched(program, "blend", texture, in);
    for (std::size_t k = 0; k < in.size(); k += 4) {
        const double expected = picture.fetch(in[k], in[k + 1], CU_TR_ADDRESS_MODE_CLAMP, true);
        run.compare_close("pitched", k / 4, expected, got[k], 1e-6);
    }
    CU_OK(cuTexObjectDestroy(texture));
    CU_OK(cuMemFree_v2(memory));
}

void fetch_line(guest::Run& run, const Program& program) {
    std::vector<std::int16_t> values(40);
    for (auto& value : values) value = std::int16_t(run.random.below(60000) - 30000);
    const CUdeviceptr memory = guest::allocate(values);
    CUDA_RESOURCE_DESC line{};
    line.resType = CU_RESOURCE_TYPE_LINEAR;
    line.res.linear = {memory, CU_AD_FORMAT_SIGNED_INT16, 2, 80};
    const CUtexObject texture =
        make_texture(line, CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_POINT, CU_TRSF_READ_AS_INTEGER);
    const CUdeviceptr out = guest::allocate(24 * 16);
    CU_OK(guest::launch(program.kernel("line"), 1, 24, nullptr, texture, out));
    const Words got = guest::download<std::uint32_t>(out, 24 * 4);
    for (std::size_t k = 0; k < 24; ++k) {
        for (std::size_t channel = 0; channel < 2; ++channel) {
            const std::int32_t expected = k < 20 ? values[k * 2 + channel] : 0;
            run.compare("line", k, expected, std::int32_t(got[k * 4 + channel]));
        }
    }
    CU_OK(cuTexObjectDestroy(texture));
    CU_OK(cuMemFree_v2(memory));
    CU_OK(cuMemFree_v2(out));
}

void fetch_levels(guest::Run& run, const Program& program) {
    const CUDA_ARRAY3D_DESCRIPTOR shape{8, 8, 0, CU_AD_FORMAT_FLOAT, 1, 0};
    CUmipmappedArray mipmap = nullptr;
    CU_OK(cuMipmappedArrayCreate(&mipmap, &shape, 4));
    CUarray level = nullptr, again = nullptr;
    for (unsigned k = 0; k < 4; ++k) {
        CU_OK(cuMipmappedArrayGetLevel(&level, mipmap, k));
        const std::size_t side = 8u >> k;
        fill(level, std::vector<float>(side * side, float(10 * (k + 1))));
    }
    CU_OK(cuMipmappedArrayGetLevel(&again, mipmap, 3));
    run.require(again == level, "a level is one array");
    CUDA_ARRAY3D_DESCRIPTOR got{};
    CU_OK(cuArray3DGetDescriptor_v2(&got, level));
    run.compare("width of the last level", 0, 1L, long(got.Width));
    CU_FAILS(cuMipmappedArrayGetLevel(&again, mipmap, 4), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuArrayDestroy(level), CUDA_ERROR_INVALID_HANDLE);
    CUDA_RESOURCE_DESC resource{};
    resource.resType = CU_RESOURCE_TYPE_MIPMAPPED_ARRAY;
    resource.res.mipmap.hMipmappedArray = mipmap;
    const CUtexObject texture = make_texture(resource, CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_LINEAR,
                                             CU_TRSF_NORMALIZED_COORDINATES);
    const auto texels = fetched(program, "level", texture,
                                {0.5f, 0.5f, 0, 0, 0.5f, 0.5f, 1.5f, 0, 0.5f, 0.5f, 9, 0});
    run.compare("level 0", 0, 10.0f, texels[0]);
    run.compare("between two levels", 0, 25.0f, texels[4]);
    run.compare("beyond the last", 0, 40.0f, texels[8]);
    CU_OK(cuTexObjectDestroy(texture));
    CU_OK(cuMipmappedArrayDestroy(mipmap));
    CU_FAILS(cuMipmappedArrayGetLevel(&again, mipmap, 0), CUDA_ERROR_INVALID_HANDLE);
    CU_FAILS(cuArray3DGetDescriptor_v2(&got, level), CUDA_ERROR_INVALID_HANDLE);
}

// out(x, y) = in(y, x) + 5 through two surfaces.
void turn_picture(guest::Run& run, const Program& program) {
    const CUarray in = make_array(12, 7, CU_AD_FORMAT_UNSIGNED_INT32, 1, CUDA_ARRAY3D_SURFACE_LDST);
    const CUarray out = make_array(7, 12, CU_AD_FORMAT_UNSIGNED_INT32, 1, CUDA_ARRAY3D_SURFACE_LDST);
    Words words(84), got(84);
    for (auto& word : words) word = std::uint32_t(run.random.next());
    fill(in, words);
    CUsurfObject from = 0, to = 0;
    const CUDA_RESOURCE_DESC source = of_array(in), target = of_array(out);
    CU_OK(cuSurfObjectCreate(&from, &source));
    CU_OK(cuSurfObjectCreate(&to, &target));
    CU_OK(guest::launch(program.kernel("turn"), 7, 12, nullptr, from, to, 5u));
    CU_OK(cuMemcpyAtoH_v2(got.data(), out, 0, 84 * 4));
    for (std::size_t k = 0; k < 84; ++k) run.compare("turned", k, words[k % 7 * 12 + k / 7] + 5, got[k]);
    CU_OK(cuSurfObjectDestroy(from));
    CU_FAILS(cuSurfObjectDestroy(from), CUDA_ERROR_INVALID_VALUE);
    CU_FAILS(cuTexObjectDestroy(to), CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuSurfObjectDestroy(to));
    CU_OK(cuArrayDestroy(in));
    CU_OK(cuArrayDestroy(out));
}

void describe(guest::Run& run) {
    const CUarray array = make_array(4, 4, CU_AD_FORMAT_UNSIGNED_INT32, 1);
    const CUDA_RESOURCE_DESC resource = of_array(array);
    const CUtexObject texture =
        make_texture(resource, CU_TR_ADDRESS_MODE_MIRROR, CU_TR_FILTER_MODE_POINT, CU_TRSF_READ_AS_INTEGER);
    CUDA_RESOURCE_DESC got{};
    CUDA_TEXTURE_DESC reading{};
    CU_OK(cuTexObjectGetResourceDesc(&got, texture));
    CU_OK(cuTexObjectGetTextureDesc(&reading, texture));
    run.require(got.res.array.hArray == array, "a texture names its array");
    run.require(reading.addressMode[0] == CU_TR_ADDRESS_MODE_MIRROR, "a texture says how it reads");
    CUtexObject refused = 0;
    reading.filterMode = CU_TR_FILTER_MODE_LINEAR;
    CU_FAILS(cuTexObjectCreate(&refused, &resource, &reading, nullptr), CUDA_ERROR_INVALID_VALUE);
    CUsurfObject surface = 0;
    CU_FAILS(cuSurfObjectCreate(&surface, &resource), CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuTexObjectDestroy(texture));
    CU_FAILS(cuTexObjectGetResourceDesc(&got, texture), CUDA_ERROR_INVALID_VALUE);
    CU_OK(cuArrayDestroy(array));
    CU_FAILS(cuTexObjectCreate(&refused, &resource, &reading, nullptr), CUDA_ERROR_INVALID_HANDLE);
}

}  // namespace

int main(int argc, char** argv) {
    guest::Run run("textures", argc, argv);
    guest::Session session;
    const Program program;
    fetch_planes(run, program);
    fetch_line(run, program);
    fetch_levels(run, program);
    turn_picture(run, program);
    describe(run);
    CU_OK(cuModuleUnload(program.module));
    session.close();
    return run.finish();
}
