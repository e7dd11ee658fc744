// Texture fetches in every shape, filter, address mode and type. See texture_reference.h.
#include "texture_reference.h"

namespace soft_test {
namespace {

struct Form {
    const char* name;
    const char* coordinates;
    int axes;
    bool layered;
};

constexpr Form kForms[] = {
    {"1d", "{%f0}", 1, false},
    {"2d", "{%f0, %f1}", 2, false},
    {"3d", "{%f0, %f1, %f2, %f2}", 3, false},
    {"a1d", "{%w3, %f0}", 1, true},
    {"a2d", "{%w3, %f0, %f1, %f1}", 2, true},
};

void check_form(const Form& form, const Reading& reading, std::mt19937& random) {
    HeapDevice device;
    const std::uint32_t sizes[] = {1, 2, 5, 8, 13};
    const auto pick = [&] { return sizes[random() % 5]; };
    const std::uint32_t slices = form.axes == 3 || form.layered ? pick() : 1;
    const Picture picture =
        make_picture(random, pick(), form.axes > 1 ? pick() : 1, slices, 1u << random() % 3);
    const soft::Image image = store<float>(device, picture, TexelType::f32, as_float);
    device.textures[kHandle] = texture_of(image, reading, form.layered ? slices : 0);
    auto in = random_coordinates(random, reading.is_normalised ? 1 : 8);
    for (auto& one : in) {
        if (form.layered) one[3] = std::bit_cast<float>(static_cast<std::uint32_t>(random() % (slices + 2)));
    }
    const auto out = run(device,
                         fetch_kernel("tex." + std::string(form.name) +
                                      ".v4.f32.f32 {%r0, %r1, %r2, %r3}, [%h, " + form.coordinates + "];"),
                         in);
    for (std::uint32_t t = 0; t < kThreads; ++t) {
        const double at[3] = {in[t][0], in[t][1], in[t][2]};
        const std::int64_t layer =
            form.layered ? std::min(std::bit_cast<std::uint32_t>(in[t][3]), slices - 1) : 0;
        for (std::uint32_t c = 0; c < picture.channels; ++c) {
            const double expected = reference(picture, reading, at, form.axes, layer, c);
            CHECK(std::fabs(std::bit_cast<float>(out[t][c]) - expected) < 1e-4);
        }
    }
}

TEST("a fetch agrees with the guide in every shape, filter and address mode") {
    std::mt19937 random(11);
    for (const Form& form : kForms) {
        for (const AddressMode mode :
             {AddressMode::wrap, AddressMode::clamp, AddressMode::mirror, AddressMode::border}) {
            for (int kind = 0; kind < 4; ++kind)
                check_form(form, {mode, (kind & 1) != 0, (kind & 2) != 0}, random);
        }
    }
}

template <class T>
void check_type(TexelType type, T (*convert)(double), bool as_unit, double scale) {
    std::mt19937 random(5);
    HeapDevice device;
    const Picture picture = make_picture(random, 5, 4, 1, 2);
    const soft::Image image = store<T>(device, picture, type, convert);
    for (const bool is_linear : {false, true}) {
        const Reading reading{AddressMode::clamp, is_linear, false};
        device.textures[kHandle] = texture_of(image, reading, 0);
        device.textures[kHandle].sampler.reads_unit = as_unit;
        const auto in = random_coordinates(random, 4);
        const auto out =
            run(device, fetch_kernel("tex.2d.v4.f32.f32 {%r0, %r1, %r2, %r3}, [%h, {%f0, %f1}];"), in);
        for (std::uint32_t t = 0; t < kThreads; ++t) {
            const double at[3] = {in[t][0], in[t][1], 0};
            for (std::uint32_t c = 0; c < 4; ++c) {
                const double number = c < 2    ? reference(picture, reading, at, 2, 0, c) / scale
                                      : c == 3 ? 1
                                               : 0;
                CHECK(std::fabs(std::bit_cast<float>(out[t][c]) - number) < 1e-5 * (1 + number));
            }
        }
    }
}

TEST("every texel type reads as a float, the integers as parts of one") {
    check_type<std::uint8_t>(TexelType::u8, [](double v) { return static_cast<std::uint8_t>(v); }, true, 255);
    check_type<std::uint16_t>(
        TexelType::u16, [](double v) { return static_cast<std::uint16_t>(v); }, true, 65535);
    check_type<std::int8_t>(TexelType::s8, [](double v) { return static_cast<std::int8_t>(-v); }, true, -127);
    check_type<std::int16_t>(
        TexelType::s16, [](double v) { return static_cast<std::int16_t>(-v); }, true, -32767);
    // Small integers as f16: 2^k * (1 + m / 1024).
    const auto half = [](double v) -> std::uint16_t {
        if (v == 0) return 0;
        const int k = std::ilogb(v);
        return static_cast<std::uint16_t>((k + 15) << 10 | static_cast<int>((std::ldexp(v, -k) - 1) * 1024));
    };
    check_type<std::uint16_t>(TexelType::f16, +half, false, 1);
}

TEST("integers read as they are, with integer coordinates and offsets too") {
    std::mt19937 random(3);
    HeapDevice device;
    const Picture picture = make_picture(random, 8, 4, 1, 4);
    const auto convert = [](double v) { return static_cast<std::int8_t>(-v); };
    device.textures[kHandle] =
        texture_of(store<std::int8_t>(device, picture, TexelType::s8, +convert), {AddressMode::border}, 0);
    std::vector<std::array<float, 4>> in(kThreads);
    for (std::uint32_t t = 0; t < kThreads; ++t) {
        in[t][0] = std::bit_cast<float>(static_cast<std::int32_t>(t % 10) - 1);
        in[t][1] = std::bit_cast<float>(static_cast<std::int32_t>(t / 10) - 1);
    }
    const auto plain =
        run(device, fetch_kernel("tex.2d.v4.s32.s32 {%r0, %r1, %r2, %r3}, [%h, {%w0, %w1}];"), in);
    const auto shifted =
        run(device, fetch_kernel("tex.2d.v4.s32.s32 {%r0, %r1, %r2, %r3}, [%h, {%w0, %w1}], {1, -1};"), in);
    const auto value = [&](std::int64_t x, std::int64_t y, std::uint32_t c) {
        const bool inside = x >= 0 && x < 8 && y >= 0 && y < 4;
        return inside ? static_cast<std::int32_t>(-picture.at(x, y, 0, c)) : 0;
    };
    for (std::uint32_t t = 0; t < kThreads; ++t) {
        const std::int64_t x = std::int64_t{t % 10} - 1;
        const std::int64_t y = std::int64_t{t / 10} - 1;
        for (std::uint32_t c = 0; c < 4; ++c) {
            CHECK_EQ(static_cast<std::int32_t>(plain[t][c]), value(x, y, c));
            CHECK_EQ(static_cast<std::int32_t>(shifted[t][c]), value(x + 1, y - 1, c));
        }
    }
}

TEST("any coordinate at all reads inside the texture, and a handle that is none gives 700") {
    HeapDevice device;
    Picture picture{{3, 3, 3}, 1, std::vector<double>(27, 9)};
    const soft::Image image = store<float>(device, picture, TexelType::f32, as_float);
    const float wild[] = {NAN, INFINITY, -INFINITY, 3e38F, -3e38F, 1e-45F, -0.0F, 2147483648.0F};
    std::vector<std::array<float, 4>> in;
    for (const float x : wild) {
        for (const float y : wild) in.push_back({x, y, y, x});
    }
    for (const AddressMode mode : {AddressMode::wrap, AddressMode::clamp, AddressMode::mirror}) {
        for (int kind = 0; kind < 4; ++kind) {
            device.textures[kHandle] = texture_of(image, {mode, (kind & 1) != 0, (kind & 2) != 0}, 0);
            for (const char* form : {"3d.v4.f32.f32 {%r0, %r1, %r2, %r3}, [%h, {%f0, %f1, %f2, %f3}];",
                                     "cube.v4.f32.f32 {%r0, %r1, %r2, %r3}, [%h, {%f0, %f1, %f2, %f3}];",
                                     "a2d.v4.f32.s32 {%r0, %r1, %r2, %r3}, [%h, {%w0, %w1, %w2, %w3}];"}) {
                for (const Words& words : run(device, fetch_kernel("tex." + std::string(form)), in))
                    CHECK_EQ(std::bit_cast<float>(words[0]), 9.0F);
            }
        }
    }
    run(device, fetch_kernel("tex.1d.v4.f32.f32 {%r0, %r1, %r2, %r3}, [%h, {%f0}];"), in, 700, 12345);
}

}  // namespace
}  // namespace soft_test
