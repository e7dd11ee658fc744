// What kinds of default framebuffers Ferry offers, and how a program's wish chooses among them. They are made
// of framebuffer objects at the host, so every host has all of them. In words of neither GLX nor EGL, which
// translate; immutable.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "gl/types.h"

namespace guest::gl {

struct Config {
    int red = 8;  // bits, as all of these
    int green = 8;
    int blue = 8;
    int alpha = 8;
    int depth = 24;
    int stencil = 8;
    int samples = 0;
    bool is_double = true;
    bool is_srgb = false;

    int colour_bits() const { return red + green + blue + alpha; }
    // The sized format of its colours.
    GLenum colour() const;
};

// All of them, the ones that most programs want first.
std::span<const Config> configs();

// What a program asks for. Numbers are what it needs at least; kAny: it does not care.
struct ConfigWish {
    static constexpr int kAny = -1;
    int red = 0;
    int green = 0;
    int blue = 0;
    int alpha = 0;
    int colour_bits = 0;
    int depth = 0;
    int stencil = 0;
    int sample_buffers = 0;
    int samples = 0;
    int is_double = kAny;  // 0, 1
    int is_srgb = kAny;
    // The order of what will do: GLX takes the deepest depth buffer, EGL the shallowest and colours without
    // more bits than asked for; here alpha that nobody asked for is no flaw in GLX's order.
    bool is_egl = false;
};

bool matches(const ConfigWish& wish, const Config& config);

// Whether `left` is to be offered before `right`: the order of GLX 1.4, section 3.3.3, or EGL 1.5, section
// 3.4.1.2.
bool is_better(const ConfigWish& wish, const Config& left, const Config& right);

}  // namespace guest::gl
