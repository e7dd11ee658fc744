// What GLX says of itself: versions, strings, extensions, the renderer; and the addresses of functions.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "gl/enums.h"
#include "glx/context.h"
#include "glx/proc_table.h"

namespace guest::glx {
namespace {

constexpr const char* kVendor = "Ferry";
constexpr const char* kVersion = "1.4";
constexpr const char* kExtensions =
    "GLX_ARB_context_flush_control GLX_ARB_create_context GLX_ARB_create_context_no_error "
    "GLX_ARB_create_context_profile GLX_ARB_create_context_robustness "
    "GLX_ARB_framebuffer_sRGB GLX_ARB_get_proc_address GLX_ARB_multisample "
    "GLX_EXT_create_context_es2_profile "
    "GLX_EXT_create_context_es_profile GLX_EXT_framebuffer_sRGB GLX_EXT_no_config_context "
    " GLX_EXT_swap_control GLX_EXT_visual_info GLX_EXT_visual_rating "
    "GLX_MESA_copy_sub_buffer GLX_MESA_query_renderer GLX_MESA_swap_control GLX_OML_swap_method "
    "GLX_SGIX_fbconfig GLX_SGIX_pbuffer GLX_SGI_make_current_read GLX_SGI_swap_control";

// Of GLX_MESA_query_renderer.
constexpr int kVendorId = 0x8183;
constexpr int kDeviceId = 0x8184;
constexpr int kRendererVersion = 0x8185;
constexpr int kAccelerated = 0x8186;
constexpr int kVideoMemory = 0x8187;
constexpr int kUnifiedMemory = 0x8188;
constexpr int kPreferredProfile = 0x8189;
constexpr int kCoreVersion = 0x818A;
constexpr int kCompatibilityVersion = 0x818B;
constexpr int kEsVersion = 0x818C;
constexpr int kEs2Version = 0x818D;

const gl::Facts* current_facts() {
    const GLXContext context = binding().context;
    return context == nullptr ? nullptr : &context->gl->facts();
}

bool is_software(const gl::Facts& facts) {
    return facts.renderer.find("llvmpipe") != std::string::npos ||
           facts.renderer.find("softpipe") != std::string::npos;
}

// The highest versions there are, as far as one context tells: what GL it is itself has both profiles, and
// what GLES it can stand in for there is.
std::array<unsigned, 2> highest(const gl::Facts& facts, std::uint32_t profile) {
    const bool is_es = profile == 3;
    if (facts.is_es() == is_es) return {facts.major, facts.minor};
    constexpr std::array<unsigned, 2> kNone{0, 0};
    if (!is_es) return kNone;
    constexpr std::pair<const char*, std::array<unsigned, 2>> kSigns[] = {
        {"GL_ARB_ES3_2_compatibility", {3, 2}},
        {"GL_ARB_ES3_1_compatibility", {3, 1}},
        {"GL_ARB_ES3_compatibility", {3, 0}},
        {"GL_ARB_ES2_compatibility", {2, 0}}};
    for (const auto& [name, version] : kSigns) {
        const auto& all = facts.extensions;
        if (std::find(all.begin(), all.end(), name) != all.end()) return version;
    }
    return kNone;
}

const char* text_of(int name) {
    switch (static_cast<GLenum>(name)) {
        case GLX_VENDOR:
            return kVendor;
        case GLX_VERSION:
            return kVersion;
        case GLX_EXTENSIONS:
            return kExtensions;
        default:
            return nullptr;
    }
}

}  // namespace

Bool glXQueryExtension(Display* dpy, int* errorb, int* event) {
    int opcode = 0;
    int event_base = 0;
    int error_base = 0;
    if (dpy == nullptr || find_screen(dpy, DefaultScreen(dpy)) == nullptr) return False;
    // A server without it is no obstacle: nothing here is asked of it.
    query_extension(dpy, opcode, event_base, error_base);
    if (errorb != nullptr) *errorb = error_base;
    if (event != nullptr) *event = event_base;
    return True;
}

Bool glXQueryVersion(Display* dpy, int* maj, int* min) {
    if (maj != nullptr) *maj = 1;
    if (min != nullptr) *min = 4;
    return dpy != nullptr ? True : False;
}

const char* glXQueryExtensionsString(Display* dpy, int screen) {
    return find_screen(dpy, screen) == nullptr ? nullptr : kExtensions;
}

const char* glXQueryServerString(Display* dpy, int screen, int name) {
    return find_screen(dpy, screen) == nullptr ? nullptr : text_of(name);
}

const char* glXGetClientString(Display*, int name) { return text_of(name); }

Bool glXQueryCurrentRendererIntegerMESA(int attribute, unsigned int* value) {
    const gl::Facts* facts = current_facts();
    if (facts == nullptr || value == nullptr) return False;
    const auto version = [&](std::uint32_t profile) {
        const auto found = highest(*facts, profile);
        value[0] = found[0];
        value[1] = found[1];
    };
    switch (attribute) {
        case kVendorId:
        case kDeviceId:
            *value = ~0u;
            return True;
        case kRendererVersion:
            value[0] = facts->major;
            value[1] = facts->minor;
            value[2] = 0;
            return True;
        case kAccelerated:
            *value = is_software(*facts) ? 0 : 1;
            return True;
        case kVideoMemory:
            *value = 0;
            return True;
        case kUnifiedMemory:
            *value = is_software(*facts) ? 1 : 0;
            return True;
        case kPreferredProfile:
            *value = GLX_CONTEXT_CORE_PROFILE_BIT_ARB;
            return True;
        case kCoreVersion:
            version(1);
            return True;
        case kCompatibilityVersion:
            version(2);
            return True;
        case kEsVersion:
            value[0] = value[1] = 0;
            return True;
        case kEs2Version:
            version(3);
            return True;
        default:
            return False;
    }
}

const char* glXQueryCurrentRendererStringMESA(int attribute) {
    const gl::Facts* facts = current_facts();
    if (facts == nullptr) return nullptr;
    if (attribute == kVendorId) return facts->vendor.c_str();
    return attribute == kDeviceId ? facts->renderer.c_str() : nullptr;
}

// Without a context there is nothing to be known of the renderer: the host makes it with the context.
Bool glXQueryRendererIntegerMESA(Display* dpy, int screen, int renderer, int attribute, unsigned int* value) {
    if (renderer != 0 || find_screen(dpy, screen) == nullptr) return False;
    return glXQueryCurrentRendererIntegerMESA(attribute, value);
}

const char* glXQueryRendererStringMESA(Display* dpy, int screen, int renderer, int attribute) {
    if (renderer != 0 || find_screen(dpy, screen) == nullptr) return nullptr;
    return glXQueryCurrentRendererStringMESA(attribute);
}

__GLXextFuncPtr glXGetProcAddress(const GLubyte* procName) {
    // SAFETY: names are text.
    return procName == nullptr ? nullptr : find_proc(reinterpret_cast<const char*>(procName));
}

__GLXextFuncPtr glXGetProcAddressARB(const GLubyte* procName) { return glXGetProcAddress(procName); }

}  // namespace guest::glx
