// See context_list.h.
#include "egl/context_list.h"

#include "gl/enums.h"

namespace guest::egl {
namespace {

constexpr EGLint kKnownFlags = EGL_CONTEXT_OPENGL_DEBUG_BIT_KHR |
                               EGL_CONTEXT_OPENGL_FORWARD_COMPATIBLE_BIT_KHR |
                               EGL_CONTEXT_OPENGL_ROBUST_ACCESS_BIT_KHR;

struct Reading {
    gl::VersionWish& wish;
    bool is_es;
    EGLint profiles = EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT;
};

EGLint read_flags(Reading& reading, EGLint flags) {
    if ((flags & ~kKnownFlags) != 0) return EGL_BAD_ATTRIBUTE;
    const auto has = [&](EGLint flag) { return (flags & flag) != 0; };
    gl::VersionWish& wish = reading.wish;
    wish.debug |= has(EGL_CONTEXT_OPENGL_DEBUG_BIT_KHR);
    wish.robust |= has(EGL_CONTEXT_OPENGL_ROBUST_ACCESS_BIT_KHR);
    wish.forward_compatible |= has(EGL_CONTEXT_OPENGL_FORWARD_COMPATIBLE_BIT_KHR);
    // ES has debug contexts by this flag, and nothing else of it.
    const bool is_of_gl = (flags & ~EGL_CONTEXT_OPENGL_DEBUG_BIT_KHR) != 0;
    return reading.is_es && is_of_gl ? EGL_BAD_ATTRIBUTE : EGL_SUCCESS;
}

EGLint read_strategy(Reading& reading, EGLint strategy) {
    if (strategy != EGL_NO_RESET_NOTIFICATION && strategy != EGL_LOSE_CONTEXT_ON_RESET)
        return EGL_BAD_ATTRIBUTE;
    reading.wish.loses_on_reset = strategy == EGL_LOSE_CONTEXT_ON_RESET;
    return EGL_SUCCESS;
}

EGLint read_switch(bool& what, EGLint value) {
    what = value != EGL_FALSE;
    return value == EGL_TRUE || value == EGL_FALSE ? EGL_SUCCESS : EGL_BAD_ATTRIBUTE;
}

EGLint read_one(Reading& reading, EGLint name, EGLint value) {
    gl::VersionWish& wish = reading.wish;
    switch (name) {
        case EGL_CONTEXT_MAJOR_VERSION:
            wish.major = value;
            return EGL_SUCCESS;
        case EGL_CONTEXT_MINOR_VERSION:
            wish.minor = value;
            return EGL_SUCCESS;
        case EGL_CONTEXT_FLAGS_KHR:
            return read_flags(reading, value);
        case EGL_CONTEXT_OPENGL_PROFILE_MASK:
            reading.profiles = value;
            return reading.is_es ? EGL_BAD_ATTRIBUTE : EGL_SUCCESS;
        case EGL_CONTEXT_OPENGL_RESET_NOTIFICATION_STRATEGY:
        case EGL_CONTEXT_OPENGL_RESET_NOTIFICATION_STRATEGY_EXT:
            return read_strategy(reading, value);
        case EGL_CONTEXT_OPENGL_DEBUG:
            return read_switch(wish.debug, value);
        case EGL_CONTEXT_OPENGL_FORWARD_COMPATIBLE:
            return reading.is_es ? EGL_BAD_ATTRIBUTE : read_switch(wish.forward_compatible, value);
        case EGL_CONTEXT_OPENGL_ROBUST_ACCESS:
        case EGL_CONTEXT_OPENGL_ROBUST_ACCESS_EXT:
            return read_switch(wish.robust, value);
        case EGL_CONTEXT_RELEASE_BEHAVIOR_KHR: {
            const bool is_known = value == EGL_CONTEXT_RELEASE_BEHAVIOR_NONE_KHR ||
                                  value == EGL_CONTEXT_RELEASE_BEHAVIOR_FLUSH_KHR;
            return is_known ? EGL_SUCCESS : EGL_BAD_ATTRIBUTE;
        }
        default:
            return EGL_BAD_ATTRIBUTE;
    }
}

bool contradicts(const Reading& reading) {
    const gl::VersionWish& wish = reading.wish;
    if (!exists(wish)) return true;
    if (wish.is_es) return false;
    if (wish.forward_compatible && wish.number() < 30) return true;
    // A version with profiles is to be of one of them.
    return wish.number() >= 32 && reading.profiles != EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT &&
           reading.profiles != EGL_CONTEXT_OPENGL_COMPATIBILITY_PROFILE_BIT;
}

}  // namespace

EGLint read_context_list(const EGLint* list, EGLenum api, gl::VersionWish& wish) {
    Reading reading{wish, api == EGL_OPENGL_ES_API};
    wish.is_es = reading.is_es;
    for (; list != nullptr && *list != EGL_NONE; list += 2) {
        const EGLint error = read_one(reading, list[0], list[1]);
        if (error != EGL_SUCCESS) return error;
    }
    wish.is_core = reading.profiles == EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT;
    return contradicts(reading) ? EGL_BAD_MATCH : EGL_SUCCESS;
}

}  // namespace guest::egl
