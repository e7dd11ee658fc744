// Calls of extensions that EGL has not got here: eglQueryString names none of them. Who calls one all the
// same is told so by an error.
#include "egl/objects.h"
#include "egl/thread.h"

namespace guest::egl {
namespace {

// EGL_BAD_DISPLAY and EGL_NOT_INITIALIZED come before anything else.
EGLBoolean refuse(EGLDisplay dpy, EGLint error = EGL_BAD_PARAMETER) {
    if (need_ready(dpy) != nullptr) fail(error);
    return EGL_FALSE;
}

}  // namespace

// Images are of EGL 1.5 itself; the targets that they have are extensions.
EGLImage eglCreateImage(EGLDisplay dpy, EGLContext, EGLenum, EGLClientBuffer, const EGLAttrib*) {
    refuse(dpy);
    return nullptr;
}
EGLImageKHR eglCreateImageKHR(EGLDisplay dpy, EGLContext, EGLenum, EGLClientBuffer, const EGLint*) {
    refuse(dpy);
    return nullptr;
}
EGLBoolean eglDestroyImage(EGLDisplay dpy, EGLImage) { return refuse(dpy); }
EGLBoolean eglDestroyImageKHR(EGLDisplay dpy, EGLImageKHR) { return refuse(dpy); }
EGLImageKHR eglCreateDRMImageMESA(EGLDisplay dpy, const EGLint*) {
    refuse(dpy);
    return nullptr;
}
EGLBoolean eglExportDRMImageMESA(EGLDisplay dpy, EGLImageKHR, EGLint*, EGLint*, EGLint*) {
    return refuse(dpy);
}
EGLBoolean eglExportDMABUFImageMESA(EGLDisplay dpy, EGLImageKHR, int*, EGLint*, EGLint*) {
    return refuse(dpy);
}
EGLBoolean eglExportDMABUFImageQueryMESA(EGLDisplay dpy, EGLImageKHR, int*, int*, EGLuint64KHR*) {
    return refuse(dpy);
}
EGLBoolean eglQueryDmaBufFormatsEXT(EGLDisplay dpy, EGLint, EGLint*, EGLint*) { return refuse(dpy); }
EGLBoolean eglQueryDmaBufModifiersEXT(EGLDisplay dpy, EGLint, EGLint, EGLuint64KHR*, EGLBoolean*, EGLint*) {
    return refuse(dpy);
}
EGLBoolean eglLockSurfaceKHR(EGLDisplay dpy, EGLSurface, const EGLint*) {
    return refuse(dpy, EGL_BAD_ACCESS);
}
EGLBoolean eglUnlockSurfaceKHR(EGLDisplay dpy, EGLSurface) { return refuse(dpy, EGL_BAD_ACCESS); }
EGLBoolean eglSetDamageRegionKHR(EGLDisplay dpy, EGLSurface, EGLint*, EGLint) {
    return refuse(dpy, EGL_BAD_ACCESS);
}
// Fences are not for the program to signal.
EGLBoolean eglSignalSyncKHR(EGLDisplay dpy, EGLSyncKHR, EGLenum) { return refuse(dpy, EGL_BAD_MATCH); }
EGLBoolean eglGetMscRateANGLE(EGLDisplay dpy, EGLSurface, EGLint*, EGLint*) { return refuse(dpy); }

}  // namespace guest::egl
