// What guests print that are compared line by line: errors, and what has been drawn.
#pragma once
#include "offscreen.h"

static inline void say_error(const char* behind) { printf("%s: error %04x\n", behind, glGetError()); }

// What has been drawn, as a number that changes with any pixel of it.
static inline void say_drawn(const char* what) {
    static unsigned char pixels[64 * 32 * 4];
    unsigned sum = 0;
    glReadPixels(0, 0, 64, 32, GL_RGBA, GL_UNSIGNED_BYTE, pixels);
    for (unsigned char byte : pixels) sum = sum * 31 + byte;
    printf("%s: %08x\n", what, sum);
    say_error(what);
    glClear(GL_COLOR_BUFFER_BIT);
}

static inline const void* place(unsigned long offset) { return (const void*)offset; }
