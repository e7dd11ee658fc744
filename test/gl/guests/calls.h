// The three ways to come to functions of GL, and of GLX or EGL. WAY is chosen when a guest is compiled: 0
// linked, 1 dlopen and dlsym, 2 the library's own function for it alone. The guest says which libraries it
// means before it includes this: FERRY_WINDOW_LIBRARY and the prefix of its names, FERRY_GL_LIBRARY for all
// others, and FERRY_FINDER, of the former.
#pragma once
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef WAY
#define WAY 0
#endif

static inline void* open_one(const char* name) {
    void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library != NULL) return library;
    printf("%s: %s\n", name, dlerror());
    exit(2);
}

#if WAY != 0
static inline void* find_function(const char* name) {
    static void* const windows = open_one(FERRY_WINDOW_LIBRARY);
#if WAY == 1
    static void* const gl = open_one(FERRY_GL_LIBRARY);
    const int is_window = strncmp(name, FERRY_WINDOW_PREFIX, strlen(FERRY_WINDOW_PREFIX)) == 0;
    return dlsym(is_window ? windows : gl, name);
#else
    typedef void* (*Find)(const char*);
    static const Find find = (Find)dlsym(windows, FERRY_FINDER);
    return find(name);
#endif
}

static inline void* function_of(const char* name) {
    void* function = find_function(name);
    if (function != NULL) return function;
    printf("there is no %s\n", name);
    exit(2);
}
#endif

// CALL(glClear)(...) calls glClear in the chosen way. Looked for once a place: to look for a function of EGL
// is a call of EGL, which sets its error.
#if WAY == 0
#define CALL(name) name
#else
#define CALL(name)                                                          \
    ([] {                                                                   \
        static const auto function = (__typeof__(&name))function_of(#name); \
        return function;                                                    \
    }())
#endif

static inline void need(int holds, const char* what) {
    if (holds) return;
    printf("failed: %s\n", what);
    fflush(stdout);
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
