// Contexts of GLX: which there are, and which is current on which thread.
#pragma once
#include <X11/Xlib.h>

#include <memory>

#include "gl/context.h"
#include "glx/drawables.h"
#include "glx/errors.h"

struct __GLXcontextRec {
    std::unique_ptr<guest::gl::Context> gl;
    const guest::glx::Config* config = nullptr;  // null: none in particular
    Display* display = nullptr;
    int screen = 0;
    XID id = 0;
    bool is_current = false;  // on some thread
    bool is_doomed = false;   // the program has ended it, and still uses it
};

namespace guest::glx {

// What glXMakeCurrent has set on a thread. Plain values: they last while the thread's keys are ended.
struct Binding {
    Display* display = nullptr;
    GLXContext context = nullptr;
    GLXDrawable draw = 0;
    GLXDrawable read = 0;
};

// The calling thread's.
const Binding& binding();

struct Wanted {
    Display* display;
    int screen;
    const Config* config;
    GLXContext share;
    gl::ContextWish wish;
    Asked asked;
};
// Null after an error to the program's handler, or after a line on stderr.
GLXContext create_context(const Wanted& wanted);
void destroy_context(Display* display, GLXContext context);
// Whether the program has such a context.
bool is_context(GLXContext context);

bool make_current(Display* display, GLXDrawable draw, GLXDrawable read, GLXContext context, Asked asked);

}  // namespace guest::glx
