// EGL on X11: windows, their sizes, one buffer or two, parts of frames, pixmaps, sRGB, errors. Looks at the
// pixels itself; prints the sums of what it drew.
#include <GLES3/gl3.h>
#define FERRY_GL_LIBRARY "libGLESv2.so.2"
#include "egl.h"
#include "pixels.h"

static Display* server;
static EGLDisplay display;

static XVisualInfo* visual_of(EGLConfig config) {
    EGLint id = 0;
    need(CALL(eglGetConfigAttrib)(display, config, EGL_NATIVE_VISUAL_ID, &id) && id != 0, "a visual");
    XVisualInfo wanted;
    wanted.visualid = (VisualID)id;
    int count = 0;
    XVisualInfo* visual = XGetVisualInfo(server, VisualIDMask, &wanted, &count);
    need(visual != NULL, "the server has the visual");
    return visual;
}

static void show_and_look(EGLSurface surface, Window window, int width, int height, unsigned colour) {
    fill(0, 0, width, height, 0xFFFFFF);
    fill(0, 0, width / 2, height / 2, colour);
    need(CALL(eglSwapBuffers)(display, surface), "eglSwapBuffers");
    need(CALL(eglWaitClient)(), "eglWaitClient");
    // GL counts rows from below.
    need_pixel(server, window, 1, height - 2, colour);
    need_pixel(server, window, width - 2, height - 2, 0xFFFFFF);
    need_pixel(server, window, 1, 1, 0xFFFFFF);
}

static void use_window(EGLConfig config, EGLContext context) {
    XVisualInfo* visual = visual_of(config);
    Window window = make_window(server, visual, 200, 100);
    EGLSurface surface = CALL(eglCreateWindowSurface)(display, config, window, NULL);
    need_error(EGL_SUCCESS, "eglCreateWindowSurface");
    CALL(eglCreateWindowSurface)(display, config, window, NULL);
    need_error(EGL_BAD_ALLOC, "a second surface for the window");
    CALL(eglSwapBuffers)(display, surface);
    need_error(EGL_BAD_SURFACE, "a surface that is not current");
    CALL(eglSwapInterval)(display, 0);
    need_error(EGL_BAD_CONTEXT, "eglSwapInterval without a context");
    need(CALL(eglMakeCurrent)(display, surface, surface, context), "eglMakeCurrent");
    need(CALL(eglSwapInterval)(display, 0), "eglSwapInterval");
    EGLint value = 0;
    need(CALL(eglQueryContext)(display, context, EGL_RENDER_BUFFER, &value) && value == EGL_BACK_BUFFER,
         "back");
    draw_triangle(ES2_HEAD, 200, 100);
    printf("window %08x\n", sum_of(200, 100));
    show_and_look(surface, window, 200, 100, 0xFF8000);
    for (int size = 120; size <= 360; size += 60) {
        XResizeWindow(server, window, (unsigned)size, (unsigned)size);
        XSync(server, False);
        CALL(glViewport)(0, 0, size, size);
        // Where a swap alone takes up the size.
        CALL(eglSwapBuffers)(display, surface);
        show_and_look(surface, window, size, size, (unsigned)size << 8);
        need(CALL(eglQuerySurface)(display, surface, EGL_WIDTH, &value) && value == size, "its new width");
    }
    for (int frame = 0; frame < 60; ++frame) {
        fill(0, 0, 360, 360, (unsigned)frame);
        need(CALL(eglSwapBuffers)(display, surface), "eglSwapBuffers");
    }
    need(CALL(eglMakeCurrent)(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT), "let go");
    need(CALL(eglDestroySurface)(display, surface), "eglDestroySurface");
    surface = CALL(eglCreateWindowSurface)(display, config, window, NULL);
    need_error(EGL_SUCCESS, "the window may have another surface now");
    need(CALL(eglDestroySurface)(display, surface), "eglDestroySurface");
    XDestroyWindow(server, window);
    XSync(server, False);
    CALL(eglCreateWindowSurface)(display, config, (EGLNativeWindowType)0, NULL);
    need_error(EGL_BAD_NATIVE_WINDOW, "no window");
}

static void use_pixmap(EGLConfig config, EGLContext context) {
    Pixmap pixmap =
        XCreatePixmap(server, DefaultRootWindow(server), 50, 40, (unsigned)visual_of(config)->depth);
    EGLSurface surface = CALL(eglCreatePixmapSurface)(display, config, pixmap, NULL);
    need_error(EGL_SUCCESS, "eglCreatePixmapSurface");
    need(CALL(eglMakeCurrent)(display, surface, surface, context), "a pixmap made current");
    fill(0, 0, 50, 20, 0x445566);
    fill(0, 20, 50, 20, 0x778899);
    need(CALL(eglWaitGL)(), "eglWaitGL");
    need_pixel(server, pixmap, 10, 39, 0x445566);
    need_pixel(server, pixmap, 10, 0, 0x778899);
    CALL(eglMakeCurrent)(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    need(CALL(eglDestroySurface)(display, surface), "eglDestroySurface");
    XFreePixmap(server, pixmap);
}

// A part of a frame; a frame in a pixmap; a frame whose colours are made of light.
static void use_parts(EGLConfig config, EGLContext context) {
    Window window = make_window(server, visual_of(config), 64, 64);
    const EGLint list[] = {EGL_GL_COLORSPACE, EGL_GL_COLORSPACE_SRGB, EGL_NONE};
    EGLSurface surface = CALL(eglCreateWindowSurface)(display, config, window, list);
    need_error(EGL_SUCCESS, "a window of sRGB");
    EGLint value = 0;
    CALL(eglQuerySurface)(display, surface, EGL_GL_COLORSPACE, &value);
    need(value == EGL_GL_COLORSPACE_SRGB, "its colour space");
    need(CALL(eglMakeCurrent)(display, surface, surface, context), "a window of sRGB made current");
    fill(0, 0, 64, 64, 0x000000);
    need(CALL(eglSwapBuffers)(display, surface), "eglSwapBuffers");
    // Half the light is more than half the number.
    fill(0, 0, 64, 64, 0x808080);
    PFNEGLPOSTSUBBUFFERNVPROC post = (PFNEGLPOSTSUBBUFFERNVPROC)CALL(eglGetProcAddress)("eglPostSubBufferNV");
    need(post(display, surface, 8, 0, 16, 16), "eglPostSubBufferNV");
    CALL(eglWaitClient)();
    need_pixel(server, window, 9, 63, 0xBCBCBC);
    need_pixel(server, window, 7, 63, 0x000000);
    need_pixel(server, window, 9, 40, 0x000000);
    Pixmap pixmap =
        XCreatePixmap(server, DefaultRootWindow(server), 64, 64, (unsigned)visual_of(config)->depth);
    need(CALL(eglCopyBuffers)(display, surface, pixmap), "eglCopyBuffers");
    need_pixel(server, pixmap, 1, 1, 0xBCBCBC);
    XFreePixmap(server, pixmap);
    // A window that goes away is an error, and nothing else.
    XDestroyWindow(server, window);
    XSync(server, False);
    for (int frame = 0; frame < 1000 && CALL(eglSwapBuffers)(display, surface); ++frame)
        CALL(eglWaitClient)();
    need_error(EGL_BAD_NATIVE_WINDOW, "the window is gone");
    CALL(eglMakeCurrent)(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    need(CALL(eglDestroySurface)(display, surface), "eglDestroySurface");
}

// A window whose one buffer is seen at once, named in the newer way.
static void use_single(EGLConfig config, EGLContext context) {
    Window window = make_window(server, visual_of(config), 80, 60);
    const EGLAttrib list[] = {EGL_RENDER_BUFFER, EGL_SINGLE_BUFFER, EGL_NONE};
    EGLSurface surface = CALL(eglCreatePlatformWindowSurface)(display, config, &window, list);
    need_error(EGL_SUCCESS, "eglCreatePlatformWindowSurface");
    need(CALL(eglMakeCurrent)(display, surface, surface, context), "a single buffer made current");
    EGLint value = 0;
    CALL(eglQueryContext)(display, context, EGL_RENDER_BUFFER, &value);
    fill(0, 0, 80, 60, 0xABCDEF);
    // Who has not got a single one gives two.
    if (value == EGL_BACK_BUFFER) CALL(eglSwapBuffers)(display, surface);
    CALL(glFinish)();
    need_pixel(server, window, 40, 30, 0xABCDEF);
    CALL(eglMakeCurrent)(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    need(CALL(eglDestroySurface)(display, surface), "eglDestroySurface");
    XDestroyWindow(server, window);
}

// Takes `all`; else what every EGL shows at once: a window.
int main(int count, char** arguments) {
    server = XOpenDisplay(NULL);
    need(server != NULL, "XOpenDisplay");
    display = CALL(eglGetDisplay)((EGLNativeDisplayType)server);
    need(display != EGL_NO_DISPLAY && CALL(eglInitialize)(display, NULL, NULL), "eglInitialize");
    EGLConfig config = choose(display, EGL_WINDOW_BIT | EGL_PIXMAP_BIT, EGL_OPENGL_ES2_BIT);
    EGLContext context = make_context(display, config, EGL_NO_CONTEXT, 2, 0, 0);
    use_window(config, context);
    const int is_all = count > 1 && strcmp(arguments[1], "all") == 0;
    if (!is_all) return 0;
    use_pixmap(config, context);
    use_single(config, context);
    use_parts(config, context);
    need(CALL(eglTerminate)(display), "eglTerminate");
    // The server that DISPLAY names, opened by EGL itself.
    display = CALL(eglGetDisplay)(EGL_DEFAULT_DISPLAY);
    need(display != EGL_NO_DISPLAY && CALL(eglInitialize)(display, NULL, NULL), "the default display");
    config = choose(display, EGL_WINDOW_BIT, EGL_OPENGL_ES3_BIT);
    context = make_context(display, config, EGL_NO_CONTEXT, 3, 0, 0);
    use_window(config, context);
    need(CALL(eglTerminate)(display) && CALL(eglReleaseThread)(), "eglTerminate");
    XCloseDisplay(server);
    printf("windows ok\n");
    return 0;
}
