// Windows of the guests, and what is to be seen in them.
#pragma once
#include <X11/Xlib.h>
#include <X11/Xutil.h>

#include "calls.h"

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
    XSync(display, False);
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
