// See choose.h.
#include "glx/choose.h"

#include <algorithm>

#include "gl/enums.h"
#include "wire/limits.h"

namespace guest::glx {
namespace {

constexpr int kDontCare = -1;

// What is asked for beyond the framebuffer.
struct Wish {
    gl::ConfigWish looks;
    int id = 0;  // 0: any
    int drawables = static_cast<int>(GLX_WINDOW_BIT);
    bool is_impossible = false;  // nothing has that
    bool is_known = true;        // the list holds what there is
};

constexpr int kDrawables = static_cast<int>(GLX_WINDOW_BIT | GLX_PIXMAP_BIT | GLX_PBUFFER_BIT);

// A number that is asked for at least; not caring is asking for none.
int at_least(int value) { return value == kDontCare ? 0 : value; }

bool note_size(gl::ConfigWish& looks, GLenum attribute, int value) {
    int* const place = attribute == GLX_BUFFER_SIZE      ? &looks.colour_bits
                       : attribute == GLX_RED_SIZE       ? &looks.red
                       : attribute == GLX_GREEN_SIZE     ? &looks.green
                       : attribute == GLX_BLUE_SIZE      ? &looks.blue
                       : attribute == GLX_ALPHA_SIZE     ? &looks.alpha
                       : attribute == GLX_DEPTH_SIZE     ? &looks.depth
                       : attribute == GLX_STENCIL_SIZE   ? &looks.stencil
                       : attribute == GLX_SAMPLE_BUFFERS ? &looks.sample_buffers
                       : attribute == GLX_SAMPLES        ? &looks.samples
                                                         : nullptr;
    if (place != nullptr) *place = at_least(value);
    return place != nullptr;
}

// What is had in one way only.
bool demands_other(GLenum attribute, int value) {
    if (value == kDontCare) return false;
    switch (attribute) {
        case GLX_LEVEL:
        case GLX_STEREO:
        case GLX_BIND_TO_TEXTURE_RGB_EXT:
        case GLX_BIND_TO_TEXTURE_RGBA_EXT:
            return value != 0;
        case GLX_AUX_BUFFERS:
        case GLX_ACCUM_RED_SIZE:
        case GLX_ACCUM_GREEN_SIZE:
        case GLX_ACCUM_BLUE_SIZE:
        case GLX_ACCUM_ALPHA_SIZE:
            return value > 0;
        case GLX_X_VISUAL_TYPE:
            return value != static_cast<int>(GLX_TRUE_COLOR);
        case GLX_CONFIG_CAVEAT:
        case GLX_TRANSPARENT_TYPE:
            return value != static_cast<int>(GLX_NONE);
        case GLX_RENDER_TYPE:
            return (value & ~static_cast<int>(GLX_RGBA_BIT)) != 0;
        case GLX_X_RENDERABLE:
            return value == 0;
        default:
            return false;
    }
}

bool is_one_way(GLenum attribute) {
    constexpr GLenum kOneWay[] = {GLX_LEVEL,
                                  GLX_STEREO,
                                  GLX_BIND_TO_TEXTURE_RGB_EXT,
                                  GLX_BIND_TO_TEXTURE_RGBA_EXT,
                                  GLX_AUX_BUFFERS,
                                  GLX_ACCUM_RED_SIZE,
                                  GLX_ACCUM_GREEN_SIZE,
                                  GLX_ACCUM_BLUE_SIZE,
                                  GLX_ACCUM_ALPHA_SIZE,
                                  GLX_X_VISUAL_TYPE,
                                  GLX_CONFIG_CAVEAT,
                                  GLX_TRANSPARENT_TYPE,
                                  GLX_RENDER_TYPE,
                                  GLX_X_RENDERABLE};
    return std::find(std::begin(kOneWay), std::end(kOneWay), attribute) != std::end(kOneWay);
}

// What says nothing of a configuration here, or is to be passed over.
bool is_ignored(GLenum attribute) {
    switch (attribute) {
        case GLX_MAX_PBUFFER_WIDTH:
        case GLX_MAX_PBUFFER_HEIGHT:
        case GLX_MAX_PBUFFER_PIXELS:
        case GLX_VISUAL_ID:
        case GLX_TRANSPARENT_INDEX_VALUE:
        case GLX_TRANSPARENT_RED_VALUE:
        case GLX_TRANSPARENT_GREEN_VALUE:
        case GLX_TRANSPARENT_BLUE_VALUE:
        case GLX_TRANSPARENT_ALPHA_VALUE:
        case GLX_SWAP_METHOD_OML:
        case GLX_BIND_TO_MIPMAP_TEXTURE_EXT:
        case GLX_BIND_TO_TEXTURE_TARGETS_EXT:
        case GLX_Y_INVERTED_EXT:
        case GLX_OPTIMAL_PBUFFER_WIDTH_SGIX:
        case GLX_OPTIMAL_PBUFFER_HEIGHT_SGIX:
        case GLX_VISUAL_SELECT_GROUP_SGIX:
            return true;
        default:
            return false;
    }
}

void note(Wish& wish, GLenum attribute, int value) {
    if (note_size(wish.looks, attribute, value) || is_ignored(attribute)) return;
    if (is_one_way(attribute)) {
        wish.is_impossible |= demands_other(attribute, value);
        return;
    }
    switch (attribute) {
        case GLX_FBCONFIG_ID:
            wish.id = value == kDontCare ? 0 : value;
            break;
        case GLX_DOUBLEBUFFER:
            wish.looks.is_double = value;
            break;
        case GLX_FRAMEBUFFER_SRGB_CAPABLE_ARB:
            wish.looks.is_srgb = value;
            break;
        case GLX_DRAWABLE_TYPE:
            wish.drawables = value == kDontCare ? 0 : value;
            break;
        default:
            wish.is_known = false;
            break;
    }
}

std::vector<const Config*> chosen(const Screen& screen, const Wish& wish) {
    std::vector<const Config*> found;
    if (!wish.is_known) return found;
    if (wish.id != 0) {
        if (const Config* config = screen.with_id(wish.id)) found.push_back(config);
        return found;
    }
    if (wish.is_impossible || (wish.drawables & ~kDrawables) != 0) return found;
    for (const auto& config : screen.configs()) {
        if (gl::matches(wish.looks, config->looks)) found.push_back(config.get());
    }
    std::stable_sort(found.begin(), found.end(), [&](const Config* left, const Config* right) {
        return gl::is_better(wish.looks, left->looks, right->looks);
    });
    // Windows whose alpha is seen through are for those who look for them.
    std::stable_partition(found.begin(), found.end(),
                          [](const Config* config) { return config->visual_depth != 32; });
    return found;
}

struct Reader {
    GLenum attribute;
    int (*read)(const Config& config);
};
constexpr int kSide = static_cast<int>(wire::limits::kGlDrawableSide);
// What is not 0.
constexpr Reader kReaders[] = {
    {GLX_USE_GL, [](const Config&) { return 1; }},
    {GLX_RGBA, [](const Config&) { return 1; }},
    {GLX_X_RENDERABLE, [](const Config&) { return 1; }},
    {GLX_FBCONFIG_ID, [](const Config& config) { return config.id; }},
    {GLX_VISUAL_ID, [](const Config& config) { return static_cast<int>(config.visual); }},
    {GLX_SCREEN, [](const Config& config) { return config.screen; }},
    {GLX_BUFFER_SIZE, [](const Config& config) { return config.looks.colour_bits(); }},
    {GLX_RED_SIZE, [](const Config& config) { return config.looks.red; }},
    {GLX_GREEN_SIZE, [](const Config& config) { return config.looks.green; }},
    {GLX_BLUE_SIZE, [](const Config& config) { return config.looks.blue; }},
    {GLX_ALPHA_SIZE, [](const Config& config) { return config.looks.alpha; }},
    {GLX_DEPTH_SIZE, [](const Config& config) { return config.looks.depth; }},
    {GLX_STENCIL_SIZE, [](const Config& config) { return config.looks.stencil; }},
    {GLX_DOUBLEBUFFER, [](const Config& config) { return config.looks.is_double ? 1 : 0; }},
    {GLX_SAMPLES, [](const Config& config) { return config.looks.samples; }},
    {GLX_SAMPLE_BUFFERS, [](const Config& config) { return config.looks.samples != 0 ? 1 : 0; }},
    {GLX_FRAMEBUFFER_SRGB_CAPABLE_ARB, [](const Config& config) { return config.looks.is_srgb ? 1 : 0; }},
    {GLX_DRAWABLE_TYPE, [](const Config&) { return kDrawables; }},
    {GLX_RENDER_TYPE, [](const Config&) { return static_cast<int>(GLX_RGBA_BIT); }},
    {GLX_X_VISUAL_TYPE, [](const Config&) { return static_cast<int>(GLX_TRUE_COLOR); }},
    {GLX_CONFIG_CAVEAT, [](const Config&) { return static_cast<int>(GLX_NONE); }},
    {GLX_TRANSPARENT_TYPE, [](const Config&) { return static_cast<int>(GLX_NONE); }},
    {GLX_SWAP_METHOD_OML, [](const Config&) { return static_cast<int>(GLX_SWAP_UNDEFINED_OML); }},
    {GLX_MAX_PBUFFER_WIDTH, [](const Config&) { return kSide; }},
    {GLX_MAX_PBUFFER_HEIGHT, [](const Config&) { return kSide; }},
    {GLX_MAX_PBUFFER_PIXELS, [](const Config&) { return kSide * kSide; }},
};

}  // namespace

std::vector<const Config*> choose_configs(const Screen& screen, const int* attributes) {
    Wish wish;
    if (attributes != nullptr) {
        for (; *attributes != 0; attributes += 2)
            note(wish, static_cast<GLenum>(attributes[0]), attributes[1]);
    }
    return chosen(screen, wish);
}

std::vector<const Config*> choose_for_visual(const Screen& screen, const int* attributes) {
    Wish wish;
    wish.looks.is_double = 0;
    bool is_rgba = false;
    for (; attributes != nullptr && *attributes != 0; ++attributes) {
        const auto attribute = static_cast<GLenum>(*attributes);
        if (attribute == GLX_USE_GL) continue;
        if (attribute == GLX_RGBA) {
            is_rgba = true;
        } else if (attribute == GLX_DOUBLEBUFFER || attribute == GLX_STEREO) {
            note(wish, attribute, 1);
        } else {
            note(wish, attribute, *++attributes);
        }
    }
    return is_rgba ? chosen(screen, wish) : std::vector<const Config*>{};
}

bool read_attribute(const Config& config, int attribute, int& value) {
    const auto name = static_cast<GLenum>(attribute);
    const auto* reader = std::find_if(std::begin(kReaders), std::end(kReaders),
                                      [&](const Reader& candidate) { return candidate.attribute == name; });
    if (reader != std::end(kReaders)) {
        value = reader->read(config);
        return true;
    }
    value = 0;
    return is_one_way(name) || is_ignored(name);
}

}  // namespace guest::glx
