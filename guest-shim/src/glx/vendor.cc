// What libglvnd's libGLX loads this library for: __glx_Main, which hands over where the functions are. Calls
// of extensions to GLX come through stubs of ours, one for each, because only we know which of their
// arguments says whose they are.
#include <glvnd/libglxabi.h>

#include <cstring>
#include <string_view>
#include <tuple>

#include "glx/proc_table.h"
#include "glx/screen.h"
#include "guest/glx_hand.h"

namespace guest::glx {
namespace {

constinit const __GLXapiExports* exports = nullptr;

// Which argument says whose a call is, and what becomes of what it makes or ends.
enum class By {
    current,
    screen,        // display, screen, ...
    visual,        // display, visual, ...
    config,        // display, config, ...
    drawable,      // display, drawable, ...
    context,       // display, context, ...
    lone_context,  // context
};
enum class Then {
    nothing,
    made_context,
    made_drawable,
    made_config,   // answers one
    made_configs,  // answers a list of as many as its last argument says
    ends_context,
    ends_drawable,
};

template <By by, class... Arguments>
__GLXvendorInfo* vendor_of(const std::tuple<Arguments...>& arguments) {
    if constexpr (by == By::current) {
        return exports->getCurrentDynDispatch();
    } else if constexpr (by == By::screen) {
        return exports->getDynDispatch(std::get<0>(arguments), std::get<1>(arguments));
    } else if constexpr (by == By::visual) {
        const XVisualInfo* visual = std::get<1>(arguments);
        return visual == nullptr ? nullptr : exports->getDynDispatch(std::get<0>(arguments), visual->screen);
    } else if constexpr (by == By::config) {
        return exports->vendorFromFBConfig(std::get<0>(arguments), std::get<1>(arguments));
    } else if constexpr (by == By::drawable) {
        return exports->vendorFromDrawable(std::get<0>(arguments), std::get<1>(arguments));
    } else if constexpr (by == By::context) {
        return exports->vendorFromContext(std::get<1>(arguments));
    } else {
        return exports->vendorFromContext(std::get<0>(arguments));
    }
}

template <Then then, class Result, class... Arguments>
void note_made(__GLXvendorInfo* vendor, const std::tuple<Arguments...>& arguments, Result made) {
    Display* display = std::get<0>(arguments);
    if constexpr (then == Then::made_context) {
        if (made != nullptr) exports->addVendorContextMapping(display, made, vendor);
    } else if constexpr (then == Then::made_drawable) {
        if (made != 0) exports->addVendorDrawableMapping(display, made, vendor);
    } else if constexpr (then == Then::made_config) {
        if (made != nullptr) exports->addVendorFBConfigMapping(display, made, vendor);
    } else if constexpr (then == Then::made_configs) {
        const int* count = std::get<sizeof...(Arguments) - 1>(arguments);
        for (int at = 0; made != nullptr && count != nullptr && at < *count; ++at) {
            exports->addVendorFBConfigMapping(display, made[at], vendor);
        }
    }
}

template <Then then, class... Arguments>
void note_ended(const std::tuple<Arguments...>& arguments) {
    if constexpr (then == Then::ends_context) {
        exports->removeVendorContextMapping(std::get<0>(arguments), std::get<1>(arguments));
    } else if constexpr (then == Then::ends_drawable) {
        exports->removeVendorDrawableMapping(std::get<0>(arguments), std::get<1>(arguments));
    }
}

// One for each function: where libGLX keeps it in the tables of vendors, and the stub that looks it up there.
template <auto function, By by, Then then>
struct Dispatch;
template <class Result, class... Arguments, Result (*function)(Arguments...), By by, Then then>
struct Dispatch<function, by, then> {
    static inline int index = -1;

    static Result call(Arguments... given) {
        const std::tuple<Arguments...> arguments(given...);
        __GLXvendorInfo* vendor = vendor_of<by>(arguments);
        if (vendor == nullptr) return Result();
        const auto found = exports->fetchDispatchEntry(vendor, index);
        if (found == nullptr) return Result();
        // SAFETY: the entry at this index is a vendor's function of this name.
        const auto call_it = reinterpret_cast<Result (*)(Arguments...)>(found);
        note_ended<then>(arguments);
        if constexpr (std::is_void_v<Result>) {
            call_it(given...);
        } else {
            const Result result = call_it(given...);
            if constexpr (by != By::current && by != By::lone_context)
                note_made<then>(vendor, arguments, result);
            return result;
        }
    }
};

struct Extension {
    std::string_view name;
    __GLXextFuncPtr stub;
    int* index;
};

// SAFETY: whoever asks for a function calls it as what its name says it is.
#define FERRY_DISPATCH(name, by, then)                                                          \
    {#name, reinterpret_cast<__GLXextFuncPtr>(&Dispatch<&glx::name, By::by, Then::then>::call), \
     &Dispatch<&glx::name, By::by, Then::then>::index},
const Extension kExtensions[] = {
    FERRY_DISPATCH(glXBindTexImageEXT, drawable, nothing) FERRY_DISPATCH(
        glXChooseFBConfigSGIX, screen, made_configs) FERRY_DISPATCH(glXCopySubBufferMESA, drawable, nothing)
        FERRY_DISPATCH(glXCreateContextAttribsARB, config, made_context) FERRY_DISPATCH(
            glXCreateContextWithConfigSGIX, config, made_context) FERRY_DISPATCH(glXCreateGLXPbufferSGIX,
                                                                                 config, made_drawable)
            FERRY_DISPATCH(glXCreateGLXPixmapMESA, visual, made_drawable) FERRY_DISPATCH(
                glXCreateGLXPixmapWithConfigSGIX, config,
                made_drawable) FERRY_DISPATCH(glXDestroyGLXPbufferSGIX, drawable, ends_drawable)
                FERRY_DISPATCH(glXFreeContextEXT, context, ends_context) FERRY_DISPATCH(
                    glXGetAGPOffsetMESA, current,
                    nothing) FERRY_DISPATCH(glXGetContextIDEXT, lone_context,
                                            nothing) FERRY_DISPATCH(glXGetCurrentDisplayEXT, current, nothing)
                    FERRY_DISPATCH(glXGetCurrentReadDrawableSGI, current, nothing) FERRY_DISPATCH(
                        glXGetFBConfigAttribSGIX, config,
                        nothing) FERRY_DISPATCH(glXGetFBConfigFromVisualSGIX, visual, made_config)
                        FERRY_DISPATCH(glXGetMscRateOML, drawable, nothing) FERRY_DISPATCH(
                            glXGetSelectedEventSGIX,
                            drawable, nothing) FERRY_DISPATCH(glXGetSwapIntervalMESA, current,
                                                              nothing) FERRY_DISPATCH(glXGetSyncValuesOML,
                                                                                      drawable, nothing)
                            FERRY_DISPATCH(glXGetVideoSyncSGI, current, nothing) FERRY_DISPATCH(
                                glXGetVisualFromFBConfigSGIX, config,
                                nothing) FERRY_DISPATCH(glXMakeCurrentReadSGI, drawable, nothing)
                                FERRY_DISPATCH(glXQueryContextInfoEXT, context, nothing) FERRY_DISPATCH(
                                    glXQueryCurrentRendererIntegerMESA,
                                    current, nothing) FERRY_DISPATCH(glXQueryCurrentRendererStringMESA,
                                                                     current, nothing)
                                    FERRY_DISPATCH(glXQueryGLXPbufferSGIX, drawable, nothing) FERRY_DISPATCH(
                                        glXQueryRendererIntegerMESA, screen,
                                        nothing) FERRY_DISPATCH(glXQueryRendererStringMESA, screen, nothing)
                                        FERRY_DISPATCH(glXReleaseBuffersMESA, drawable, nothing)
                                            FERRY_DISPATCH(glXReleaseTexImageEXT, drawable, nothing)
                                                FERRY_DISPATCH(glXSelectEventSGIX, drawable, nothing)
                                                    FERRY_DISPATCH(glXSwapBuffersMscOML, drawable,
                                                                   nothing) FERRY_DISPATCH(glXSwapIntervalEXT,
                                                                                           drawable, nothing)
                                                        FERRY_DISPATCH(glXSwapIntervalMESA, current, nothing)
                                                            FERRY_DISPATCH(glXSwapIntervalSGI, current,
                                                                           nothing)
                                                                FERRY_DISPATCH(glXWaitForMscOML, drawable,
                                                                               nothing)
                                                                    FERRY_DISPATCH(glXWaitForSbcOML, drawable,
                                                                                   nothing)
                                                                        FERRY_DISPATCH(glXWaitVideoSyncSGI,
                                                                                       current, nothing)};
#undef FERRY_DISPATCH

const Extension* find_extension(const GLubyte* name) {
    // SAFETY: names are text.
    const std::string_view wanted(reinterpret_cast<const char*>(name));
    for (const Extension& extension : kExtensions) {
        if (extension.name == wanted) return &extension;
    }
    return nullptr;
}

Bool is_screen_supported(Display* display, int screen) { return find_screen(display, screen) != nullptr; }

void* get_proc_address(const GLubyte* name) {
    // SAFETY: libGLX calls what it gets as what the name says it is.
    return reinterpret_cast<void*>(find_proc(reinterpret_cast<const char*>(name)));
}

void* get_dispatch_address(const GLubyte* name) {
    const Extension* extension = find_extension(name);
    // SAFETY: the same.
    return extension == nullptr ? nullptr : reinterpret_cast<void*>(extension->stub);
}

void set_dispatch_index(const GLubyte* name, int index) {
    if (const Extension* extension = find_extension(name)) *extension->index = index;
}

}  // namespace
}  // namespace guest::glx

extern "C" __attribute__((visibility("default"))) Bool __glx_Main(uint32_t version,
                                                                  const __GLXapiExports* from_library,
                                                                  __GLXvendorInfo*,
                                                                  __GLXapiImports* imports) {
    if (GLX_VENDOR_ABI_GET_MAJOR_VERSION(version) != GLX_VENDOR_ABI_MAJOR_VERSION) return False;
    guest::glx::exports = from_library;
    imports->isScreenSupported = guest::glx::is_screen_supported;
    imports->getProcAddress = guest::glx::get_proc_address;
    imports->getDispatchAddress = guest::glx::get_dispatch_address;
    imports->setDispatchIndex = guest::glx::set_dispatch_index;
    return True;
}
