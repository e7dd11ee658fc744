// See debug.h.
#include "egl/debug.h"

#include "egl/thread.h"
#include "guest/egl_hand.h"

namespace guest::egl {
namespace {

struct Debugging {
    EGLDEBUGPROCKHR callback = nullptr;
    // EGL_DEBUG_MSG_CRITICAL_KHR and EGL_DEBUG_MSG_ERROR_KHR are on at first; the other two never come.
    bool wants[4] = {true, true, false, false};
};
constinit Mutex debug_mutex;
constinit Debugging debugging;

bool is_message(EGLAttrib type) {
    constexpr EGLAttrib kKinds = 4;
    return type >= EGL_DEBUG_MSG_CRITICAL_KHR && type < EGL_DEBUG_MSG_CRITICAL_KHR + kKinds;
}

}  // namespace

void report(EGLint error) {
    const EGLint type = error == EGL_BAD_ALLOC ? EGL_DEBUG_MSG_CRITICAL_KHR : EGL_DEBUG_MSG_ERROR_KHR;
    EGLDEBUGPROCKHR callback = nullptr;
    {
        Guard guard(debug_mutex);
        if (debugging.wants[type - EGL_DEBUG_MSG_CRITICAL_KHR]) callback = debugging.callback;
    }
    if (callback != nullptr)
        callback(static_cast<EGLenum>(error), "egl", type, nullptr, nullptr, "the call has failed");
}

// Errors of this call are its result: eglGetError does not tell of them.
EGLint eglDebugMessageControlKHR(EGLDEBUGPROCKHR callback, const EGLAttrib* attrib_list) {
    Guard guard(debug_mutex);
    Debugging wanted = debugging;
    wanted.callback = callback;
    for (; attrib_list != nullptr && attrib_list[0] != EGL_NONE; attrib_list += 2) {
        if (!is_message(attrib_list[0])) return EGL_BAD_ATTRIBUTE;
        wanted.wants[attrib_list[0] - EGL_DEBUG_MSG_CRITICAL_KHR] = attrib_list[1] != EGL_FALSE;
    }
    debugging = wanted;
    return EGL_SUCCESS;
}

EGLBoolean eglQueryDebugKHR(EGLint attribute, EGLAttrib* value) {
    if (value == nullptr) return fail(EGL_BAD_PARAMETER);
    Guard guard(debug_mutex);
    if (is_message(attribute)) {
        *value = debugging.wants[attribute - EGL_DEBUG_MSG_CRITICAL_KHR] ? EGL_TRUE : EGL_FALSE;
    } else if (attribute == EGL_DEBUG_CALLBACK_KHR) {
        // SAFETY: what the program gave, handed back as the number it asks for.
        *value = reinterpret_cast<EGLAttrib>(debugging.callback);
    } else {
        return fail(EGL_BAD_ATTRIBUTE);
    }
    return succeed();
}

// Labels come back in messages, and no message here names an object.
EGLint eglLabelObjectKHR(EGLDisplay, EGLenum, EGLObjectKHR, EGLLabelKHR) { return EGL_SUCCESS; }

}  // namespace guest::egl
