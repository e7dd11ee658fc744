// What libglvnd's libEGL loads this library for: __egl_Main, which hands over where the functions are. libEGL
// knows the core's calls itself; those of extensions come through stubs of ours, which say whose the call is.
#define EGL_NO_X11 1
#include <glvnd/libeglabi.h>

#include <string_view>
#include <tuple>

#include "egl/proc_table.h"
#include "egl/strings.h"
#include "guest/egl_hand.h"

namespace guest::egl {
namespace {

constinit const __EGLapiExports* exports = nullptr;

// What a call's first argument is.
enum class By { display, device };

// One for each function: where libEGL keeps it in the tables of vendors, and the stub that looks it up there.
template <auto function, By by>
struct Dispatch;
template <class Result, class... Arguments, Result (*function)(Arguments...), By by>
struct Dispatch<function, by> {
    static inline int index = -1;

    static Result call(Arguments... given) {
        exports->threadInit();
        void* const first = std::get<0>(std::tuple<Arguments...>(given...));
        constexpr bool is_display = by == By::display;
        __EGLvendorInfo* vendor =
            is_display ? exports->getVendorFromDisplay(first) : exports->getVendorFromDevice(first);
        if (vendor == nullptr) {
            exports->setEGLError(is_display ? EGL_BAD_DISPLAY : EGL_BAD_DEVICE_EXT);
            return Result();
        }
        const auto found = exports->fetchDispatchEntry(vendor, index);
        if (found == nullptr || !exports->setLastVendor(vendor)) return Result();
        // SAFETY: the entry at this index is a vendor's function of this name.
        return reinterpret_cast<Result (*)(Arguments...)>(found)(given...);
    }
};

struct Extension {
    std::string_view name;
    __eglMustCastToProperFunctionPointerType stub;
    int* index;
};

template <auto function, By by>
Extension extension(std::string_view name) {
    using Stub = Dispatch<function, by>;
    // SAFETY: whoever asks for a function calls it as what its name says it is.
    return {name, reinterpret_cast<__eglMustCastToProperFunctionPointerType>(&Stub::call), &Stub::index};
}

#define FERRY_DISPATCH(name, by) extension<&egl::name, By::by>(#name)
const Extension kExtensions[] = {
    FERRY_DISPATCH(eglClientWaitSyncKHR, display),
    FERRY_DISPATCH(eglCreateSyncKHR, display),
    FERRY_DISPATCH(eglDestroySyncKHR, display),
    FERRY_DISPATCH(eglGetDisplayDriverConfig, display),
    FERRY_DISPATCH(eglGetDisplayDriverName, display),
    FERRY_DISPATCH(eglGetSyncAttribKHR, display),
    FERRY_DISPATCH(eglPostSubBufferNV, display),
    FERRY_DISPATCH(eglQueryDeviceAttribEXT, device),
    FERRY_DISPATCH(eglQueryDeviceStringEXT, device),
    FERRY_DISPATCH(eglSwapBuffersWithDamageEXT, display),
    FERRY_DISPATCH(eglSwapBuffersWithDamageKHR, display),
    FERRY_DISPATCH(eglWaitSyncKHR, display),
};
#undef FERRY_DISPATCH

const Extension* find_extension(std::string_view name) {
    for (const Extension& known : kExtensions) {
        if (known.name == name) return &known;
    }
    return nullptr;
}

EGLDisplay get_platform_display(EGLenum platform, void* native, const EGLAttrib* attributes) {
    // No platform: the program has called eglGetDisplay.
    return platform == EGL_NONE ? eglGetDisplay(native) : eglGetPlatformDisplay(platform, native, attributes);
}

EGLBoolean get_supports_api(EGLenum api) { return api == EGL_OPENGL_API || api == EGL_OPENGL_ES_API; }

const char* get_vendor_string(int name) {
    return name == __EGL_VENDOR_STRING_PLATFORM_EXTENSIONS ? kPlatformExtensions : nullptr;
}

void* get_proc_address(const char* name) {
    // SAFETY: libEGL calls what it gets as what the name says it is.
    return reinterpret_cast<void*>(find_proc(name));
}

void* get_dispatch_address(const char* name) {
    const Extension* known = find_extension(name);
    // SAFETY: the same.
    return known == nullptr ? nullptr : reinterpret_cast<void*>(known->stub);
}

void set_dispatch_index(const char* name, int index) {
    if (const Extension* known = find_extension(name)) *known->index = index;
}

}  // namespace
}  // namespace guest::egl

extern "C" __attribute__((visibility("default"))) EGLBoolean __egl_Main(uint32_t version,
                                                                        const __EGLapiExports* from_library,
                                                                        __EGLvendorInfo*,
                                                                        __EGLapiImports* imports) {
    if (EGL_VENDOR_ABI_GET_MAJOR_VERSION(version) != EGL_VENDOR_ABI_MAJOR_VERSION) return EGL_FALSE;
    guest::egl::exports = from_library;
    imports->getPlatformDisplay = guest::egl::get_platform_display;
    imports->getSupportsAPI = guest::egl::get_supports_api;
    imports->getVendorString = guest::egl::get_vendor_string;
    imports->getProcAddress = guest::egl::get_proc_address;
    imports->getDispatchAddress = guest::egl::get_dispatch_address;
    imports->setDispatchIndex = guest::egl::set_dispatch_index;
    return EGL_TRUE;
}
