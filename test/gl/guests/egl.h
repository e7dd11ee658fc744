// What the guests share that draw by EGL: libraries, errors, contexts, a scene, and its sum.
#pragma once
#define FERRY_WINDOW_LIBRARY "libEGL.so.1"
#define FERRY_WINDOW_PREFIX "egl"
#define FERRY_FINDER "eglGetProcAddress"
#include <EGL/egl.h>
#include <EGL/eglext.h>

#include "calls.h"

// Looked for before there is an error to ask for.
static const auto get_error = CALL(eglGetError);

// The thread's error is this one, and is none from now on.
static inline void need_error(EGLint wanted, const char* what) {
    const EGLint error = get_error();
    if (error == wanted && get_error() == EGL_SUCCESS) return;
    printf("failed: %s: expected 0x%x, got 0x%x\n", what, (unsigned)wanted, (unsigned)error);
    exit(1);
}

static inline EGLConfig choose(EGLDisplay display, EGLint surfaces, EGLint api) {
    const EGLint list[] = {EGL_RED_SIZE,     8,        EGL_GREEN_SIZE,      8,   EGL_BLUE_SIZE,    8,
                           EGL_ALPHA_SIZE,   8,        EGL_DEPTH_SIZE,      24,  EGL_STENCIL_SIZE, 8,
                           EGL_SURFACE_TYPE, surfaces, EGL_RENDERABLE_TYPE, api, EGL_NONE};
    EGLConfig config = NULL;
    EGLint count = 0;
    need(CALL(eglChooseConfig)(display, list, &config, 1, &count) && count == 1, "eglChooseConfig");
    return config;
}

// `profile`: EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT or _COMPATIBILITY_; 0 for ES.
static inline EGLContext make_context(EGLDisplay display, EGLConfig config, EGLContext share, EGLint major,
                                      EGLint minor, EGLint profile) {
    EGLint list[] = {
        EGL_CONTEXT_MAJOR_VERSION, major, EGL_CONTEXT_MINOR_VERSION, minor, EGL_NONE, 0, EGL_NONE};
    if (profile != 0) {
        list[4] = EGL_CONTEXT_OPENGL_PROFILE_MASK;
        list[5] = profile;
    }
    CALL(eglBindAPI)(profile == 0 ? EGL_OPENGL_ES_API : EGL_OPENGL_API);
    EGLContext context = CALL(eglCreateContext)(display, config, share, list);
    need_error(EGL_SUCCESS, "eglCreateContext");
    return context;
}

static inline GLuint compile(GLenum kind, const char* head, const char* text) {
    // #version comes first.
    const char* words = strchr(head, '\n') + 1;
    char version[64];
    snprintf(version, sizeof version, "%.*s", (int)(words - head), head);
    const char* stage = kind == GL_FRAGMENT_SHADER ? "#define FRAGMENT\n" : "";
    const char* all[] = {version, stage, words, text};
    GLuint shader = CALL(glCreateShader)(kind);
    CALL(glShaderSource)(shader, 4, all, NULL);
    CALL(glCompileShader)(shader);
    GLint compiled = 0;
    CALL(glGetShaderiv)(shader, GL_COMPILE_STATUS, &compiled);
    need(compiled, "a shader compiles");
    return shader;
}

// Shaders of GLSL 1.00 and 1.20, which are alike, and of those from 1.30 and 3.00 on.
#define OLD_WORDS \
    "#define IN attribute\n#define OUT varying\n#define FROM varying\n#define COLOUR gl_FragColor\n"
#define NEW_WORDS                                       \
    "#define IN in\n#define OUT out\n#define FROM in\n" \
    "#ifdef FRAGMENT\nout vec4 drawn;\n#define COLOUR drawn\n#endif\n"
#define ES2_HEAD "#version 100\nprecision mediump float;\n" OLD_WORDS
#define ES3_HEAD "#version 300 es\nprecision mediump float;\n" NEW_WORDS
#define CORE_HEAD "#version 330\n" NEW_WORDS
#define COMPATIBILITY_HEAD "#version 120\n" OLD_WORDS

// A triangle of many colours on grey, in whatever the context is: `head` is one of those above.
static inline void draw_triangle(const char* head, int width, int height) {
    static const float corners[] = {-0.9f, -0.8f, 1, 0, 0, 0.9f, -0.7f, 0, 1, 0, 0.1f, 0.9f, 0, 0, 1};
    GLuint program = CALL(glCreateProgram)();
    CALL(glAttachShader)
    (program, compile(GL_VERTEX_SHADER, head,
                      "IN vec2 place; IN vec3 colour; OUT vec3 passed;\n"
                      "void main() { gl_Position = vec4(place, 0.0, 1.0); passed = colour; }\n"));
    CALL(glAttachShader)
    (program, compile(GL_FRAGMENT_SHADER, head,
                      "FROM vec3 passed;\n"
                      "void main() { COLOUR = vec4(passed, 1.0); }\n"));
    CALL(glBindAttribLocation)(program, 0, "place");
    CALL(glBindAttribLocation)(program, 1, "colour");
    CALL(glLinkProgram)(program);
    GLint linked = 0;
    CALL(glGetProgramiv)(program, GL_LINK_STATUS, &linked);
    need(linked, "a program links");
    CALL(glUseProgram)(program);
    GLuint buffer = 0;
    CALL(glGenBuffers)(1, &buffer);
    CALL(glBindBuffer)(GL_ARRAY_BUFFER, buffer);
    CALL(glBufferData)(GL_ARRAY_BUFFER, sizeof corners, corners, GL_STATIC_DRAW);
    CALL(glVertexAttribPointer)(0, 2, GL_FLOAT, GL_FALSE, 5 * sizeof(float), NULL);
    CALL(glVertexAttribPointer)(1, 3, GL_FLOAT, GL_FALSE, 5 * sizeof(float), (void*)(2 * sizeof(float)));
    CALL(glEnableVertexAttribArray)(0);
    CALL(glEnableVertexAttribArray)(1);
    CALL(glViewport)(0, 0, width, height);
    CALL(glClearColor)(0.25f, 0.25f, 0.25f, 1.0f);
    CALL(glClear)(GL_COLOR_BUFFER_BIT);
    CALL(glDrawArrays)(GL_TRIANGLES, 0, 3);
}

// The sum of what has been drawn; every byte counts.
static inline unsigned sum_of(int width, int height) {
    unsigned char* pixels = (unsigned char*)malloc((size_t)(width * height * 4));
    CALL(glReadPixels)(0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE, pixels);
    unsigned sum = 2166136261u;
    for (int at = 0; at < width * height * 4; ++at) sum = (sum ^ pixels[at]) * 16777619u;
    free(pixels);
    need(CALL(glGetError)() == GL_NO_ERROR, "no error of GL");
    return sum;
}
