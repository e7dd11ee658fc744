// See thread.h.
#include "egl/thread.h"

#include <pthread.h>

#include <utility>

#include "egl/debug.h"

namespace guest::egl {
namespace {

thread_local constinit Thread current_thread;

void end_thread(void*) { release_current(); }

// Whose destructor runs when a thread ends that had a context. False: there is none to be had.
bool thread_end(pthread_key_t& key) {
    static pthread_key_t made;
    static const bool is_made = pthread_key_create(&made, end_thread) == 0;
    key = made;
    return is_made;
}

}  // namespace

Thread& this_thread() { return current_thread; }

EGLBoolean succeed() {
    current_thread.error = EGL_SUCCESS;
    return EGL_TRUE;
}

EGLBoolean fail(EGLint error) {
    current_thread.error = error;
    report(error);
    return EGL_FALSE;
}

void set_current(Context* context) {
    current_thread.context = context;
    if (pthread_key_t key; thread_end(key)) pthread_setspecific(key, context);
}

void release_current() {
    Context* context = std::exchange(current_thread.context, nullptr);
    if (context == nullptr) return;
    gl::bind(nullptr, nullptr, nullptr);
    // These end, if they do, without the lock.
    std::shared_ptr<Context> itself;
    std::shared_ptr<Surface> draw;
    std::shared_ptr<Surface> read;
    Guard guard(objects_mutex());
    context->thread = nullptr;
    itself = std::move(context->itself);
    draw = std::move(context->draw);
    read = std::move(context->read);
    if (draw != nullptr) draw->user = nullptr;
    if (read != nullptr) read->user = nullptr;
}

void forget_current() { current_thread.context = nullptr; }

}  // namespace guest::egl
