// A lane of GL with a context and a window of 64 by 48 pixels, as the tests of GL draw on it.
#pragma once
#include <array>
#include <cstring>
#include <vector>

#include "fake_gl.h"
#include "gl/enums.h"
#include "wire/gl_codec.h"

namespace fake {

using Pixel = std::uint32_t;  // its bytes in order, the first one lowest

inline constexpr std::uint32_t kDouble = 1;

template <class T>
inline std::span<const std::byte> bytes(const T& values) {
    return std::as_bytes(std::span(values));
}

struct Window {
    explicit Window(std::uint32_t profile = 2, std::uint32_t samples = 0, std::uint32_t flags = kDouble)
        : lane(worker) {
        CHECK(lane.create(1, profile));
        resize(64, 48, samples, flags);
        lane.say(wire::gl_make_current_Request{.draw = 1, .read = 1});
    }
    void resize(std::uint32_t width, std::uint32_t height, std::uint32_t samples = 0,
                std::uint32_t flags = kDouble) {
        lane.say(wire::gl_drawable_Request{.drawable = 1,
                                           .width = width,
                                           .height = height,
                                           .colour = GL_RGBA8,
                                           .depth = 24,
                                           .stencil = 8,
                                           .samples = samples,
                                           .flags = flags});
    }
    void clear(float red, float green, float blue) {
        lane.say(wire::glClearColor_Request{.red = red, .green = green, .blue = blue, .alpha = 1});
        lane.say(wire::glClear_Request{.mask = GL_COLOR_BUFFER_BIT});
    }
    fake::Reply present(std::uint64_t size, std::uint32_t source = 0) {
        return lane.ask(wire::gl_present_Request{
            .drawable = 1, .source = source, .address = lane.arena_base, .size = size});
    }
    // Of the frame in the arena: engine and guest are one process here.
    Pixel shown(std::size_t index) const {
        Pixel pixel = 0;
        std::memcpy(&pixel, reinterpret_cast<const void*>(lane.arena_base + 4 * index), sizeof pixel);
        return pixel;
    }
    Pixel pixel(std::int32_t x, std::int32_t y) {
        const auto reply = lane.ask(wire::glReadPixels_Request{.x = x,
                                                               .y = y,
                                                               .width = 1,
                                                               .height = 1,
                                                               .format = GL_RGBA,
                                                               .type = GL_UNSIGNED_BYTE,
                                                               .pixels_from = 1});
        const auto read = fake::read_payload<wire::glReadPixels_Reply>(reply);
        Pixel pixel{};
        CHECK_EQUAL(read.pixels.size(), sizeof pixel);
        if (read.pixels.size() == sizeof pixel) std::memcpy(&pixel, read.pixels.data(), sizeof pixel);
        return pixel;
    }
    std::vector<std::int32_t> integers(GLenum name) {
        const auto reply = lane.ask(wire::glGetIntegerv_Request{.pname = name});
        const auto got = fake::read_payload<wire::glGetIntegerv_Reply>(reply);
        std::vector<std::int32_t> values(got.data.size() / 4);
        std::memcpy(values.data(), got.data.data(), values.size() * 4);
        return values;
    }
    std::int32_t integer(GLenum name) {
        const auto values = integers(name);
        return values.empty() ? -1 : values[0];
    }
    Worker worker;
    GlLane lane;
};

inline constexpr Pixel kRed = 0xFF0000FF;
inline constexpr Pixel kGreen = 0xFF00FF00;
inline constexpr Pixel kBlue = 0xFFFF0000;
inline constexpr Pixel kRedForX = 0xFFFF0000;
inline constexpr Pixel kGreenForX = 0xFF00FF00;
inline constexpr Pixel kBlueForX = 0xFF0000FF;

}  // namespace fake
