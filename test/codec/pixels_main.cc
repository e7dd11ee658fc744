// Checks sizes of arrays and images under pixel store, and prints one line a claim: its name, a tab, and "ok"
// or what failed. The places of pixels are worked out here one by one, as the specification says them. Memory
// errors are the sanitizers' to find: the program's memory is exactly as long as the layout says. Run by
// pixels.test.ts.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <random>
#include <vector>

#include "gl/enums.h"
#include "gl/pixels.h"

namespace {

using wire::gl::Image;
using wire::gl::Layout;
using wire::gl::PixelStore;
namespace size = wire::gl::size;
using Memory = std::vector<std::byte>;

struct Kind {
    GLenum format;
    GLenum type;
    std::size_t pixel;    // bytes
    std::size_t element;  // bytes of what is aligned and swapped
};

constexpr Kind kKinds[] = {
    {GL_RED, GL_UNSIGNED_BYTE, 1, 1},
    {GL_RG, GL_HALF_FLOAT, 4, 2},
    {GL_RGB, GL_UNSIGNED_BYTE, 3, 1},
    {GL_BGR, GL_SHORT, 6, 2},
    {GL_RGBA, GL_UNSIGNED_BYTE, 4, 1},
    {GL_RGBA_INTEGER, GL_INT, 16, 4},
    {GL_RGB, GL_FLOAT, 12, 4},
    {GL_LUMINANCE_ALPHA, GL_UNSIGNED_BYTE, 2, 1},
    {GL_RGB, GL_UNSIGNED_BYTE_3_3_2, 1, 1},
    {GL_RGB, GL_UNSIGNED_SHORT_5_6_5, 2, 2},
    {GL_BGRA, GL_UNSIGNED_SHORT_1_5_5_5_REV, 2, 2},
    {GL_BGRA, GL_UNSIGNED_INT_8_8_8_8_REV, 4, 4},
    {GL_RGB, GL_UNSIGNED_INT_10F_11F_11F_REV, 4, 4},
    {GL_DEPTH_STENCIL, GL_UNSIGNED_INT_24_8, 4, 4},
    {GL_DEPTH_STENCIL, GL_FLOAT_32_UNSIGNED_INT_24_8_REV, 8, 4},
    {GL_DEPTH_COMPONENT, GL_FLOAT, 4, 4},
};

std::mt19937 random_number(20);

GLint below(int limit) { return static_cast<GLint>(random_number() % static_cast<unsigned>(limit)); }

PixelStore random_store() {
    PixelStore store;
    store.swap_bytes = below(2) == 1;
    store.lsb_first = below(2) == 1;
    store.row_length = below(2) * (8 + below(20));
    store.image_height = below(2) * (4 + below(9));
    store.skip_rows = below(3);
    store.skip_pixels = below(12);
    store.skip_images = below(3);
    store.alignment = 1 << below(4);
    return store;
}

Image random_image(const Kind& kind) {
    Image image{kind.format, kind.type, 1 + below(8), 1 + below(4), 1, below(2) == 1};
    if (image.has_depth) image.depth = 1 + below(3);
    return image;
}

std::size_t number(GLint value) { return static_cast<std::size_t>(value); }

// Where pixel (x, y, z) begins, by the formulas of the specification.
std::size_t place(const PixelStore& store, const Image& image, const Kind& kind, int x, int y, int z) {
    const std::size_t length = number(store.row_length > 0 ? store.row_length : image.width);
    const std::size_t alignment = number(store.alignment);
    std::size_t row = kind.pixel * length;
    if (kind.element < alignment) row = alignment * ((row + alignment - 1) / alignment);
    const bool taller = image.has_depth && store.image_height > 0;
    const std::size_t plane = row * number(taller ? store.image_height : image.height);
    const std::size_t skipped = image.has_depth ? number(store.skip_images) : 0;
    return (number(z) + skipped) * plane + (number(y) + number(store.skip_rows)) * row +
           (number(x) + number(store.skip_pixels)) * kind.pixel;
}

template <class Visit>
void each_pixel(const Image& image, Visit visit) {
    for (int z = 0; z < image.depth; ++z) {
        for (int y = 0; y < image.height; ++y) {
            for (int x = 0; x < image.width; ++x) visit(x, y, z);
        }
    }
}

Memory random_memory(std::size_t size) {
    Memory memory(size);
    for (std::byte& byte : memory) byte = static_cast<std::byte>(random_number());
    return memory;
}

// The byte of a pixel that comes to stand at `at` of its tight form.
std::size_t swapped(const PixelStore& store, const Kind& kind, std::size_t at) {
    if (!store.swap_bytes) return at;
    return at / kind.element * kind.element + (kind.element - 1 - at % kind.element);
}

const char* layout_agrees(const PixelStore& store, const Image& image, const Kind& kind) {
    const Layout layout = wire::gl::layout_of(store, image);
    if (layout.first != place(store, image, kind, 0, 0, 0)) return "the first pixel is elsewhere";
    const std::size_t last = place(store, image, kind, image.width - 1, image.height - 1, image.depth - 1);
    return layout.end == last + kind.pixel ? nullptr : "the last pixel ends elsewhere";
}

const char* gather_agrees(const PixelStore& store, const Image& image, const Kind& kind) {
    const Memory program = random_memory(wire::gl::layout_of(store, image).end);
    Memory tight(size::image(image.format, image.type, image.width, image.height, image.depth));
    wire::gl::gather(store, image, program.data(), tight);
    const char* failure = nullptr;
    std::size_t at = 0;
    each_pixel(image, [&](int x, int y, int z) {
        const std::size_t from = place(store, image, kind, x, y, z);
        for (std::size_t byte = 0; byte < kind.pixel; ++byte) {
            if (tight[at + byte] != program[from + swapped(store, kind, byte)])
                failure = "a pixel is another";
        }
        at += kind.pixel;
    });
    if (at != tight.size()) return "the tight image has another size";
    if (wire::gl::is_tight(store, image)) {
        const std::byte* first = program.data() + wire::gl::layout_of(store, image).first;
        if (std::memcmp(first, tight.data(), tight.size()) != 0) return "what is tight is not";
    }
    return failure;
}

const char* scatter_agrees(const PixelStore& store, const Image& image, const Kind& kind) {
    Memory program = random_memory(wire::gl::layout_of(store, image).end);
    Memory wanted = program;
    const Memory tight =
        random_memory(size::image(image.format, image.type, image.width, image.height, image.depth));
    std::size_t at = 0;
    each_pixel(image, [&](int x, int y, int z) {
        const std::size_t to = place(store, image, kind, x, y, z);
        for (std::size_t byte = 0; byte < kind.pixel; ++byte) {
            wanted[to + swapped(store, kind, byte)] = tight[at + byte];
        }
        at += kind.pixel;
    });
    wire::gl::scatter(store, image, tight, program.data());
    return program == wanted ? nullptr : "it wrote something else, or somewhere else";
}

using Check = const char* (*)(const PixelStore&, const Image&, const Kind&);

const char* for_many(Check check) {
    for (int round = 0; round < 4000; ++round) {
        const Kind& kind = kKinds[number(below(static_cast<int>(std::size(kKinds))))];
        if (const char* failure = check(random_store(), random_image(kind), kind)) return failure;
    }
    return nullptr;
}

bool bit(const Memory& memory, std::size_t row, std::size_t index, bool lsb_first) {
    const auto byte = std::to_integer<unsigned>(memory[row + index / 8]);
    return (byte >> (lsb_first ? index % 8 : 7 - index % 8) & 1u) != 0;
}

const char* bitmaps() {
    for (int round = 0; round < 2000; ++round) {
        const PixelStore store = random_store();
        const Image image{GL_COLOR_INDEX, GL_BITMAP, 1 + below(40), 1 + below(5), 1, false};
        const Memory program = random_memory(wire::gl::layout_of(store, image).end);
        Memory tight(size::bitmap(image.width, image.height));
        wire::gl::gather(store, image, program.data(), tight);
        Memory back = program;
        wire::gl::scatter(store, image, tight, back.data());
        if (back != program) return "what is put back is not what was there";
        const std::size_t length = number(store.row_length > 0 ? store.row_length : image.width);
        const std::size_t alignment = number(store.alignment);
        const std::size_t stride = alignment * ((length + 8 * alignment - 1) / (8 * alignment));
        const std::size_t width = (number(image.width) + 7) / 8;
        for (std::size_t y = 0; y < number(image.height); ++y) {
            for (std::size_t x = 0; x < number(image.width); ++x) {
                const std::size_t row = (y + number(store.skip_rows)) * stride;
                const bool wanted = bit(program, row, x + number(store.skip_pixels), store.lsb_first);
                if (bit(tight, y * width, x, false) != wanted) return "a bit is another";
            }
        }
    }
    return nullptr;
}

const char* pixel_sizes() {
    for (const Kind& kind : kKinds) {
        if (size::pixel(kind.format, kind.type) != kind.pixel) return "a pixel has another size";
        if (wire::gl::swapped_element(kind.type) != kind.element) return "an element has another size";
    }
    if (size::pixel(GL_RGBA, GL_BITMAP) != 0 || size::pixel(GL_RGBA, 0) != 0) return "no type has a size";
    if (size::pixel(0, GL_FLOAT) != 0) return "no format has a size";
    if (size::pixel(GL_DEPTH_STENCIL, GL_FLOAT) != 0) return "depth and stencil of floats have a size";
    return nullptr;
}

const char* hostile_sizes() {
    const GLsizei most = 0x7fffffff;
    if (size::image(GL_RGBA, GL_FLOAT, most, most, most) < size::kTooLarge) return "a product has wrapped";
    if (size::image(GL_RGBA, GL_FLOAT, -1, 4, 4) != 0) return "a negative width has a size";
    if (size::array(GLsizei{-1}, 16) != 0) return "a negative count has a size";
    if (size::array(std::int64_t{1} << 62, 16) < size::kTooLarge) return "a count has wrapped";
    if (size::array(0xffffffffu, 4) != 0x3fffffffcu) return "an unsigned count is taken for a signed one";
    if (size::map1(GL_MAP1_VERTEX_3, -5, 4) != 0) return "a negative stride has a size";
    if (size::map2(GL_MAP2_VERTEX_3, most, most, most, most) < std::size_t{1} << 62)
        return "a map has wrapped";
    PixelStore store;
    store.row_length = most;
    store.skip_rows = most;
    if (wire::gl::layout_of(store, {GL_RGBA, GL_FLOAT, most, most, most, true}).end < size::kTooLarge) {
        return "a layout has wrapped";
    }
    return nullptr;
}

const char* parameter_sizes() {
    if (size::parameters(GL_AMBIENT) != 4 || size::parameters(GL_SPOT_DIRECTION) != 3) return "of a light";
    if (size::parameters(GL_TEXTURE_BORDER_COLOR) != 4) return "of a texture";
    if (size::parameters(GL_TEXTURE_MIN_FILTER) != 1 || size::parameters(0) != 1) return "of one element";
    if (size::state(GL_MODELVIEW_MATRIX) != 16 || size::state(GL_VIEWPORT) != 4) return "of state";
    if (size::state(GL_COMPRESSED_TEXTURE_FORMATS) != 0) return "of a list that the host knows";
    return nullptr;
}

const char* map_sizes() {
    if (size::map1(GL_MAP1_VERTEX_3, 3, 4) != 12) return "four points of three";
    if (size::map1(GL_MAP1_VERTEX_4, 7, 3) != 18) return "points a stride apart";
    if (size::map2(GL_MAP2_VERTEX_3, 3, 4, 12, 4) != 48) return "a patch of four by four";
    if (size::map1(0, 3, 4) != 0 || size::map1(GL_MAP1_VERTEX_3, 3, 0) != 0) return "what is no map";
    return nullptr;
}

void say(const char* claim, const char* failure) {
    std::printf("%s\t%s\n", claim, failure == nullptr ? "ok" : failure);
}

}  // namespace

int main() {
    say("a pixel has the size of its format and type", pixel_sizes());
    say("a layout begins and ends where the specification says", for_many(layout_agrees));
    say("an image is gathered pixel by pixel from there", for_many(gather_agrees));
    say("an image is scattered to there, and nowhere else", for_many(scatter_agrees));
    say("bits of a bitmap keep their places", bitmaps());
    say("numbers of a program that lies make no small size", hostile_sizes());
    say("parameters and state have as many elements as GL reads", parameter_sizes());
    say("control points end with the last one", map_sizes());
    return 0;
}
