// Arrays, texture and surface objects through the runtime, as nvcc compiles them: fetches of one, two and
// three dimensions, of layers and of cubes, gathers, levels of detail and surface stores, against a reference
// on the CPU. Linear fetches are taken where their weights are multiples of 1/256. Run by test/e2e as
// `texture_kinds SEED`.
#include <algorithm>

#include "../common.h"

static cudaTextureObject_t make_texture(cudaArray_t array, cudaTextureAddressMode mode,
                                        cudaTextureFilterMode filter, bool is_normalised,
                                        cudaTextureReadMode reads = cudaReadModeElementType) {
    cudaResourceDesc resource{};
    resource.resType = cudaResourceTypeArray;
    resource.res.array.array = array;
    cudaTextureDesc reading{};
    for (auto& axis : reading.addressMode) axis = mode;
    reading.filterMode = filter;
    reading.readMode = reads;
    reading.normalizedCoords = is_normalised;
    cudaTextureObject_t texture = 0;
    CUDA_OK(cudaCreateTextureObject(&texture, &resource, &reading, nullptr));
    return texture;
}

// An array of that shape with `texels` in it, slice after slice.
template <class T>
static cudaArray_t make_array(const std::vector<T>& texels, cudaExtent shape, unsigned flags) {
    const cudaChannelFormatDesc format = cudaCreateChannelDesc<T>();
    cudaArray_t array = nullptr;
    CUDA_OK(cudaMalloc3DArray(&array, &format, shape, flags));
    cudaMemcpy3DParms copy{};
    const std::size_t rows = std::max<std::size_t>(shape.height, 1);
    copy.srcPtr =
        make_cudaPitchedPtr(const_cast<T*>(texels.data()), shape.width * sizeof(T), shape.width, rows);
    copy.dstArray = array;
    copy.extent = make_cudaExtent(shape.width, rows, std::max<std::size_t>(shape.depth, 1));
    copy.kind = cudaMemcpyHostToDevice;
    CUDA_OK(cudaMemcpy3D(&copy));
    return array;
}

__global__ void fetch_plane(cudaTextureObject_t texture, const float2* at, float* out) {
    out[threadIdx.x] = tex2D<float>(texture, at[threadIdx.x].x, at[threadIdx.x].y);
}
__global__ void fetch_line(cudaTextureObject_t texture, const float2* at, float* out) {
    out[threadIdx.x] = tex1D<float>(texture, at[threadIdx.x].x);
}
__global__ void fetch_box(cudaTextureObject_t texture, const float2* at, float* out) {
    out[threadIdx.x] = tex3D<float>(texture, at[threadIdx.x].x, at[threadIdx.x].y, at[threadIdx.x].x / 2);
}
__global__ void fetch_layer(cudaTextureObject_t texture, const float2* at, float* out) {
    out[threadIdx.x] = tex2DLayered<float>(texture, at[threadIdx.x].x, at[threadIdx.x].y, threadIdx.x % 3);
}
__global__ void fetch_cube(cudaTextureObject_t texture, const float3* at, float* out) {
    const float3 p = at[threadIdx.x];
    out[threadIdx.x] = texCubemap<float>(texture, p.x, p.y, p.z);
}
__global__ void gather(cudaTextureObject_t texture, const float2* at, float4* out) {
    out[threadIdx.x] = tex2Dgather<float4>(texture, at[threadIdx.x].x, at[threadIdx.x].y, 0);
}
__global__ void fetch_bytes(cudaTextureObject_t texture, float4* out) {
    out[threadIdx.x] = tex1D<float4>(texture, threadIdx.x + 0.5f);
}
__global__ void fetch_memory(cudaTextureObject_t texture, int* out) {
    out[threadIdx.x] = tex1Dfetch<int>(texture, threadIdx.x);
}
__global__ void fetch_level(cudaTextureObject_t texture, float* out) {
    out[threadIdx.x] = tex2DLod<float>(texture, 0.5f, 0.5f, float(threadIdx.x) / 2);
}
__global__ void store_planes(cudaSurfaceObject_t plane, cudaSurfaceObject_t box, int width) {
    const int x = threadIdx.x, y = blockIdx.x;
    surf2Dwrite(x + y * width, plane, x * 4, y);
    surf3Dwrite(short(x - y), box, x * 2, y, 1);
    surf2Dwrite(-1, plane, (x + width) * 4, y, cudaBoundaryModeZero);
}
__global__ void load_planes(cudaSurfaceObject_t plane, cudaSurfaceObject_t box, int* out, int width) {
    const int x = threadIdx.x, y = blockIdx.x;
    short depth;
    surf3Dread(&depth, box, x * 2, y, 1);
    out[y * width + x] = surf2Dread<int>(plane, x * 4, y) + depth +
                         surf2Dread<int>(plane, (x + width) * 4, y, cudaBoundaryModeClamp);
}

struct Picture {
    int width, height, depth;
    std::vector<float> texels;
    float at(int x, int y = 0, int z = 0) const {
        x = std::clamp(x, 0, width - 1);
        y = std::clamp(y, 0, height - 1);
        z = std::clamp(z, 0, depth - 1);
        return texels[(std::size_t(z) * height + y) * width + x];
    }
    double linear(double x, double y, double z = 0.5) const {
        const double at_x = x - 0.5, at_y = y - 0.5, at_z = z - 0.5;
        const int i = int(std::floor(at_x)), j = int(std::floor(at_y)), k = int(std::floor(at_z));
        const double a = at_x - i, b = at_y - j, c = at_z - k;
        double sum = 0;
        for (int corner = 0; corner < 8; ++corner) {
            const int dx = corner & 1, dy = corner >> 1 & 1, dz = corner >> 2;
            sum += (dx ? a : 1 - a) * (dy ? b : 1 - b) * (dz ? c : 1 - c) * at(i + dx, j + dy, k + dz);
        }
        return sum;
    }
};

static Picture random_picture(guest::Run& run, int width, int height, int depth) {
    Picture picture{width, height, depth, std::vector<float>(std::size_t(width) * height * depth)};
    for (float& texel : picture.texels) texel = float(run.random.below(256));
    return picture;
}

// Places in and around [0, side), multiples of 1/128.
static std::vector<float2> random_places(guest::Run& run, int side) {
    std::vector<float2> places(64);
    const auto place = [&] { return float(int(run.random.below(unsigned(side) * 192)) - side * 32) / 128; };
    for (float2& at : places) at = make_float2(place(), place());
    return places;
}

template <class Kernel, class Expected>
static void compare(guest::Run& run, const char* what, Kernel kernel, cudaTextureObject_t texture,
                    const std::vector<float2>& places, Expected&& expected) {
    const guest::DeviceArray<float2> at(places);
    const guest::DeviceArray<float> out(places.size());
    kernel<<<1, unsigned(places.size())>>>(texture, at.data(), out.data());
    const auto got = out.download();
    for (std::size_t k = 0; k < got.size(); ++k)
        run.compare_close(what, k, expected(places[k], int(k)), got[k], 1e-5);
    CUDA_OK(cudaDestroyTextureObject(texture));
}

static void fetch_shapes(guest::Run& run) {
    const auto places = random_places(run, 12);
    const auto clamp = cudaAddressModeClamp;
    const auto linear = cudaFilterModeLinear, point = cudaFilterModePoint;
    const Picture plane = random_picture(run, 12, 12, 1);
    cudaArray_t array = make_array(plane.texels, make_cudaExtent(12, 12, 0), cudaArrayTextureGather);
    compare(run, "plane", fetch_plane, make_texture(array, clamp, linear, false), places,
            [&](float2 at, int) { return plane.linear(at.x, at.y); });
    compare(run, "nearest", fetch_plane, make_texture(array, clamp, point, false), places,
            [&](float2 at, int) { return plane.at(int(std::floor(at.x)), int(std::floor(at.y))); });
    const cudaTextureObject_t corners = make_texture(array, clamp, point, false);
    const guest::DeviceArray<float2> at(places);
    const guest::DeviceArray<float4> out(places.size());
    gather<<<1, unsigned(places.size())>>>(corners, at.data(), out.data());
    const auto got = out.download();
    for (std::size_t k = 0; k < got.size(); ++k) {
        const int x = int(std::floor(places[k].x - 0.5f)), y = int(std::floor(places[k].y - 0.5f));
        run.compare("gathered x", k, plane.at(x, y + 1), got[k].x);
        run.compare("gathered y", k, plane.at(x + 1, y + 1), got[k].y);
        run.compare("gathered z", k, plane.at(x + 1, y), got[k].z);
        run.compare("gathered w", k, plane.at(x, y), got[k].w);
    }
    CUDA_OK(cudaDestroyTextureObject(corners));
    CUDA_OK(cudaFreeArray(array));

    const Picture line = random_picture(run, 20, 1, 1);
    array = make_array(line.texels, make_cudaExtent(20, 0, 0), 0);
    compare(run, "line", fetch_line, make_texture(array, clamp, linear, false), places,
            [&](float2 at, int) { return line.linear(at.x, 0.5); });
    CUDA_OK(cudaFreeArray(array));

    const Picture box = random_picture(run, 9, 8, 7);
    array = make_array(box.texels, make_cudaExtent(9, 8, 7), 0);
    compare(run, "box", fetch_box, make_texture(array, clamp, linear, false), places,
            [&](float2 at, int) { return box.linear(at.x, at.y, at.x / 2); });
    CUDA_OK(cudaFreeArray(array));

    const Picture layers = random_picture(run, 12, 12, 3);
    array = make_array(layers.texels, make_cudaExtent(12, 12, 3), cudaArrayLayered);
    compare(run, "layer", fetch_layer, make_texture(array, clamp, point, false), places,
            [&](float2 at, int k) { return layers.at(int(std::floor(at.x)), int(std::floor(at.y)), k % 3); });
    CUDA_OK(cudaFreeArray(array));
}

// The middle of every face, and a place beside it.
static void fetch_faces(guest::Run& run) {
    const Picture faces = random_picture(run, 4, 4, 6);
    cudaArray_t array = make_array(faces.texels, make_cudaExtent(4, 4, 6), cudaArrayCubemap);
    const cudaTextureObject_t texture =
        make_texture(array, cudaAddressModeClamp, cudaFilterModePoint, true);
    // s and t of the six faces, of 0.375 and 0.875: texels 1 and 3.
    const float s = -0.25f, t = 0.75f;
    const std::vector<float3> directions{{1, -t, -s}, {-1, -t, s}, {s, 1, t},
                                         {s, -1, -t}, {s, -t, 1},  {-s, -t, -1}};
    const guest::DeviceArray<float3> at(directions);
    const guest::DeviceArray<float> out(6);
    fetch_cube<<<1, 6>>>(texture, at.data(), out.data());
    const auto got = out.download();
    for (int face = 0; face < 6; ++face) run.compare("face", face, faces.at(1, 3, face), got[face]);
    CUDA_OK(cudaDestroyTextureObject(texture));
    CUDA_OK(cudaFreeArray(array));
}

static void fetch_formats(guest::Run& run) {
    std::vector<uchar4> bytes(10);
    for (uchar4& texel : bytes) {
        const auto word = std::uint32_t(run.random.next());
        texel = make_uchar4(word & 255, word >> 8 & 255, word >> 16 & 255, word >> 24);
    }
    cudaArray_t array = make_array(bytes, make_cudaExtent(10, 0, 0), 0);
    const cudaTextureObject_t texture = make_texture(
        array, cudaAddressModeClamp, cudaFilterModePoint, false, cudaReadModeNormalizedFloat);
    const guest::DeviceArray<float4> out(10);
    fetch_bytes<<<1, 10>>>(texture, out.data());
    const auto got = out.download();
    for (int k = 0; k < 10; ++k) {
        run.compare_close("byte x", k, bytes[k].x / 255.0, got[k].x, 1e-6);
        run.compare_close("byte w", k, bytes[k].w / 255.0, got[k].w, 1e-6);
    }
    CUDA_OK(cudaDestroyTextureObject(texture));
    CUDA_OK(cudaFreeArray(array));

    std::vector<int> words(32);
    for (int& word : words) word = int(run.random.next());
    const guest::DeviceArray<int> memory(words), copied(32);
    cudaResourceDesc resource{};
    resource.resType = cudaResourceTypeLinear;
    resource.res.linear.devPtr = memory.data();
    resource.res.linear.desc = cudaCreateChannelDesc<int>();
    resource.res.linear.sizeInBytes = memory.size();
    cudaTextureDesc reading{};
    cudaTextureObject_t buffer = 0;
    CUDA_OK(cudaCreateTextureObject(&buffer, &resource, &reading, nullptr));
    fetch_memory<<<1, 32>>>(buffer, copied.data());
    run.compare_all("memory", words, copied.download());
    CUDA_OK(cudaDestroyTextureObject(buffer));
}

static void fetch_levels(guest::Run& run) {
    const cudaChannelFormatDesc format = cudaCreateChannelDesc<float>();
    cudaMipmappedArray_t mipmap = nullptr;
    CUDA_OK(cudaMallocMipmappedArray(&mipmap, &format, make_cudaExtent(4, 4, 0), 3));
    for (unsigned level = 0; level < 3; ++level) {
        cudaArray_t array = nullptr;
        CUDA_OK(cudaGetMipmappedArrayLevel(&array, mipmap, level));
        const std::size_t side = 4u >> level;
        const std::vector<float> texels(side * side, float(level + 1));
        CUDA_OK(cudaMemcpy2DToArray(array, 0, 0, texels.data(), side * 4, side * 4, side,
                                    cudaMemcpyHostToDevice));
    }
    cudaResourceDesc resource{};
    resource.resType = cudaResourceTypeMipmappedArray;
    resource.res.mipmap.mipmap = mipmap;
    cudaTextureDesc reading{};
    reading.normalizedCoords = 1;
    reading.filterMode = reading.mipmapFilterMode = cudaFilterModeLinear;
    for (auto& axis : reading.addressMode) axis = cudaAddressModeClamp;
    reading.maxMipmapLevelClamp = 2;
    cudaTextureObject_t texture = 0;
    CUDA_OK(cudaCreateTextureObject(&texture, &resource, &reading, nullptr));
    const guest::DeviceArray<float> out(6);
    fetch_level<<<1, 6>>>(texture, out.data());
    run.compare_all("level", std::vector<float>{1, 1.5f, 2, 2.5f, 3, 3}, out.download());
    CUDA_OK(cudaDestroyTextureObject(texture));
    CUDA_OK(cudaFreeMipmappedArray(mipmap));
}

static cudaSurfaceObject_t make_surface(cudaArray_t array) {
    cudaResourceDesc resource{};
    resource.resType = cudaResourceTypeArray;
    resource.res.array.array = array;
    cudaSurfaceObject_t surface = 0;
    CUDA_OK(cudaCreateSurfaceObject(&surface, &resource));
    return surface;
}

static void store_and_load(guest::Run& run) {
    const int width = 11, height = 6;
    cudaArray_t plane = make_array(std::vector<int>(width * height), make_cudaExtent(width, height, 0),
                                   cudaArraySurfaceLoadStore);
    cudaArray_t box = make_array(std::vector<short>(width * height * 2), make_cudaExtent(width, height, 2),
                                 cudaArraySurfaceLoadStore);
    const cudaSurfaceObject_t planes = make_surface(plane), boxes = make_surface(box);
    const guest::DeviceArray<int> out(width * height);
    store_planes<<<height, width>>>(planes, boxes, width);
    load_planes<<<height, width>>>(planes, boxes, out.data(), width);
    const auto got = out.download();
    for (int k = 0; k < width * height; ++k) {
        const int x = k % width, y = k / width;
        run.compare("stored", k, x + y * width + (x - y) + (width - 1 + y * width), got[k]);
    }
    std::vector<int> copied(width * height);
    CUDA_OK(cudaMemcpy2DFromArray(copied.data(), width * 4, plane, 0, 0, width * 4, height,
                                  cudaMemcpyDeviceToHost));
    for (int k = 0; k < width * height; ++k) run.compare("copied", k, k, copied[k]);
    CUDA_OK(cudaDestroySurfaceObject(planes));
    CUDA_OK(cudaDestroySurfaceObject(boxes));
    CUDA_OK(cudaFreeArray(plane));
    CUDA_OK(cudaFreeArray(box));
}

int main(int argc, char** argv) {
    guest::Run run("texture_kinds", argc, argv);
    fetch_shapes(run);
    fetch_faces(run);
    fetch_formats(run);
    fetch_levels(run);
    store_and_load(run);
    CUDA_OK(cudaDeviceSynchronize());
    return run.finish();
}
