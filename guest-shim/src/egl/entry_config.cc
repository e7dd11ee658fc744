// Configurations: what there is, which ones suit, what one is like.
#include <algorithm>

#include "egl/choose.h"
#include "egl/thread.h"

namespace guest::egl {
namespace {

// Fills the program's array with as many as it takes; without one, only says how many there are.
EGLBoolean give(const std::vector<const Config*>& all, EGLConfig* configs, EGLint room, EGLint* count) {
    const std::size_t most =
        configs == nullptr ? all.size() : std::min(all.size(), static_cast<std::size_t>(std::max(room, 0)));
    // SAFETY: opaque to the program, which never writes through it.
    for (std::size_t at = 0; configs != nullptr && at < most; ++at)
        configs[at] = const_cast<Config*>(all[at]);
    *count = static_cast<EGLint>(most);
    return succeed();
}

}  // namespace

EGLBoolean eglGetConfigs(EGLDisplay dpy, EGLConfig* configs, EGLint config_size, EGLint* num_config) {
    const Display* display = need_ready(dpy);
    if (display == nullptr) return EGL_FALSE;
    if (num_config == nullptr) return fail(EGL_BAD_PARAMETER);
    std::vector<const Config*> all;
    for (const auto& config : display->configs) all.push_back(config.get());
    return give(all, configs, config_size, num_config);
}

EGLBoolean eglChooseConfig(EGLDisplay dpy, const EGLint* attrib_list, EGLConfig* configs, EGLint config_size,
                           EGLint* num_config) {
    const Display* display = need_ready(dpy);
    if (display == nullptr) return EGL_FALSE;
    if (num_config == nullptr) return fail(EGL_BAD_PARAMETER);
    bool sound = false;
    const auto chosen = choose_configs(*display, attrib_list, sound);
    return sound ? give(chosen, configs, config_size, num_config) : fail(EGL_BAD_ATTRIBUTE);
}

EGLBoolean eglGetConfigAttrib(EGLDisplay dpy, EGLConfig config, EGLint attribute, EGLint* value) {
    Display* display = need_ready(dpy);
    const Config* known = display == nullptr ? nullptr : need_config(*display, config);
    if (known == nullptr) return EGL_FALSE;
    if (value == nullptr) return fail(EGL_BAD_PARAMETER);
    return read_attribute(*display, *known, attribute, *value) ? succeed() : fail(EGL_BAD_ATTRIBUTE);
}

}  // namespace guest::egl
