// Pbuffers, pixmaps, single-buffered windows, several contexts on one window, windows that go away.
#include <pthread.h>

#include "window.h"

static Display* display;
static int errors;
static int last_error;

static int note_error(Display* on, XErrorEvent* event) {
    (void)on;
    ++errors;
    last_error = event->error_code;
    return 0;
}

static GLXFBConfig choose(int is_double, int drawables) {
    int wanted[] = {
        GLX_DOUBLEBUFFER, is_double, GLX_DRAWABLE_TYPE, drawables, GLX_RED_SIZE, 8, GLX_DEPTH_SIZE, 16, None};
    int count = 0;
    GLXFBConfig* configs = CALL(glXChooseFBConfig)(display, DefaultScreen(display), wanted, &count);
    need(configs != NULL && count > 0, "glXChooseFBConfig");
    GLXFBConfig config = configs[0];
    int value = -1;
    need(CALL(glXGetFBConfigAttrib)(display, config, GLX_DOUBLEBUFFER, &value) == 0 && value == is_double,
         "the configuration is as double-buffered as was asked for");
    XFree(configs);
    return config;
}

static void use_pbuffer(GLXContext context, GLXFBConfig config) {
    int size[] = {GLX_PBUFFER_WIDTH, 64, GLX_PBUFFER_HEIGHT, 32, None};
    GLXPbuffer pbuffer = CALL(glXCreatePbuffer)(display, config, size);
    unsigned width = 0;
    CALL(glXQueryDrawable)(display, pbuffer, GLX_WIDTH, &width);
    need(width == 64, "the pbuffer's width");
    need(CALL(glXMakeContextCurrent)(display, pbuffer, pbuffer, context), "a pbuffer made current");
    fill(0, 0, 64, 32, 0x102030);
    unsigned char pixel[4] = {0, 0, 0, 0};
    CALL(glReadPixels)(63, 31, 1, 1, GL_RGBA, GL_UNSIGNED_BYTE, pixel);
    need(pixel[0] == 0x10 && pixel[1] == 0x20 && pixel[2] == 0x30, "what was drawn in the pbuffer");
    CALL(glXMakeContextCurrent)(display, None, None, NULL);
    CALL(glXDestroyPbuffer)(display, pbuffer);
}

static void use_pixmap(GLXContext context, GLXFBConfig config, int depth) {
    Pixmap pixmap = XCreatePixmap(display, DefaultRootWindow(display), 50, 40, (unsigned)depth);
    GLXPixmap drawable = CALL(glXCreatePixmap)(display, config, pixmap, NULL);
    need(CALL(glXMakeContextCurrent)(display, drawable, drawable, context), "a pixmap made current");
    CALL(glDrawBuffer)(GL_FRONT);
    fill(0, 0, 50, 20, 0x445566);
    fill(0, 20, 50, 20, 0x778899);
    CALL(glXWaitGL)();
    need_pixel(display, pixmap, 10, 39, 0x445566);
    need_pixel(display, pixmap, 10, 0, 0x778899);
    CALL(glXMakeContextCurrent)(display, None, None, NULL);
    CALL(glXDestroyPixmap)(display, drawable);
    XFreePixmap(display, pixmap);
}

static void use_single(void) {
    GLXFBConfig config = choose(0, GLX_WINDOW_BIT);
    XVisualInfo* visual = CALL(glXGetVisualFromFBConfig)(display, config);
    Window window = make_window(display, visual, 80, 60);
    GLXContext context = CALL(glXCreateNewContext)(display, config, GLX_RGBA_TYPE, NULL, True);
    GLXWindow drawable = CALL(glXCreateWindow)(display, config, window, NULL);
    need(CALL(glXMakeContextCurrent)(display, drawable, drawable, context), "a GLX window made current");
    fill(0, 0, 80, 60, 0xABCDEF);
    CALL(glFinish)();
    need_pixel(display, window, 40, 30, 0xABCDEF);
    CALL(glXMakeContextCurrent)(display, None, None, NULL);
    CALL(glXDestroyWindow)(display, drawable);
    CALL(glXDestroyContext)(display, context);
    XDestroyWindow(display, window);
}

// What the renderer says of itself does not contradict the context.
static void ask_renderer(void) {
    typedef Bool (*Query)(int, unsigned*);
    Query query = (Query)CALL(glXGetProcAddressARB)((const GLubyte*)"glXQueryCurrentRendererIntegerMESA");
    unsigned version[2] = {0, 0};
    need(query(0x818B, version) && version[0] >= 2, "there is a compatibility profile");
    need(query(0x818A, version) && (version[0] == 0 || version[0] >= 3), "a core profile, or none");
    need(query(0x818D, version) && version[0] >= 2, "GLES 2 at least");
}

// One context draws, the next one goes on where it stopped.
static void take_turns(GLXFBConfig config) {
    XVisualInfo* visual = CALL(glXGetVisualFromFBConfig)(display, config);
    Window window = make_window(display, visual, 90, 30);
    GLXContext contexts[3];
    for (int at = 0; at < 3; ++at) {
        contexts[at] =
            CALL(glXCreateNewContext)(display, config, GLX_RGBA_TYPE, at == 0 ? NULL : contexts[0], True);
        need(contexts[at] != NULL, "a context that shares");
    }
    for (int round = 0; round < 20; ++round) {
        for (int at = 0; at < 3; ++at) {
            need(CALL(glXMakeCurrent)(display, window, contexts[at]), "taking turns");
            fill(30 * at, 0, 30, 30, 0x010101u * (unsigned)(10 * round + at));
        }
        CALL(glXSwapBuffers)(display, window);
    }
    CALL(glXWaitGL)();
    ask_renderer();
    for (int at = 0; at < 3; ++at)
        need_pixel(display, window, 30 * at + 15, 15, 0x010101u * (unsigned)(190 + at));
    // Ended while it is current: it lasts until it is let go.
    CALL(glXDestroyContext)(display, contexts[2]);
    fill(0, 0, 90, 30, 0x123456);
    CALL(glXSwapBuffers)(display, window);
    CALL(glXWaitGL)();
    need_pixel(display, window, 45, 15, 0x123456);
    CALL(glXMakeCurrent)(display, None, NULL);
    CALL(glXDestroyContext)(display, contexts[0]);
    CALL(glXDestroyContext)(display, contexts[1]);
    XDestroyWindow(display, window);
}

struct Taken {
    Window window;
    GLXContext context;
};

static void* take_and_end(void* argument) {
    struct Taken* taken = (struct Taken*)argument;
    need(CALL(glXMakeCurrent)(display, taken->window, taken->context), "made current on a thread");
    fill(0, 0, 40, 40, 0x0A0B0C);
    return NULL;
}

// Arrays that share their elements, in a display list, as old programs have them.
static void draw_interleaved(void) {
    struct Element {
        unsigned char colour[4];
        float place[3];
    };
    static const struct Element elements[4] = {{{200, 100, 50, 255}, {-1, -1, 0}},
                                               {{200, 100, 50, 255}, {1, -1, 0}},
                                               {{200, 100, 50, 255}, {1, 1, 0}},
                                               {{200, 100, 50, 255}, {-1, 1, 0}}};
    CALL(glInterleavedArrays)(GL_C4UB_V3F, 0, elements);
    GLuint list = CALL(glGenLists)(1);
    CALL(glNewList)(list, GL_COMPILE);
    CALL(glDrawArrays)(GL_QUADS, 0, 4);
    CALL(glEndList)();
    CALL(glDisableClientState)(GL_COLOR_ARRAY);
    CALL(glDisableClientState)(GL_VERTEX_ARRAY);
    CALL(glCallList)(list);
    CALL(glDeleteLists)(list, 1);
}

static void use_interleaved(GLXFBConfig config) {
    XVisualInfo* visual = CALL(glXGetVisualFromFBConfig)(display, config);
    Window window = make_window(display, visual, 40, 40);
    GLXContext context = CALL(glXCreateNewContext)(display, config, GLX_RGBA_TYPE, NULL, True);
    need(CALL(glXMakeCurrent)(display, window, context), "made current for arrays");
    draw_interleaved();
    need(CALL(glGetError)() == GL_NO_ERROR, "no error of interleaved arrays");
    CALL(glXSwapBuffers)(display, window);
    CALL(glXWaitGL)();
    need_pixel(display, window, 5, 5, 0xC86432);
    need_pixel(display, window, 35, 35, 0xC86432);
    CALL(glXMakeCurrent)(display, None, NULL);
    CALL(glXDestroyContext)(display, context);
    XDestroyWindow(display, window);
}

// A thread that ends with a context leaves it, and what it has drawn, to others.
static void outlive_thread(GLXFBConfig config) {
    XVisualInfo* visual = CALL(glXGetVisualFromFBConfig)(display, config);
    struct Taken taken;
    taken.window = make_window(display, visual, 40, 40);
    taken.context = CALL(glXCreateNewContext)(display, config, GLX_RGBA_TYPE, NULL, True);
    pthread_t thread;
    need(pthread_create(&thread, NULL, take_and_end, &taken) == 0, "pthread_create");
    pthread_join(thread, NULL);
    need(CALL(glXMakeCurrent)(display, taken.window, taken.context), "taken from a thread that has ended");
    CALL(glXSwapBuffers)(display, taken.window);
    CALL(glXWaitGL)();
    need_pixel(display, taken.window, 20, 20, 0x0A0B0C);
    CALL(glXMakeCurrent)(display, None, NULL);
    CALL(glXDestroyContext)(display, taken.context);
    XDestroyWindow(display, taken.window);
}

// Frames for a window that is no more disturb nobody.
static void lose_window(GLXFBConfig config) {
    XVisualInfo* visual = CALL(glXGetVisualFromFBConfig)(display, config);
    GLXContext context = CALL(glXCreateNewContext)(display, config, GLX_RGBA_TYPE, NULL, True);
    for (int round = 0; round < 5; ++round) {
        Window window = make_window(display, visual, 40, 40);
        need(CALL(glXMakeCurrent)(display, window, context), "a new window made current");
        for (int frame = 0; frame < 5; ++frame) {
            fill(0, 0, 40, 40, 0x808080);
            CALL(glXSwapBuffers)(display, window);
            if (frame == 2) XDestroyWindow(display, window);
        }
        CALL(glXWaitGL)();
    }
    CALL(glXMakeCurrent)(display, None, NULL);
    CALL(glXDestroyContext)(display, context);
}

int main(void) {
    display = XOpenDisplay(NULL);
    need(display != NULL, "XOpenDisplay");
    XSetErrorHandler(note_error);
    GLXFBConfig config = choose(1, GLX_WINDOW_BIT | GLX_PIXMAP_BIT | GLX_PBUFFER_BIT);
    XVisualInfo* visual = CALL(glXGetVisualFromFBConfig)(display, config);
    GLXContext context = CALL(glXCreateNewContext)(display, config, GLX_RGBA_TYPE, NULL, True);
    need(context != NULL, "glXCreateNewContext");
    need(CALL(glXIsDirect)(display, context), "the context is direct");
    use_pbuffer(context, config);
    use_pixmap(context, config, visual->depth);
    CALL(glXDestroyContext)(display, context);
    use_single();
    take_turns(config);
    use_interleaved(config);
    outlive_thread(config);
    lose_window(config);
    need(errors == 0, "no error of X's has reached the program");
    need(!CALL(glXMakeCurrent)(display, 0x7FFFFFF, NULL) && errors == 1 && last_error == BadMatch,
         "a drawable without a context is BadMatch");
    XCloseDisplay(display);
    printf("surfaces ok\n");
    return 0;
}
