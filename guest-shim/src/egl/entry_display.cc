// Displays: finding, initialising and ending them; devices; the thread's own state; the addresses of
// functions.
#include "egl/platform.h"
#include "egl/proc_table.h"
#include "egl/strings.h"
#include "egl/thread.h"

namespace guest::egl {
namespace {

constexpr EGLint kMajor = 1;
constexpr EGLint kMinor = 5;

// Lists of int as lists of what is as wide as a pointer.
std::vector<EGLAttrib> widened(const EGLint* list) {
    std::vector<EGLAttrib> wide;
    for (; list != nullptr && *list != EGL_NONE; list += 2) wide.insert(wide.end(), {list[0], list[1]});
    wide.push_back(EGL_NONE);
    return wide;
}

EGLDisplay found(Display* display) {
    if (display == nullptr) return nullptr;
    succeed();
    return display;
}

}  // namespace

EGLDisplay eglGetDisplay(EGLNativeDisplayType display_id) {
    // One that there is none of is no error of this call.
    Display* display = find_display(EGL_NONE, display_id, nullptr);
    succeed();
    return display;
}

EGLDisplay eglGetPlatformDisplay(EGLenum platform, void* native_display, const EGLAttrib* attrib_list) {
    return found(find_display(platform, native_display, attrib_list));
}

EGLDisplay eglGetPlatformDisplayEXT(EGLenum platform, void* native_display, const EGLint* attrib_list) {
    return eglGetPlatformDisplay(platform, native_display, widened(attrib_list).data());
}

EGLBoolean eglInitialize(EGLDisplay dpy, EGLint* major, EGLint* minor) {
    Display* display = need_display(dpy);
    if (display == nullptr) return EGL_FALSE;
    bool is_ready = false;
    {
        Guard guard(objects_mutex());
        if (!display->is_ready) display->is_ready = open(*display);
        is_ready = display->is_ready;
    }
    if (!is_ready) return fail(EGL_NOT_INITIALIZED);
    if (major != nullptr) *major = kMajor;
    if (minor != nullptr) *minor = kMinor;
    return succeed();
}

EGLBoolean eglTerminate(EGLDisplay dpy) {
    Display* display = need_display(dpy);
    if (display == nullptr) return EGL_FALSE;
    // They end without the lock, but for what is current on some thread: that ends when it is so no more.
    Objects<Surface> surfaces;
    Objects<Context> contexts;
    Objects<Fence> fences;
    Guard guard(objects_mutex());
    surfaces.swap(display->surfaces);
    contexts.swap(display->contexts);
    fences.swap(display->fences);
    close(*display);
    display->is_ready = false;
    return succeed();
}

const char* eglQueryString(EGLDisplay dpy, EGLint name) {
    if (dpy == nullptr) {
        const char* text = client_text(name);
        if (text == nullptr)
            fail(EGL_BAD_DISPLAY);
        else
            succeed();
        return text;
    }
    if (need_ready(dpy) == nullptr) return nullptr;
    const char* text = display_text(name);
    if (text == nullptr)
        fail(EGL_BAD_PARAMETER);
    else
        succeed();
    return text;
}

// Of EGL_MESA_query_driver: which driver it is, the host does not say.
const char* eglGetDisplayDriverName(EGLDisplay dpy) {
    if (need_ready(dpy) == nullptr) return nullptr;
    succeed();
    return kVendor;
}

char* eglGetDisplayDriverConfig(EGLDisplay dpy) {
    if (need_ready(dpy) != nullptr) succeed();
    return nullptr;
}

EGLint eglGetError() {
    const EGLint error = this_thread().error;
    this_thread().error = EGL_SUCCESS;
    return error;
}

EGLBoolean eglBindAPI(EGLenum api) {
    if (api != EGL_OPENGL_API && api != EGL_OPENGL_ES_API) return fail(EGL_BAD_PARAMETER);
    this_thread().api = api;
    return succeed();
}

EGLenum eglQueryAPI() { return this_thread().api; }

EGLBoolean eglReleaseThread() {
    release_current();
    this_thread() = {};
    return EGL_TRUE;
}

__eglMustCastToProperFunctionPointerType eglGetProcAddress(const char* procname) {
    succeed();
    return procname == nullptr ? nullptr : find_proc(procname);
}

EGLBoolean eglQueryDevicesEXT(EGLint max_devices, EGLDeviceEXT* devices, EGLint* num_devices) {
    if (num_devices == nullptr || (devices != nullptr && max_devices <= 0)) return fail(EGL_BAD_PARAMETER);
    if (devices != nullptr) devices[0] = the_device();
    *num_devices = 1;
    return succeed();
}

EGLBoolean eglQueryDeviceAttribEXT(EGLDeviceEXT device, EGLint, EGLAttrib*) {
    return fail(device == the_device() ? EGL_BAD_ATTRIBUTE : EGL_BAD_DEVICE_EXT);
}

const char* eglQueryDeviceStringEXT(EGLDeviceEXT device, EGLint name) {
    const bool is_it = device == the_device();
    if (!is_it || name != EGL_EXTENSIONS) {
        fail(is_it ? EGL_BAD_PARAMETER : EGL_BAD_DEVICE_EXT);
        return nullptr;
    }
    succeed();
    return "";
}

EGLBoolean eglQueryDisplayAttribEXT(EGLDisplay dpy, EGLint attribute, EGLAttrib* value) {
    if (need_ready(dpy) == nullptr) return EGL_FALSE;
    if (value == nullptr) return fail(EGL_BAD_PARAMETER);
    if (attribute != EGL_DEVICE_EXT) return fail(EGL_BAD_ATTRIBUTE);
    // SAFETY: the handle of the device, as a number.
    *value = reinterpret_cast<EGLAttrib>(the_device());
    return succeed();
}

}  // namespace guest::egl
