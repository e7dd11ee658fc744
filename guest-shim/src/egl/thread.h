// What EGL keeps for each thread: the last error, the API that is bound, and what is current. Plain values:
// they last while the thread's keys are ended, which lets its context go.
#pragma once
#include "egl/objects.h"
#include "gl/enums.h"

namespace guest::egl {

struct Thread {
    EGLint error = EGL_SUCCESS;
    EGLenum api = EGL_OPENGL_ES_API;
    Context* context = nullptr;
};

Thread& this_thread();

// The call has done what it was asked to, or has failed with that error.
EGLBoolean succeed();
EGLBoolean fail(EGLint error);

// The context is current here from now on, until it is let go or the thread ends.
void set_current(Context* context);
// Nothing is current any more. What was may end here.
void release_current();

// In a forked child, which has none of its parent's contexts.
void forget_current();

}  // namespace guest::egl
