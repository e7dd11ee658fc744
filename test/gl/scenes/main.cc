// Draws the scene that its first argument names and writes the pixels of the window to its second.
#include <GL/glx.h>
#include <X11/Xlib.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "scenes.h"

struct Scene {
    const char* name;
    void (*draw)();
};

static const Scene kScenes[] = {{"lighting", lighting}, {"lists", lists},         {"mipmaps", mipmaps},
                                {"samples", samples},   {"instances", instances}, {"uniforms", uniforms},
                                {"feedback", feedback}, {"stencil", stencil},     {"read_back", read_back},
                                {"points", points}};

static void need(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "%s\n", what);
    std::exit(1);
}

static GLuint shader_of(GLenum type, const char* text) {
    const GLuint shader = glCreateShader(type);
    glShaderSource(shader, 1, &text, nullptr);
    glCompileShader(shader);
    GLint compiled = 0;
    glGetShaderiv(shader, GL_COMPILE_STATUS, &compiled);
    need(compiled != 0, text);
    return shader;
}

GLuint program_of(const char* vertex, const char* fragment, const char* varying) {
    const GLuint program = glCreateProgram();
    glAttachShader(program, shader_of(GL_VERTEX_SHADER, vertex));
    glAttachShader(program, shader_of(GL_FRAGMENT_SHADER, fragment));
    if (varying != nullptr) glTransformFeedbackVaryings(program, 1, &varying, GL_INTERLEAVED_ATTRIBS);
    glLinkProgram(program);
    GLint linked = 0;
    glGetProgramiv(program, GL_LINK_STATUS, &linked);
    need(linked != 0, "a program links");
    glUseProgram(program);
    return program;
}

GLuint program_of(const char* vertex, const char* fragment) { return program_of(vertex, fragment, nullptr); }

std::vector<std::uint32_t> squares(int side, std::uint32_t one, std::uint32_t other) {
    std::vector<std::uint32_t> texels;
    for (int at = 0; at < side * side; ++at)
        texels.push_back((at / 2 + at / side / 2) % 2 == 0 ? one : other);
    return texels;
}

GLuint buffer_of(GLenum target, const std::vector<float>& values) {
    GLuint buffer = 0;
    glGenBuffers(1, &buffer);
    glBindBuffer(target, buffer);
    glBufferData(target, static_cast<GLsizeiptr>(values.size() * sizeof(float)), values.data(),
                 GL_STATIC_DRAW);
    return buffer;
}

int main(int count, char** words) {
    need(count == 3, "usage: scenes NAME FILE");
    Display* display = XOpenDisplay(nullptr);
    need(display != nullptr, "XOpenDisplay");
    int wanted[] = {GLX_RGBA, GLX_RED_SIZE, 8, GLX_DOUBLEBUFFER, GLX_DEPTH_SIZE, 24, GLX_STENCIL_SIZE,
                    8,        None};
    XVisualInfo* visual = glXChooseVisual(display, DefaultScreen(display), wanted);
    need(visual != nullptr, "glXChooseVisual");
    const Window root = DefaultRootWindow(display);
    XSetWindowAttributes looks{};
    looks.colormap = XCreateColormap(display, root, visual->visual, AllocNone);
    const Window window = XCreateWindow(display, root, 0, 0, kSide, kSide, 0, visual->depth, InputOutput,
                                        visual->visual, CWColormap, &looks);
    XMapWindow(display, window);
    GLXContext context = glXCreateContext(display, visual, nullptr, True);
    need(context != nullptr && glXMakeCurrent(display, window, context), "a context");
    const Scene* found = nullptr;
    for (const Scene& scene : kScenes) {
        if (std::strcmp(scene.name, words[1]) == 0) found = &scene;
    }
    need(found != nullptr, "a scene of that name");
    glViewport(0, 0, kSide, kSide);
    glClearColor(0.1f, 0.2f, 0.3f, 1);
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT | GL_STENCIL_BUFFER_BIT);
    found->draw();
    // Without alpha, which not every visual has.
    std::vector<std::uint8_t> pixels(kSide * kSide * 3);
    glReadPixels(0, 0, kSide, kSide, GL_RGB, GL_UNSIGNED_BYTE, pixels.data());
    need(glGetError() == GL_NO_ERROR, "no error of GL");
    glXSwapBuffers(display, window);
    std::FILE* file = std::fopen(words[2], "wb");
    need(file != nullptr && std::fwrite(pixels.data(), 1, pixels.size(), file) == pixels.size(), "a file");
    std::fclose(file);
    std::printf("%s by %s\n", found->name, reinterpret_cast<const char*>(glGetString(GL_RENDERER)));
    glXMakeCurrent(display, None, nullptr);
    glXDestroyContext(display, context);
    XCloseDisplay(display);
    return 0;
}
