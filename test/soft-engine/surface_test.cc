// Surface accesses: where they land, what is outside, how formatted ones convert. See texture_reference.h.
#include "texture_reference.h"

namespace soft_test {
namespace {

// Every thread has %w0..3 of its own.
std::vector<Words> access(HeapDevice& device, const std::string& body, const std::vector<Words>& in,
                          int expected_error = 0) {
    std::vector<std::array<float, 4>> bits;
    for (const Words& words : in) bits.push_back(std::bit_cast<std::array<float, 4>>(words));
    return run(device, fetch_kernel(body), bits, expected_error);
}

soft::Image make_surface(HeapDevice& device, TexelType type, std::uint8_t channels, std::uint32_t width,
                         std::uint32_t height, std::uint32_t depth) {
    soft::Image image;
    image.type = type;
    image.channels = channels;
    image.width = width;
    image.height = height;
    image.depth = depth;
    image.pitch = width * image.texel_bytes() + 16;
    image.slice = image.pitch * height;
    image.address = device.allocate(image.slice * depth);
    device.surfaces[kHandle] = {image, depth > 1 ? depth : 0};
    return image;
}

template <class T>
T& texel(const soft::Image& image, std::uint32_t x, std::uint32_t y = 0, std::uint32_t z = 0) {
    const std::uint64_t at = image.address + z * image.slice + y * image.pitch + x * sizeof(T);
    return *static_cast<T*>(std::bit_cast<void*>(at));
}

constexpr std::uint32_t word(int v) { return static_cast<std::uint32_t>(v); }

TEST("surface stores land at their bytes, row and slice, and loads find them") {
    HeapDevice device;
    const soft::Image image = make_surface(device, TexelType::u32, 1, 4, 3, 2);
    std::vector<Words> in;
    for (std::uint32_t k = 0; k < 24; ++k) in.push_back({4 * (k % 4), k / 4 % 3, k / 12, 1000 + k});
    access(device, "sust.b.a2d.b32.trap [%h, {%w2, %w0, %w1, %w1}], %w3;", in);
    for (const Words& one : in) CHECK_EQ(texel<std::uint32_t>(image, one[0] / 4, one[1], one[2]), one[3]);
    const auto layers = access(device, "suld.b.a2d.b32.trap %r0, [%h, {%w2, %w0, %w1, %w1}];", in);
    const auto solid = access(device, "suld.b.3d.b32.trap {%r0}, [%h, {%w0, %w1, %w2, %w2}];", in);
    const auto pairs = access(device,
                              "and.b32 %w0, %w0, 8; suld.b.3d.v2.b32.trap {%r0, %r1}, [%h, {%w0, %w1, %w2, "
                              "%w2}];",
                              in);
    for (std::uint32_t k = 0; k < 24; ++k) {
        CHECK_EQ(layers[k][0], 1000 + k);
        CHECK_EQ(solid[k][0], 1000 + k);
        CHECK_EQ(pairs[k][0], 1000 + (k & ~1u));
        CHECK_EQ(pairs[k][1], 1000 + (k | 1u));
    }
}

TEST("outside a surface an access traps, is moved inside, or is dropped and reads zero") {
    HeapDevice device;
    const soft::Image image = make_surface(device, TexelType::u16, 2, 4, 4, 1);
    for (std::uint32_t k = 0; k < 16; ++k) texel<std::uint32_t>(image, k % 4, k / 4) = 100 + k;
    const std::vector<Words> in = {{0, 0, 0, 1},          {12, 3, 0, 2},       {16, 0, 0, 3},
                                   {word(-4), 2, 0, 4},   {4, word(-1), 0, 5}, {4, 4, 0, 6},
                                   {word(-100), 99, 0, 7}};
    const std::uint32_t near[] = {100, 115, 103, 108, 101, 113, 112};
    const auto clamped = access(device, "suld.b.2d.b32.clamp %r0, [%h, {%w0, %w1}];", in);
    const auto zeros = access(device, "suld.b.2d.b32.zero %r0, [%h, {%w0, %w1}];", in);
    for (std::uint32_t k = 0; k < in.size(); ++k) {
        CHECK_EQ(clamped[k][0], near[k]);
        CHECK_EQ(zeros[k][0], k < 2 ? near[k] : 0);
    }
    for (std::uint32_t k = 0; k < in.size(); ++k) {
        const std::vector<Words> one{in[k]};
        access(device, "suld.b.2d.b32.trap %r0, [%h, {%w0, %w1}];", one, k < 2 ? 0 : 719);
        access(device, "sust.b.2d.b32.trap [%h, {%w0, %w1}], %w3;", one, k < 2 ? 0 : 719);
    }
    access(device, "sust.b.2d.b32.zero [%h, {%w0, %w1}], %w3;", in);
    CHECK_EQ(texel<std::uint32_t>(image, 3, 0), 103u);
    access(device, "sust.b.2d.b32.clamp [%h, {%w0, %w1}], %w3;", in);
    CHECK_EQ(texel<std::uint32_t>(image, 3, 0), 3u);
    CHECK_EQ(texel<std::uint32_t>(image, 0, 3), 7u);
    access(device, "suld.b.2d.b32.trap %r0, [%h, {%w0, %w1}];", {{2, 0, 0, 0}}, 716);
    access(device, "suld.b.2d.v4.b64.trap {%x0, %x1, %x2, %x3}, [%h, {%w0, %w1}];", {{0, 0, 0, 0}}, 716);
}

TEST("formatted stores convert, and reductions combine") {
    HeapDevice device;
    const soft::Image bytes = make_surface(device, TexelType::s8, 4, 2, 1, 1);
    access(device, "sust.p.1d.v4.b32.trap [%h, {%w0}], {%w1, %w2, %w3, %w0};",
           {{1, word(-300), 300, word(-7)}});
    CHECK_EQ(texel<std::uint32_t>(bytes, 1), 0x01f97f80u);
    const soft::Image counts = make_surface(device, TexelType::u32, 1, 4, 1, 1);
    const std::vector<Words> in(kThreads, {2, 3, word(-5), 40});
    access(device, "shl.b32 %w0, %w0, 2; sured.b.add.1d.u32.trap [%h, {%w0}], %w1;", in);
    CHECK_EQ(texel<std::uint32_t>(counts, 2), 3 * kThreads);
    access(device, "sured.p.min.1d.s32.trap [%h, {%w1}], %w2; sured.p.max.1d.b32.clamp [%h, {%w0}], %w3;",
           in);
    CHECK_EQ(texel<std::uint32_t>(counts, 3), word(-5));
    const auto asked = access(device,
                              "suq.width.b32 %r0, [%h]; suq.height.b32 %r1, [%h]; "
                              "suq.channel_order.b32 %r2, [%h]; "
                              "suq.channel_data_type.b32 %r3, [%h];",
                              in);
    CHECK((asked[0] == Words{4, 1, 0x10b0, 0x10dc}));
}

}  // namespace
}  // namespace soft_test
