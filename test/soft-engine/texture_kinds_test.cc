// Gathers, cubes, levels of detail, .texref variables. See texture_reference.h.
#include "texture_reference.h"

namespace soft_test {
namespace {

TEST("tld4 gathers the four texels of a footprint") {
    std::mt19937 random(4);
    HeapDevice device;
    const Picture picture = make_picture(random, 8, 8, 1, 4);
    device.textures[kHandle] =
        texture_of(store<float>(device, picture, TexelType::f32, as_float), {AddressMode::clamp}, 0);
    const auto in = random_coordinates(random, 4);
    const char* const names[] = {"r", "g", "b", "a"};
    for (std::uint32_t c = 0; c < 4; ++c) {
        const auto out = run(device,
                             fetch_kernel("tld4." + std::string(names[c]) +
                                          ".2d.v4.f32.f32 {%r0, %r1, %r2, %r3}, [%h, {%f0, %f1}];"),
                             in);
        constexpr int kOrder[4][2] = {{0, 1}, {1, 1}, {1, 0}, {0, 0}};
        for (std::uint32_t t = 0; t < kThreads; ++t) {
            for (int k = 0; k < 4; ++k) {
                const auto near = [](float v, int more) {
                    const auto i = static_cast<std::int64_t>(std::floor(v - 0.5F)) + more;
                    return std::min<std::int64_t>(std::max<std::int64_t>(i, 0), 7);
                };
                const double expected =
                    picture.at(near(in[t][0], kOrder[k][0]), near(in[t][1], kOrder[k][1]), 0, c);
                CHECK_EQ(std::bit_cast<float>(out[t][static_cast<std::size_t>(k)]),
                         static_cast<float>(expected));
            }
        }
    }
}

TEST("a cube answers the face and place that a direction points at, layer by layer") {
    HeapDevice device;
    // Every texel says where it is: 100 * slice + 10 * row + column, of two cubes with faces of 2 x 2.
    Picture picture{{2, 2, 12}, 1, {}};
    for (int k = 0; k < 48; ++k) picture.values.push_back(100 * (k / 4) + 10 * (k / 2 % 2) + k % 2);
    device.textures[kHandle] = texture_of(store<float>(device, picture, TexelType::f32, as_float),
                                          {AddressMode::clamp, false, true}, 12);
    struct Case {
        float x, y, z;
        float expected;
    };
    // By the table of the guide: +x has s = -z and t = -y, and so on.
    const Case cases[] = {{1, -0.5F, 0.5F, 10},    {1, 0.5F, -0.5F, 1},     {-1, 0.5F, 0.5F, 101},
                          {-1, -0.5F, -0.5F, 110}, {0.5F, 1, -0.5F, 201},   {-0.5F, 2, 1, 210},
                          {0.5F, -1, 0.5F, 301},   {-0.5F, -1, -0.5F, 310}, {0.5F, 0.5F, 1, 401},
                          {-0.5F, -0.5F, 1, 410},  {0.5F, 0.5F, -1, 500},   {-0.5F, -0.5F, -1, 511}};
    std::vector<std::array<float, 4>> in;
    for (const Case& one : cases) in.push_back({one.x, one.y, one.z, std::bit_cast<float>(1)});
    const auto plain = run(
        device, fetch_kernel("tex.cube.v4.f32.f32 {%r0, %r1, %r2, %r3}, [%h, {%f0, %f1, %f2, %f2}];"), in);
    const auto second =
        run(device,
            fetch_kernel(
                "tex.level.acube.v4.f32.f32 {%r0, %r1, %r2, %r3}, [%h, {%w3, %f0, %f1, %f2}], 0f00000000;"),
            in);
    for (std::size_t k = 0; k < in.size(); ++k) {
        CHECK_EQ(std::bit_cast<float>(plain[k][0]), cases[k].expected);
        CHECK_EQ(std::bit_cast<float>(second[k][0]), cases[k].expected + 600);
    }
}

TEST("levels of detail are given, come of gradients, blend, and stay within the clamps") {
    HeapDevice device;
    soft::Texture texture;
    for (std::uint32_t level = 0; level < 4; ++level) {
        Picture picture{{8u >> level, 8u >> level, 1}, 1, {}};
        picture.values.assign(std::size_t{64} >> (2 * level), 16.0 * level);
        texture.levels.push_back(store<float>(device, picture, TexelType::f32, as_float));
    }
    texture.sampler.is_normalised = true;
    texture.sampler.greatest_level = 3;
    const auto in = random_coordinates(*std::make_unique<std::mt19937>(1), 1);
    const auto value = [&](const std::string& text) {
        device.textures[kHandle] = texture;
        return std::bit_cast<float>(run(device, fetch_kernel(text), in)[0][0]);
    };
    const std::string head = "tex.level.2d.v4.f32.f32 {%r0, %r1, %r2, %r3}, [%h, {%f0, %f1}], ";
    CHECK_EQ(value("tex.2d.v4.f32.f32 {%r0, %r1, %r2, %r3}, [%h, {%f0, %f1}];"), 0.0F);
    CHECK_EQ(value("tex.base.2d.v4.f32.f32 {%r0, %r1, %r2, %r3}, [%h, {%f0, %f1}];"), 0.0F);
    CHECK_EQ(value(head + "0f3fb33333;"), 16.0F);  // 1.4, to the nearest level
    CHECK_EQ(value(head + "0f42c80000;"), 48.0F);  // 100
    // Half a texture a step is four texels of the first level: level 2.
    const std::string steps = "tex.grad.2d.v4.f32.f32 {%r0, %r1, %r2, %r3}, [%h, {%f0, %f1}], ";
    CHECK_EQ(value(steps + "{0f3f000000, 0f00000000}, {0f00000000, 0f3d000000};"), 32.0F);
    texture.sampler.mips_linear = true;
    CHECK_EQ(value(head + "0f3fa00000;"), 20.0F);  // 1.25
    texture.sampler.least_level = 0.5F;
    CHECK_EQ(value(head + "0fc0000000;"), 8.0F);
    texture.sampler.level_bias = 1;
    CHECK_EQ(value(head + "0f3f800000;"), 32.0F);
    texture.sampler.greatest_level = 1.5F;
    CHECK_EQ(value(head + "0f40400000;"), 24.0F);
}

TEST("a .texref variable holds the handle, a pair of halves and a residency answer fit") {
    HeapDevice device;
    Picture picture{{1, 1, 1}, 4, {1, 2, 3, 4}};
    device.textures[kHandle] = texture_of(store<float>(device, picture, TexelType::f32, as_float), {}, 0);
    Kernels kernels(device, fetch_kernel("tex.2d.v4.f32.f32 {%r0, %r1, %r2, %r3}, [pattern, {%f0, %f1}];",
                                         ".visible .global .texref pattern;\n"));
    CHECK_EQ(kernels.log, std::string());
    const soft::GlobalInfo* variable = kernels.global("pattern");
    CHECK(variable != nullptr);
    const Buffer<std::array<float, 4>> in(device, 1);
    const Buffer<Words> out(device, 1);
    const auto arguments = Arguments().add(kHandle).add(in.address()).add(out.address());
    CHECK_EQ(kernels.launch("k", {}, arguments).error, 700);  // nothing is bound yet
    *static_cast<std::uint64_t*>(std::bit_cast<void*>(variable->address)) = kHandle;
    CHECK_EQ(kernels.launch("k", {}, arguments).error, 0);
    CHECK_EQ(std::bit_cast<float>(out[0][2]), 3.0F);
    const auto halves =
        run(device,
            fetch_kernel("tex.2d.v2.f16x2.f32 {%r0, %r1}|%p, [%h, {%f0, %f1}]; selp.b32 %r2, 1, 0, %p; "
                         "txq.width.b32 %r3, [%h];"),
            {{}});
    CHECK_EQ(halves[0][0], 0x40003c00u);
    CHECK_EQ(halves[0][1], 0x44004200u);
    CHECK_EQ(halves[0][2], 1u);
    CHECK_EQ(halves[0][3], 1u);
}

}  // namespace
}  // namespace soft_test
