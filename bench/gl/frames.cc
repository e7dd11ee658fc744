// Draws frames into a window for some seconds, as fast as they go, and prints how many a second: a clear and
// a swap, nothing else, so that what is measured is the way of a frame. With --read it draws a triangle and
// reads the picture back, as programs do that keep their pictures. With --escape it presses that key in every
// window of the display, which ends programs that have no end of their own.
//   ferry-bench-gl [--read] WIDTH HEIGHT SECONDS | --escape
#include <GL/gl.h>
#include <GL/glx.h>
#include <X11/Xlib.h>
#include <X11/keysym.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kWarmFrames = 20;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

int press_escape(Display* display) {
    Window root = DefaultRootWindow(display);
    Window parent = 0;
    Window* children = nullptr;
    unsigned count = 0;
    if (XQueryTree(display, root, &root, &parent, &children, &count) == 0) return 1;
    for (const Window window : std::span(children, count)) {
        XEvent event{};
        event.xkey.type = KeyPress;
        event.xkey.display = display;
        event.xkey.window = window;
        event.xkey.root = root;
        event.xkey.same_screen = True;
        event.xkey.keycode = XKeysymToKeycode(display, XK_Escape);
        XSendEvent(display, window, True, KeyPressMask, &event);
    }
    XSync(display, False);
    return 0;
}

Window make_window(Display* display, const XVisualInfo& visual, unsigned width, unsigned height) {
    const Window root = RootWindow(display, visual.screen);
    XSetWindowAttributes attributes{};
    attributes.colormap = XCreateColormap(display, root, visual.visual, AllocNone);
    const Window window = XCreateWindow(display, root, 0, 0, width, height, 0, visual.depth, InputOutput,
                                        visual.visual, CWColormap | CWBorderPixel, &attributes);
    XMapWindow(display, window);
    return window;
}

void draw(Display* display, Window window, int frame) {
    const float bright = static_cast<float>(frame % 64) / 64.0F;
    glClearColor(bright, 0.25F, 1.0F - bright, 1.0F);
    glClear(GL_COLOR_BUFFER_BIT);
    glXSwapBuffers(display, window);
}

constexpr std::array<std::array<float, 2>, 3> kCorners{{{-0.5F, -0.5F}, {0.5F, -0.5F}, {0.0F, 0.5F}}};

// False: GL has complained.
bool draw_and_read(unsigned width, unsigned height, int frame, std::vector<unsigned char>& pixels) {
    glClearColor(0.0F, 0.25F, 0.5F, 1.0F);
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
    glLoadIdentity();
    glRotatef(static_cast<float>(frame), 0.0F, 0.0F, 1.0F);
    glBegin(GL_TRIANGLES);
    for (const auto& [x, y] : kCorners) glVertex2f(x, y);
    glEnd();
    pixels.resize(std::size_t{4} * width * height);
    glReadPixels(0, 0, static_cast<int>(width), static_cast<int>(height), GL_RGBA, GL_UNSIGNED_BYTE,
                 pixels.data());
    return glGetError() == GL_NO_ERROR;
}

struct Run {
    unsigned width;
    unsigned height;
    double seconds;
    bool reads;
};

int show_frames(Display* display, const Run& run) {
    const auto [width, height, seconds, reads] = run;
    std::vector<unsigned char> pixels;
    bool is_right = true;
    std::array<int, 6> wanted{GLX_RGBA, GLX_RED_SIZE, 8, GLX_DOUBLEBUFFER, None, None};
    XVisualInfo* visual = glXChooseVisual(display, DefaultScreen(display), wanted.data());
    const GLXContext context = visual == nullptr ? nullptr : glXCreateContext(display, visual, nullptr, True);
    if (context == nullptr) {
        std::fprintf(stderr, "no context of GLX\n");
        return 1;
    }
    const Window window = make_window(display, *visual, width, height);
    glXMakeCurrent(display, window, context);
    // SAFETY: GL's strings are bytes of text.
    std::printf("GL_RENDERER: %s\n", reinterpret_cast<const char*>(glGetString(GL_RENDERER)));
    const auto step = [&](int frame) {
        if (reads)
            is_right &= draw_and_read(width, height, frame, pixels);
        else
            draw(display, window, frame);
    };
    for (int frame = 0; frame < kWarmFrames; ++frame) step(frame);
    glXWaitGL();
    const auto start = Clock::now();
    int frames = 0;
    for (; seconds_since(start) < seconds; ++frames) step(frames);
    // Those that are on their way count when they have come.
    glXWaitGL();
    std::printf("%d frames, FPS: %.1f\n", frames, frames / seconds_since(start));
    glXMakeCurrent(display, None, nullptr);
    glXDestroyContext(display, context);
    return is_right ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
    Display* display = XOpenDisplay(nullptr);
    if (display == nullptr) {
        std::fprintf(stderr, "no X server\n");
        return 1;
    }
    int status = 2;
    if (count == 2 && std::strcmp(words[1], "--escape") == 0) {
        status = press_escape(display);
    } else if (count >= 4) {
        const bool reads = std::strcmp(words[1], "--read") == 0;
        char** const numbers = words + (reads ? 2 : 1);
        if (count == (reads ? 5 : 4)) {
            status = show_frames(
                display, {static_cast<unsigned>(std::atoi(numbers[0])),
                          static_cast<unsigned>(std::atoi(numbers[1])), std::atof(numbers[2]), reads});
        }
    }
    XCloseDisplay(display);
    return status;
}
