// What the guests of this folder share: a window, a way to look at it, and the three ways to come to GL's
// functions. WAY is chosen when they are compiled: 0 linked, 1 dlopen and dlsym, 2 glXGetProcAddress alone.
#pragma once
#include <GL/gl.h>
#include <GL/glx.h>
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef WAY
#define WAY 0
#endif

static inline void* function_of(const char* name) {
#if WAY == 0
    (void)name;
    return NULL;
#else
    static void* library = NULL;
    if (library == NULL) library = dlopen("libGL.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        printf("libGL.so.1: %s\n", dlerror());
        exit(2);
    }
#if WAY == 1
    return dlsym(library, name);
#else
    typedef void* (*Find)(const GLubyte*);
    static Find find = NULL;
    if (find == NULL) find = (Find)dlsym(library, "glXGetProcAddressARB");
    return find((const GLubyte*)name);
#endif
#endif
}

// CALL(glClear)(...) calls glClear in the chosen way.
#if WAY == 0
#define CALL(name) name
#else
#define CALL(name) ((__typeof__(&name))function_of(#name))
#endif

static inline void need(int holds, const char* what) {
    if (holds) return;
    printf("failed: %s\n", what);
    fflush(stdout);
    exit(1);
}

// A mapped window of that visual; the server has it when this returns.
static inline Window make_window(Display* display, const XVisualInfo* visual, unsigned width,
                                 unsigned height) {
    XSetWindowAttributes attributes;
    memset(&attributes, 0, sizeof attributes);
    Window root = RootWindow(display, visual->screen);
    attributes.colormap = XCreateColormap(display, root, visual->visual, AllocNone);
    attributes.event_mask = StructureNotifyMask;
    Window window = XCreateWindow(display, root, 0, 0, width, height, 0, visual->depth, InputOutput,
                                  visual->visual, CWColormap | CWBorderPixel | CWEventMask, &attributes);
    XMapWindow(display, window);
    return window;
}

// Red, green and blue of a pixel of a window or pixmap, the highest row being 0.
static inline unsigned pixel_of(Display* display, Drawable drawable, int x, int y) {
    XImage* image = XGetImage(display, drawable, x, y, 1, 1, AllPlanes, ZPixmap);
    need(image != NULL, "XGetImage");
    unsigned pixel = (unsigned)XGetPixel(image, 0, 0) & 0xFFFFFF;
    XDestroyImage(image);
    return pixel;
}

static inline void need_pixel(Display* display, Drawable drawable, int x, int y, unsigned wanted) {
    unsigned pixel = pixel_of(display, drawable, x, y);
    if (pixel == wanted) return;
    printf("failed: pixel %d,%d: expected %06x, got %06x\n", x, y, wanted, pixel);
    exit(1);
}

// Clears a part of the drawable, from below, to a colour of 0xRRGGBB.
static inline void fill(int x, int y, int width, int height, unsigned colour) {
    CALL(glEnable)(GL_SCISSOR_TEST);
    CALL(glScissor)(x, y, width, height);
    CALL(glClearColor)
    ((float)(colour >> 16 & 255) / 255.0f, (float)(colour >> 8 & 255) / 255.0f,
     (float)(colour & 255) / 255.0f, 1.0f);
    CALL(glClear)(GL_COLOR_BUFFER_BIT);
    CALL(glDisable)(GL_SCISSOR_TEST);
}
