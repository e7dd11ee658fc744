// See choose.h.
#include "egl/choose.h"

#include <algorithm>

#include "gl/enums.h"
#include "wire/limits.h"

namespace guest::egl {
namespace {

constexpr EGLint kSide = static_cast<EGLint>(wire::limits::kGlDrawableSide);
constexpr EGLint kApis = EGL_OPENGL_BIT | EGL_OPENGL_ES2_BIT | EGL_OPENGL_ES3_BIT;
// A list that says nothing of it asks for OpenGL ES 1, and most such lists are of programs that want another
// API: configurations have its bit, though eglCreateContext makes no such context.
constexpr EGLint kRenderable = kApis | EGL_OPENGL_ES_BIT;
constexpr EGLint kMostInterval = 1000;

enum class By { least, exactly, mask, ignored };

struct Attribute {
    EGLint name;
    By by;         // how eglChooseConfig compares
    EGLint usual;  // what is taken where the list has none
    EGLint (*read)(const Display& display, const Config& config);
};

template <EGLint value>
EGLint always(const Display&, const Config&) {
    return value;
}

constexpr EGLint kAny = EGL_DONT_CARE;
constexpr Attribute kAttributes[] = {
    {EGL_BUFFER_SIZE, By::least, 0, [](const Display&, const Config& c) { return c.looks.colour_bits(); }},
    {EGL_RED_SIZE, By::least, 0, [](const Display&, const Config& c) { return c.looks.red; }},
    {EGL_GREEN_SIZE, By::least, 0, [](const Display&, const Config& c) { return c.looks.green; }},
    {EGL_BLUE_SIZE, By::least, 0, [](const Display&, const Config& c) { return c.looks.blue; }},
    {EGL_LUMINANCE_SIZE, By::least, 0, always<0>},
    {EGL_ALPHA_SIZE, By::least, 0, [](const Display&, const Config& c) { return c.looks.alpha; }},
    {EGL_ALPHA_MASK_SIZE, By::least, 0, always<0>},
    {EGL_DEPTH_SIZE, By::least, 0, [](const Display&, const Config& c) { return c.looks.depth; }},
    {EGL_STENCIL_SIZE, By::least, 0, [](const Display&, const Config& c) { return c.looks.stencil; }},
    {EGL_SAMPLES, By::least, 0, [](const Display&, const Config& c) { return c.looks.samples; }},
    {EGL_SAMPLE_BUFFERS, By::least, 0,
     [](const Display&, const Config& c) { return c.looks.samples != 0 ? 1 : 0; }},
    {EGL_BIND_TO_TEXTURE_RGB, By::exactly, kAny, always<EGL_FALSE>},
    {EGL_BIND_TO_TEXTURE_RGBA, By::exactly, kAny, always<EGL_FALSE>},
    {EGL_COLOR_BUFFER_TYPE, By::exactly, EGL_RGB_BUFFER, always<EGL_RGB_BUFFER>},
    {EGL_CONFIG_CAVEAT, By::exactly, kAny, always<EGL_NONE>},
    {EGL_CONFIG_ID, By::exactly, kAny, [](const Display&, const Config& c) { return c.id; }},
    {EGL_CONFORMANT, By::mask, 0, always<kApis>},
    {EGL_RENDERABLE_TYPE, By::mask, EGL_OPENGL_ES_BIT, always<kRenderable>},
    {EGL_SURFACE_TYPE, By::mask, EGL_WINDOW_BIT,
     [](const Display& display, const Config&) { return surface_types(display); }},
    {EGL_LEVEL, By::exactly, 0, always<0>},
    {EGL_MAX_SWAP_INTERVAL, By::exactly, kAny, always<kMostInterval>},
    {EGL_MIN_SWAP_INTERVAL, By::exactly, kAny, always<0>},
    {EGL_NATIVE_RENDERABLE, By::exactly, kAny,
     [](const Display&, const Config& c) { return c.visual != 0 ? 1 : 0; }},
    {EGL_NATIVE_VISUAL_TYPE, By::exactly, kAny,
     [](const Display&, const Config& c) { return c.visual != 0 ? TrueColor : EGL_NONE; }},
    {EGL_TRANSPARENT_TYPE, By::exactly, EGL_NONE, always<EGL_NONE>},
    {EGL_TRANSPARENT_RED_VALUE, By::exactly, kAny, always<0>},
    {EGL_TRANSPARENT_GREEN_VALUE, By::exactly, kAny, always<0>},
    {EGL_TRANSPARENT_BLUE_VALUE, By::exactly, kAny, always<0>},
    {EGL_MATCH_NATIVE_PIXMAP, By::ignored, kAny, nullptr},
    {EGL_NATIVE_VISUAL_ID, By::ignored, kAny,
     [](const Display&, const Config& c) { return static_cast<EGLint>(c.visual); }},
    {EGL_MAX_PBUFFER_WIDTH, By::ignored, kAny, always<kSide>},
    {EGL_MAX_PBUFFER_HEIGHT, By::ignored, kAny, always<kSide>},
    {EGL_MAX_PBUFFER_PIXELS, By::ignored, kAny, always<kSide * kSide>},
};
constexpr std::size_t kCount = std::size(kAttributes);

// What the list asks for of each attribute.
using Wish = std::array<EGLint, kCount>;

const Attribute* find(EGLint name) {
    const auto* found = std::find_if(std::begin(kAttributes), std::end(kAttributes),
                                     [&](const Attribute& known) { return known.name == name; });
    return found == std::end(kAttributes) ? nullptr : found;
}

EGLint wished(const Wish& wish, EGLint name) {
    return wish[static_cast<std::size_t>(find(name) - std::begin(kAttributes))];
}

// False: a list that EGL refuses.
bool read_list(const EGLint* list, Wish& wish) {
    for (std::size_t at = 0; at < kCount; ++at) wish[at] = kAttributes[at].usual;
    for (; list != nullptr && *list != EGL_NONE; list += 2) {
        const Attribute* attribute = find(list[0]);
        const EGLint value = list[1];
        if (attribute == nullptr || (attribute->by == By::least && value < 0 && value != kAny)) return false;
        wish[static_cast<std::size_t>(attribute - std::begin(kAttributes))] = value;
    }
    return wished(wish, EGL_LEVEL) != kAny;
}

bool will_do(const Display& display, const Config& config, const Wish& wish) {
    const EGLint id = wished(wish, EGL_CONFIG_ID);
    // Who names one gets it, whatever else the list says.
    if (id != kAny) return config.id == id;
    for (std::size_t at = 0; at < kCount; ++at) {
        const Attribute& attribute = kAttributes[at];
        const EGLint wanted = wish[at];
        if (attribute.by == By::ignored || wanted == kAny) continue;
        const EGLint value = attribute.read(display, config);
        if (attribute.by == By::least && value < wanted) return false;
        if (attribute.by == By::exactly && value != wanted) return false;
        if (attribute.by == By::mask && (value & wanted) != wanted) return false;
    }
    return true;
}

// Only what says of which colours most are wanted.
gl::ConfigWish order_of(const Wish& wish) {
    const auto at_least = [&](EGLint name) { return std::max(wished(wish, name), 0); };
    return {.red = at_least(EGL_RED_SIZE),
            .green = at_least(EGL_GREEN_SIZE),
            .blue = at_least(EGL_BLUE_SIZE),
            .alpha = at_least(EGL_ALPHA_SIZE),
            .is_egl = true};
}

}  // namespace

EGLint surface_types(const Display& display) {
    constexpr EGLint kEverywhere = EGL_PBUFFER_BIT | EGL_SWAP_BEHAVIOR_PRESERVED_BIT;
    const bool has_windows = display.platform == Platform::x11;
    return kEverywhere | (has_windows ? EGL_WINDOW_BIT | EGL_PIXMAP_BIT : 0);
}

std::vector<const Config*> choose_configs(const Display& display, const EGLint* attributes, bool& sound) {
    Wish wish{};
    std::vector<const Config*> found;
    sound = read_list(attributes, wish);
    if (!sound) return found;
    // A pixmap that a configuration is to suit: those of every depth here suit all.
    for (const auto& config : display.configs) {
        if (will_do(display, *config, wish)) found.push_back(config.get());
    }
    const gl::ConfigWish order = order_of(wish);
    std::stable_sort(found.begin(), found.end(), [&](const Config* left, const Config* right) {
        return gl::is_better(order, left->looks, right->looks);
    });
    // Windows whose alpha is seen through are for those who look for them.
    std::stable_partition(found.begin(), found.end(),
                          [](const Config* config) { return config->visual_depth != 32; });
    return found;
}

bool read_attribute(const Display& display, const Config& config, EGLint attribute, EGLint& value) {
    const Attribute* known = find(attribute);
    if (known == nullptr || known->read == nullptr) return false;
    value = known->read(display, config);
    return true;
}

}  // namespace guest::egl
