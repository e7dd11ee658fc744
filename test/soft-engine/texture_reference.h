// Pictures that textures are made of, a kernel that fetches, and a reference for both written from the CUDA
// C++ Programming Guide's appendix, in doubles and on plain vectors. Coordinates are multiples of 1/512,
// which every step of a fetch keeps exact, so the reference may choose the same texels and weights to the
// last bit.
#pragma once
#include <cmath>
#include <random>

#include "heap_device.h"
#include "ptx_kernel.h"
#include "testing.h"

namespace soft_test {
namespace {

using soft::AddressMode;
using soft::TexelType;

constexpr std::uint32_t kThreads = 64;
constexpr std::uint64_t kHandle = 7;

// k(handle, coordinates, results): four floats in %f0..3 (bits also in %w0..3), four words out of %r0..3.
[[maybe_unused]] inline std::string fetch_kernel(const std::string& body, const std::string& head = "") {
    return std::string(ptx_head()) + head +
           ".visible .entry k(.param .u64 k_h, .param .u64 k_in, .param .u64 k_out)\n{ .reg .u64 %h, %i, %o; "
           ".reg .u32 %t; .reg .f32 %f<4>; .reg .b32 %w<4>, %r<4>, %z; .reg .b64 %x<4>; .reg .pred %p;\n"
           "ld.param.u64 %h, [k_h]; ld.param.u64 %i, [k_in]; ld.param.u64 %o, [k_out]; mov.u32 %t, %tid.x;\n"
           "mov.b32 %z, 0; mad.wide.u32 %i, %t, 16, %i; mad.wide.u32 %o, %t, 16, %o;\n"
           "ld.global.v4.f32 {%f0, %f1, %f2, %f3}, [%i]; ld.global.v4.b32 {%w0, %w1, %w2, %w3}, [%i];\n" +
           body + "\nst.global.v4.b32 [%o], {%r0, %r1, %r2, %r3}; ret; }\n";
}

using Words = std::array<std::uint32_t, 4>;

[[maybe_unused]] inline std::vector<Words> run(HeapDevice& device, const std::string& text,
                                               const std::vector<std::array<float, 4>>& in,
                                               int expected_error = 0, std::uint64_t handle = kHandle) {
    Kernels kernels(device, text);
    CHECK_EQ(kernels.log, std::string());
    const Buffer<std::array<float, 4>> coordinates(device, in);
    const Buffer<Words> results(device, in.size());
    const auto fault =
        kernels.launch("k", {{1, 1, 1}, {static_cast<std::uint32_t>(in.size()), 1, 1}},
                       Arguments().add(handle).add(coordinates.address()).add(results.address()));
    CHECK_EQ(fault.error, expected_error);
    return {results.data(), results.data() + results.size()};
}

// An image whose channels are small integers, and what they are as numbers.
struct Picture {
    std::uint32_t size[3];
    std::uint32_t channels;
    std::vector<double> values;  // [z][y][x][channel]
    double at(std::int64_t x, std::int64_t y, std::int64_t z, std::uint32_t c) const {
        if (c >= channels) return c == 3 ? 1 : 0;
        const auto texel = (z * size[1] + y) * size[0] + x;
        return values[static_cast<std::size_t>(texel) * channels + c];
    }
};

[[maybe_unused]] inline Picture make_picture(std::mt19937& random, std::uint32_t w, std::uint32_t h,
                                             std::uint32_t d, std::uint32_t channels) {
    Picture picture{{w, h, d}, channels, {}};
    picture.values.resize(std::size_t{w} * h * d * channels);
    for (double& value : picture.values) value = static_cast<double>(random() % 128);
    return picture;
}

// Lays a picture out with rows and slices further apart than they need be.
template <class T>
soft::Image store(HeapDevice& device, const Picture& picture, TexelType type, T (*convert)(double)) {
    soft::Image image;
    image.width = picture.size[0];
    image.height = picture.size[1];
    image.depth = picture.size[2];
    image.type = type;
    image.channels = static_cast<std::uint8_t>(picture.channels);
    image.pitch = image.width * image.texel_bytes() + 32;
    image.slice = image.pitch * image.height + 64;
    image.address = device.allocate(image.slice * image.depth);
    std::size_t k = 0;
    for (std::uint32_t z = 0; z < image.depth; ++z) {
        for (std::uint32_t y = 0; y < image.height; ++y) {
            auto* row =
                static_cast<T*>(std::bit_cast<void*>(image.address + z * image.slice + y * image.pitch));
            for (std::uint32_t x = 0; x < image.width * image.channels; ++x)
                row[x] = convert(picture.values[k++]);
        }
    }
    return image;
}

[[maybe_unused]] inline float as_float(double v) { return static_cast<float>(v); }

struct Reading {
    AddressMode mode = AddressMode::clamp;
    bool is_linear = false;
    bool is_normalised = false;
};

// What mirroring makes of a normalised coordinate: frac(x) or, in every second copy, 1 - frac(x).
inline double mirrored(double x) {
    const double whole = std::floor(x);
    return std::fmod(whole, 2.0) != 0 ? 1 - (x - whole) : x - whole;
}

// The texel index that the guide's text gives; -1 outside a border.
[[maybe_unused]] inline std::int64_t fold(std::int64_t i, std::int64_t n, const Reading& reading) {
    if (reading.mode == AddressMode::border) return i < 0 || i >= n ? -1 : i;
    if (reading.is_normalised && reading.mode == AddressMode::wrap) return ((i % n) + n) % n;
    return std::min(std::max<std::int64_t>(i, 0), n - 1);
}

// A fetch in `axes` dimensions at `at`, from slice `slice` where there are fewer than three.
[[maybe_unused]] inline double reference(const Picture& picture, const Reading& reading, const double* at,
                                         int axes, std::int64_t slice, std::uint32_t channel) {
    double weights[3] = {0, 0, 0};
    std::int64_t index[3] = {0, 0, slice};
    for (int k = 0; k < axes; ++k) {
        const bool mirrors = reading.is_normalised && reading.mode == AddressMode::mirror;
        const double folded = mirrors ? mirrored(at[k]) : at[k];
        const double x = reading.is_normalised ? folded * picture.size[k] : folded;
        const double low = reading.is_linear ? std::floor(x - 0.5) : std::floor(x);
        index[k] = static_cast<std::int64_t>(low);
        if (reading.is_linear) weights[k] = std::floor((x - 0.5 - low) * 256 + 0.5) / 256;
    }
    double sum = 0;
    for (int corner = 0; corner < 8; ++corner) {
        double weight = 1;
        bool outside = false;
        std::int64_t place[3] = {0, 0, slice};
        for (int k = 0; k < 3; ++k) {
            const int bit = corner >> k & 1;
            weight *= bit != 0 ? weights[k] : 1 - weights[k];
            if (k < axes) place[k] = fold(index[k] + bit, picture.size[k], reading);
            outside = outside || place[k] < 0;
        }
        if (weight != 0 && !outside) sum += weight * picture.at(place[0], place[1], place[2], channel);
    }
    return sum;
}

[[maybe_unused]] inline std::vector<std::array<float, 4>> random_coordinates(std::mt19937& random,
                                                                             double scale) {
    std::vector<std::array<float, 4>> list(kThreads);
    for (auto& one : list) {
        for (float& v : one)
            v = static_cast<float>((static_cast<double>(random() % 2048) - 768) / 512 * scale);
    }
    return list;
}

[[maybe_unused]] inline soft::Texture texture_of(const soft::Image& image, const Reading& reading,
                                                 std::uint32_t array_size) {
    soft::Texture texture;
    texture.sampler.modes = {reading.mode, reading.mode, reading.mode};
    texture.sampler.is_linear = reading.is_linear;
    texture.sampler.is_normalised = reading.is_normalised;
    texture.array_size = array_size;
    texture.levels = {image};
    return texture;
}

}  // namespace
}  // namespace soft_test
