// A context that draws into a pbuffer of 64 by 32 pixels, for guests that ask more than they show.
#pragma once
#include "window.h"

// Answers what other contexts for it are made of.
static inline GLXFBConfig make_current_offscreen(void) {
    Display* display = XOpenDisplay(NULL);
    need(display != NULL, "XOpenDisplay");
    int wanted[] = {GLX_DRAWABLE_TYPE,
                    GLX_PBUFFER_BIT,
                    GLX_RED_SIZE,
                    8,
                    GLX_DEPTH_SIZE,
                    16,
                    GLX_STENCIL_SIZE,
                    8,
                    GLX_DOUBLEBUFFER,
                    1,
                    None};
    int found = 0;
    GLXFBConfig* configs = glXChooseFBConfig(display, DefaultScreen(display), wanted, &found);
    need(configs != NULL && found > 0, "glXChooseFBConfig");
    int size[] = {GLX_PBUFFER_WIDTH, 64, GLX_PBUFFER_HEIGHT, 32, None};
    GLXPbuffer pbuffer = glXCreatePbuffer(display, configs[0], size);
    GLXContext context = glXCreateNewContext(display, configs[0], GLX_RGBA_TYPE, NULL, True);
    need(glXMakeContextCurrent(display, pbuffer, pbuffer, context), "glXMakeContextCurrent");
    return configs[0];
}
