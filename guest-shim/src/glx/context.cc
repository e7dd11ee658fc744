// See context.h.
#include "glx/context.h"

#include <X11/X.h>
#include <pthread.h>

#include <set>
#include <utility>

#include "log.h"
#include "x11/api.h"

namespace guest::glx {
namespace {

thread_local constinit Binding current_binding;
// Whose destructor runs when a thread ends that had a context.
pthread_key_t thread_end;
bool hears_threads = false;

constinit Mutex contexts_mutex;

std::set<GLXContext>& contexts() {
    static std::set<GLXContext>& all = *new std::set<GLXContext>;
    return all;
}

void before_fork() { contexts_mutex.lock(); }
void after_fork_in_parent() { contexts_mutex.unlock(); }
// The parent's contexts are not the child's.
void after_fork_in_child() {
    contexts_mutex.reset();
    contexts().clear();
    current_binding = {};
}

// The lock is held. Who gets it back has to delete it, without the lock.
std::unique_ptr<__GLXcontextRec> let_go(GLXContext context) {
    context->is_current = false;
    if (!context->is_doomed) return nullptr;
    return std::unique_ptr<__GLXcontextRec>(context);
}

// Takes the context for the calling thread; False: another has it.
bool take(GLXContext context) {
    Guard guard(contexts_mutex);
    if (context->is_current && current_binding.context != context) return false;
    context->is_current = true;
    return true;
}

bool release(Display* display, GLXDrawable draw, GLXDrawable read, Asked asked) {
    if (draw != 0 || read != 0) {
        send_core_error(display, BadMatch, draw != 0 ? draw : read, asked);
        return false;
    }
    const GLXContext before = std::exchange(current_binding, {}).context;
    gl::bind(nullptr, nullptr, nullptr);
    std::unique_ptr<__GLXcontextRec> ended;
    if (before != nullptr) {
        Guard guard(contexts_mutex);
        ended = let_go(before);
    }
    return true;
}

// A thread that ends lets its context go, for others to take.
void end_thread(void*) {
    if (current_binding.context != nullptr) release(current_binding.display, 0, 0, Asked::make_current);
}

// The surface of a name, as make_current needs it; null after an error.
std::shared_ptr<Surface> need_surface(Display* display, XID name, GLXContext context, Asked asked) {
    const Config* config = context->config;
    if (config == nullptr) {
        Screen* screen = find_screen(display, context->screen);
        config = screen == nullptr ? nullptr : screen->with_id(1);
    }
    auto surface = config == nullptr ? nullptr : surface_of(display, name, *config);
    if (surface == nullptr) send_error(display, GlxError::bad_drawable, name, asked);
    return surface;
}

}  // namespace

const Binding& binding() { return current_binding; }

bool is_context(GLXContext context) {
    Guard guard(contexts_mutex);
    return contexts().contains(context);
}

GLXContext create_context(const Wanted& wanted) {
    if (wanted.share != nullptr && !is_context(wanted.share)) {
        send_error(wanted.display, GlxError::bad_context, 0, wanted.asked);
        return nullptr;
    }
    const gl::Context* share = wanted.share == nullptr ? nullptr : wanted.share->gl.get();
    auto made = gl::Context::create(wanted.wish, share);
    if (made == nullptr) {
        // A version that the host has not got; what else it may be, stderr says.
        send_core_error(wanted.display, wanted.wish.major != 0 ? BadMatch : BadAlloc, 0, wanted.asked);
        return nullptr;
    }
    auto* context = new __GLXcontextRec;
    context->gl = std::move(made);
    context->config = wanted.config;
    context->display = wanted.display;
    context->screen = wanted.screen;
    context->id = x11::take_xid(wanted.display);
    Guard guard(contexts_mutex);
    static bool hooked = false;
    if (!hooked) {
        pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
        hears_threads = pthread_key_create(&thread_end, end_thread) == 0;
    }
    hooked = true;
    contexts().insert(context);
    return context;
}

void destroy_context(Display* display, GLXContext context) {
    std::unique_ptr<__GLXcontextRec> ended;
    {
        Guard guard(contexts_mutex);
        if (contexts().erase(context) != 0) {
            context->is_doomed = true;
            if (!context->is_current) ended.reset(context);
            return;
        }
    }
    send_error(display, GlxError::bad_context, 0, Asked::destroy_context);
}

bool make_current(Display* display, GLXDrawable draw, GLXDrawable read, GLXContext context, Asked asked) {
    if (context == nullptr) return release(display, draw, read, asked);
    const bool was_current = context == current_binding.context;
    if (!was_current && !is_context(context)) {
        send_error(display, GlxError::bad_context, 0, asked);
        return false;
    }
    if ((draw == 0) != (read == 0)) {
        send_core_error(display, BadMatch, 0, asked);
        return false;
    }
    if (!take(context)) {
        send_core_error(display, BadAccess, 0, asked);
        return false;
    }
    std::shared_ptr<Surface> draw_surface;
    std::shared_ptr<Surface> read_surface;
    if (draw != 0) {
        draw_surface = need_surface(display, draw, context, asked);
        read_surface = read == draw || draw_surface == nullptr ? draw_surface
                                                               : need_surface(display, read, context, asked);
    }
    std::unique_ptr<__GLXcontextRec> ended;
    if (draw != 0 && (draw_surface == nullptr || read_surface == nullptr)) {
        Guard guard(contexts_mutex);
        if (!was_current) ended = let_go(context);
        return false;
    }
    const GLXContext before = std::exchange(current_binding, {display, context, draw, read}).context;
    if (before == nullptr && hears_threads) pthread_setspecific(thread_end, context);
    gl::bind(context->gl.get(), draw_surface == nullptr ? nullptr : draw_surface->drawable,
             read_surface == nullptr ? nullptr : read_surface->drawable);
    if (before != nullptr && before != context) {
        Guard guard(contexts_mutex);
        ended = let_go(before);
    }
    return true;
}

}  // namespace guest::glx
