// See config.h.
#include "gl/config.h"

#include <algorithm>

#include "gl/enums.h"

namespace guest::gl {
namespace {

struct Ancillary {
    int depth;
    int stencil;
};
constexpr Ancillary kAncillaries[] = {{24, 8}, {24, 0}, {16, 0}, {0, 0}};
constexpr int kSampled = 4;

std::vector<Config> make_configs() {
    std::vector<Config> made;
    const auto add = [&](const Config& config) { made.push_back(config); };
    for (const int samples : {0, kSampled}) {
        for (const Ancillary& ancillary : kAncillaries) {
            for (const bool is_double : {true, false}) {
                for (const int alpha : {8, 0}) {
                    add({.alpha = alpha,
                         .depth = ancillary.depth,
                         .stencil = ancillary.stencil,
                         .samples = samples,
                         .is_double = is_double});
                }
            }
        }
    }
    for (const int samples : {0, kSampled}) {
        for (const Ancillary& ancillary : kAncillaries) {
            add({.depth = ancillary.depth,
                 .stencil = ancillary.stencil,
                 .samples = samples,
                 .is_srgb = true});
        }
    }
    return made;
}

// What is asked for of a colour, counted where anything is.
int wanted_bits(const ConfigWish& wish, const Config& config) {
    int bits = 0;
    if (wish.red > 0) bits += config.red;
    if (wish.green > 0) bits += config.green;
    if (wish.blue > 0) bits += config.blue;
    if (wish.alpha > 0) bits += config.alpha;
    return bits;
}

bool is_as(int wish, bool is) { return wish == ConfigWish::kAny || (wish != 0) == is; }

}  // namespace

GLenum Config::colour() const {
    if (is_srgb) return GL_SRGB8_ALPHA8;
    return alpha != 0 ? GL_RGBA8 : GL_RGB8;
}

std::span<const Config> configs() {
    static const std::vector<Config>& all = *new std::vector<Config>(make_configs());
    return all;
}

bool matches(const ConfigWish& wish, const Config& config) {
    return config.red >= wish.red && config.green >= wish.green && config.blue >= wish.blue &&
           config.alpha >= wish.alpha && config.colour_bits() >= wish.colour_bits &&
           config.depth >= wish.depth && config.stencil >= wish.stencil &&
           (config.samples != 0 ? 1 : 0) >= wish.sample_buffers && config.samples >= wish.samples &&
           is_as(wish.is_double, config.is_double) && is_as(wish.is_srgb, config.is_srgb);
}

bool is_better(const ConfigWish& wish, const Config& left, const Config& right) {
    const int left_bits = wanted_bits(wish, left);
    const int right_bits = wanted_bits(wish, right);
    if (left_bits != right_bits) return left_bits > right_bits;
    // Where alpha does not matter GLX's programs get it: hosts read such frames several times as fast.
    if (left.alpha != right.alpha) return (left.alpha > right.alpha) != wish.is_egl;
    if (left.is_double != right.is_double) return right.is_double;
    if (left.samples != right.samples) return left.samples < right.samples;
    if (left.depth != right.depth) {
        // Who has asked for none is served best with none.
        const bool deeper = left.depth > right.depth;
        return !wish.is_egl && wish.depth > 0 ? deeper : !deeper;
    }
    if (left.stencil != right.stencil) return left.stencil < right.stencil;
    return !left.is_srgb && right.is_srgb;
}

}  // namespace guest::gl
