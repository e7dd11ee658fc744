// Contexts: making, ending, making current, and what they are.
#include <X11/X.h>

#include "gl/enums.h"
#include "gl/version_wish.h"
#include "glx/context.h"
#include "log.h"

namespace guest::glx {
namespace {

// What the list of glXCreateContextAttribsARB says.
struct Attributes {
    gl::VersionWish version;
    GLbitfield profile = GLX_CONTEXT_CORE_PROFILE_BIT_ARB;
    GLbitfield flags = 0;
    GLenum render_type = GLX_RGBA_TYPE;
    GLenum reset = GLX_NO_RESET_NOTIFICATION_ARB;
    int screen = -1;
    bool is_known = true;
};

void note(Attributes& attributes, GLenum name, int value) {
    const auto bits = static_cast<GLbitfield>(value);
    switch (name) {
        case GLX_CONTEXT_MAJOR_VERSION_ARB:
            attributes.version.major = value;
            break;
        case GLX_CONTEXT_MINOR_VERSION_ARB:
            attributes.version.minor = value;
            break;
        case GLX_CONTEXT_PROFILE_MASK_ARB:
            attributes.profile = bits;
            break;
        case GLX_CONTEXT_FLAGS_ARB:
            attributes.flags = bits;
            break;
        case GLX_CONTEXT_OPENGL_NO_ERROR_ARB:
            attributes.version.no_error = value != 0;
            break;
        case GLX_CONTEXT_RESET_NOTIFICATION_STRATEGY_ARB:
            attributes.reset = bits;
            attributes.version.loses_on_reset = bits == GLX_LOSE_CONTEXT_ON_RESET_ARB;
            break;
        case GLX_SCREEN:
            attributes.screen = value;
            break;
        case GLX_RENDER_TYPE:
            attributes.render_type = bits;
            break;
        case GLX_CONTEXT_RELEASE_BEHAVIOR_ARB:
            break;
        default:
            attributes.is_known = false;
            break;
    }
}

Attributes read_list(const int* list) {
    Attributes attributes;
    for (; list != nullptr && *list != 0; list += 2) note(attributes, static_cast<GLenum>(list[0]), list[1]);
    gl::VersionWish& version = attributes.version;
    version.is_es = attributes.profile == GLX_CONTEXT_ES2_PROFILE_BIT_EXT;
    version.is_core = attributes.profile == GLX_CONTEXT_CORE_PROFILE_BIT_ARB;
    version.debug = (attributes.flags & GLX_CONTEXT_DEBUG_BIT_ARB) != 0;
    version.forward_compatible = (attributes.flags & GLX_CONTEXT_FORWARD_COMPATIBLE_BIT_ARB) != 0;
    version.robust = (attributes.flags & GLX_CONTEXT_ROBUST_ACCESS_BIT_ARB) != 0;
    return attributes;
}

bool is_reset_strategy(GLenum reset) {
    return reset == GLX_NO_RESET_NOTIFICATION_ARB || reset == GLX_LOSE_CONTEXT_ON_RESET_ARB;
}

// What the specification of GLX_ARB_create_context refuses with BadMatch, BadValue or GLXBadProfileARB. False
// after the error.
bool is_sound(Display* display, const Attributes& attributes) {
    constexpr GLbitfield kFlags = GLX_CONTEXT_DEBUG_BIT_ARB | GLX_CONTEXT_FORWARD_COMPATIBLE_BIT_ARB |
                                  GLX_CONTEXT_ROBUST_ACCESS_BIT_ARB;
    const gl::VersionWish& version = attributes.version;
    const bool is_version = exists(version);
    const bool is_one_profile =
        version.is_core || version.is_es || attributes.profile == GLX_CONTEXT_COMPATIBILITY_PROFILE_BIT_ARB;
    // OpenGL ES 1 is not offered.
    if (!is_one_profile || (version.is_es && is_version && version.number() < 20)) {
        send_error(display, GlxError::bad_profile, 0, Asked::create_context_attribs);
        return false;
    }
    // Contexts of colour indices were there before 3.0; those of floats are of extensions not offered.
    const GLenum type = attributes.render_type;
    const bool is_known = attributes.is_known && (type == GLX_RGBA_TYPE || type == GLX_COLOR_INDEX_TYPE);
    if (!is_known || (attributes.flags & ~kFlags) != 0) {
        send_core_error(display, BadValue, 0, Asked::create_context_attribs);
        return false;
    }
    const bool contradicts = (version.forward_compatible && !version.is_es && version.number() < 30) ||
                             (version.no_error && (version.debug || version.robust));
    if (!is_version || contradicts || type != GLX_RGBA_TYPE || !is_reset_strategy(attributes.reset)) {
        send_core_error(display, BadMatch, 0, Asked::create_context_attribs);
        return false;
    }
    return true;
}

}  // namespace

GLXContext glXCreateContext(Display* dpy, XVisualInfo* vis, GLXContext shareList, Bool) {
    Screen* screen = vis == nullptr ? nullptr : find_screen(dpy, vis->screen);
    const Config* config = screen == nullptr ? nullptr : screen->for_visual(*vis);
    if (config == nullptr) {
        if (dpy != nullptr) send_core_error(dpy, BadValue, 0, Asked::create_context);
        return nullptr;
    }
    return create_context({dpy, vis->screen, config, shareList, {}, Asked::create_context});
}

GLXContext glXCreateNewContext(Display* dpy, GLXFBConfig config, int render_type, GLXContext share_list,
                               Bool) {
    if (dpy == nullptr) return nullptr;
    if (config == nullptr) {
        send_error(dpy, GlxError::bad_fbconfig, 0, Asked::create_new_context);
        return nullptr;
    }
    if (static_cast<GLenum>(render_type) != GLX_RGBA_TYPE) {
        send_core_error(dpy, BadValue, 0, Asked::create_new_context);
        return nullptr;
    }
    return create_context({dpy, config->screen, config, share_list, {}, Asked::create_new_context});
}

GLXContext glXCreateContextWithConfigSGIX(Display* dpy, GLXFBConfigSGIX config, int render_type,
                                          GLXContext share_list, Bool direct) {
    return glXCreateNewContext(dpy, config, render_type, share_list, direct);
}

GLXContext glXCreateContextAttribsARB(Display* dpy, GLXFBConfig config, GLXContext share_context, Bool,
                                      const int* attrib_list) {
    if (dpy == nullptr) return nullptr;
    const Attributes attributes = read_list(attrib_list);
    // Without a configuration the list names a screen (GLX_EXT_no_config_context).
    if (config == nullptr && find_screen(dpy, attributes.screen) == nullptr) {
        send_error(dpy, GlxError::bad_fbconfig, 0, Asked::create_context_attribs);
        return nullptr;
    }
    if (!is_sound(dpy, attributes)) return nullptr;
    const int screen = config == nullptr ? attributes.screen : config->screen;
    return create_context(
        {dpy, screen, config, share_context, gl::wish_of(attributes.version), Asked::create_context_attribs});
}

void glXDestroyContext(Display* dpy, GLXContext ctx) {
    if (dpy != nullptr && ctx != nullptr) destroy_context(dpy, ctx);
}

Bool glXMakeCurrent(Display* dpy, GLXDrawable drawable, GLXContext ctx) {
    return dpy != nullptr && make_current(dpy, drawable, drawable, ctx, Asked::make_current) ? True : False;
}

Bool glXMakeContextCurrent(Display* dpy, GLXDrawable draw, GLXDrawable read, GLXContext ctx) {
    return dpy != nullptr && make_current(dpy, draw, read, ctx, Asked::make_context_current) ? True : False;
}

Bool glXMakeCurrentReadSGI(Display* dpy, GLXDrawable draw, GLXDrawable read, GLXContext ctx) {
    return glXMakeContextCurrent(dpy, draw, read, ctx);
}

GLXContext glXGetCurrentContext() { return binding().context; }
Display* glXGetCurrentDisplay() { return binding().display; }
Display* glXGetCurrentDisplayEXT() { return binding().display; }
GLXDrawable glXGetCurrentDrawable() { return binding().draw; }
GLXDrawable glXGetCurrentReadDrawable() { return binding().read; }
GLXDrawable glXGetCurrentReadDrawableSGI() { return binding().read; }

// All of them are: what goes to the worker is no protocol of the X server's.
Bool glXIsDirect(Display* dpy, GLXContext ctx) {
    if (is_context(ctx)) return True;
    if (dpy != nullptr && ctx != nullptr) send_error(dpy, GlxError::bad_context, 0, Asked::query_context);
    return False;
}

int glXQueryContext(Display* dpy, GLXContext ctx, int attribute, int* value) {
    if (dpy == nullptr || value == nullptr || !is_context(ctx)) return kBadContext;
    switch (static_cast<GLenum>(attribute)) {
        case GLX_FBCONFIG_ID:
            *value = ctx->config == nullptr ? 0 : ctx->config->id;
            return 0;
        case GLX_RENDER_TYPE:
            *value = static_cast<int>(GLX_RGBA_TYPE);
            return 0;
        case GLX_SCREEN:
            *value = ctx->screen;
            return 0;
        case GLX_VISUAL_ID_EXT:
            *value = ctx->config == nullptr ? 0 : static_cast<int>(ctx->config->visual);
            return 0;
        case GLX_SHARE_CONTEXT_EXT:
            *value = 0;
            return 0;
        default:
            return kBadAttribute;
    }
}

int glXQueryContextInfoEXT(Display* dpy, GLXContext context, int attribute, int* value) {
    return glXQueryContext(dpy, context, attribute, value);
}

GLXContextID glXGetContextIDEXT(const GLXContext context) { return is_context(context) ? context->id : 0; }

// Only contexts of the server can be imported, and there are none.
GLXContext glXImportContextEXT(Display* dpy, GLXContextID) {
    if (dpy != nullptr) send_error(dpy, GlxError::bad_context, 0, Asked::query_context);
    return nullptr;
}

void glXFreeContextEXT(Display* dpy, GLXContext context) { glXDestroyContext(dpy, context); }

void glXCopyContext(Display* dpy, GLXContext, GLXContext, unsigned long) {
    log_line(LogLevel::error, "glXCopyContext is not forwarded: GL at the host has no such thing");
    constexpr unsigned char kCopyContext = 10;
    if (dpy != nullptr) send_core_error(dpy, BadMatch, 0, static_cast<Asked>(kCopyContext));
}

}  // namespace guest::glx
