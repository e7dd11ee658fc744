// Configurations and visuals: what there is, which one suits, what it is like.
#include <cstdlib>

#include "gl/enums.h"
#include "glx/choose.h"
#include "glx/errors.h"
#include "x11/api.h"

namespace guest::glx {
namespace {

// The program's, to be freed with XFree(), which is free().
GLXFBConfig* list_of(const std::vector<const Config*>& configs, int* count) {
    if (count != nullptr) *count = static_cast<int>(configs.size());
    if (configs.empty()) return nullptr;
    auto* list = static_cast<GLXFBConfig*>(std::malloc(configs.size() * sizeof(GLXFBConfig)));
    if (list == nullptr) return nullptr;
    std::size_t next = 0;
    // SAFETY: the program's view of it is opaque; it is never written through.
    for (const Config* config : configs) list[next++] = const_cast<Config*>(config);
    return list;
}

XVisualInfo* visual_of(Display* display, const Config& config) {
    XVisualInfo wanted{};
    wanted.screen = config.screen;
    wanted.visualid = config.visual;
    int count = 0;
    return x11::api()->XGetVisualInfo(display, VisualScreenMask | VisualIDMask, &wanted, &count);
}

}  // namespace

GLXFBConfig* glXChooseFBConfig(Display* dpy, int screen, const int* attrib_list, int* nelements) {
    if (nelements != nullptr) *nelements = 0;
    const Screen* known = find_screen(dpy, screen);
    return known == nullptr ? nullptr : list_of(choose_configs(*known, attrib_list), nelements);
}

GLXFBConfigSGIX* glXChooseFBConfigSGIX(Display* dpy, int screen, int* attrib_list, int* nelements) {
    return glXChooseFBConfig(dpy, screen, attrib_list, nelements);
}

GLXFBConfig* glXGetFBConfigs(Display* dpy, int screen, int* nelements) {
    if (nelements != nullptr) *nelements = 0;
    const Screen* known = find_screen(dpy, screen);
    if (known == nullptr) return nullptr;
    std::vector<const Config*> all;
    for (const auto& config : known->configs()) all.push_back(config.get());
    return list_of(all, nelements);
}

int glXGetFBConfigAttrib(Display* dpy, GLXFBConfig config, int attribute, int* value) {
    if (dpy == nullptr || config == nullptr) return kNoExtension;
    if (value == nullptr) return kBadValue;
    return read_attribute(*config, attribute, *value) ? 0 : kBadAttribute;
}

int glXGetFBConfigAttribSGIX(Display* dpy, GLXFBConfigSGIX config, int attribute, int* value) {
    return glXGetFBConfigAttrib(dpy, config, attribute, value);
}

XVisualInfo* glXGetVisualFromFBConfig(Display* dpy, GLXFBConfig config) {
    const bool can = dpy != nullptr && config != nullptr && x11::api() != nullptr;
    return can ? visual_of(dpy, *config) : nullptr;
}

XVisualInfo* glXGetVisualFromFBConfigSGIX(Display* dpy, GLXFBConfigSGIX config) {
    return glXGetVisualFromFBConfig(dpy, config);
}

GLXFBConfigSGIX glXGetFBConfigFromVisualSGIX(Display* dpy, XVisualInfo* vis) {
    Screen* screen = vis == nullptr ? nullptr : find_screen(dpy, vis->screen);
    // SAFETY: opaque to the program, which never writes through it.
    return screen == nullptr ? nullptr : const_cast<Config*>(screen->of_visual(vis->visualid));
}

XVisualInfo* glXChooseVisual(Display* dpy, int screen, int* attribList) {
    Screen* known = find_screen(dpy, screen);
    if (known == nullptr) return nullptr;
    const auto configs = choose_for_visual(*known, attribList);
    if (configs.empty()) return nullptr;
    known->choose(*configs.front());
    return visual_of(dpy, *configs.front());
}

int glXGetConfig(Display* dpy, XVisualInfo* visual, int attrib, int* value) {
    if (value == nullptr) return kBadValue;
    if (dpy == nullptr || visual == nullptr) return kBadVisual;
    *value = 0;
    if (visual->screen < 0 || visual->screen >= ScreenCount(dpy)) return kBadScreen;
    Screen* screen = find_screen(dpy, visual->screen);
    const Config* config = screen == nullptr ? nullptr : screen->of_visual(visual->visualid);
    if (config != nullptr) return read_attribute(*config, attrib, *value) ? 0 : kBadAttribute;
    return attrib == static_cast<int>(GLX_USE_GL) ? 0 : kBadVisual;
}

}  // namespace guest::glx
