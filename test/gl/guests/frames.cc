// Draws many frames into a window, looks at the window, and sees it follow when its size changes. Prints how
// many frames it showed.
#include "window.h"

static Display* display;

static void show_and_look(Window window, int width, int height, unsigned left, unsigned right) {
    fill(0, 0, width / 2, height, left);
    fill(width / 2, 0, width - width / 2, height / 2, right);
    fill(width / 2, height / 2, width - width / 2, height - height / 2, 0xFFFFFF);
    CALL(glXSwapBuffers)(display, window);
    CALL(glXWaitGL)();
    need_pixel(display, window, 1, 1, left);
    need_pixel(display, window, width / 2 - 1, height - 1, left);
    // GL counts rows from below: the lower right quarter.
    need_pixel(display, window, width - 1, height - 1, right);
    need_pixel(display, window, width - 1, 1, 0xFFFFFF);
}

int main(int count, char** arguments) {
    const int frames = count > 1 ? atoi(arguments[1]) : 100;
    static int wanted[] = {GLX_RGBA, GLX_RED_SIZE, 1, GLX_DOUBLEBUFFER, GLX_DEPTH_SIZE, 1, None};
    display = XOpenDisplay(NULL);
    need(display != NULL, "XOpenDisplay");
    XVisualInfo* visual = CALL(glXChooseVisual)(display, DefaultScreen(display), wanted);
    need(visual != NULL, "glXChooseVisual");
    Window window = make_window(display, visual, 320, 200);
    GLXContext context = CALL(glXCreateContext)(display, visual, NULL, True);
    need(context != NULL, "glXCreateContext");
    need(CALL(glXMakeCurrent)(display, window, context), "glXMakeCurrent");
    GLint viewport[4] = {0, 0, 0, 0};
    CALL(glGetIntegerv)(GL_VIEWPORT, viewport);
    need(viewport[2] == 320 && viewport[3] == 200, "the first viewport is the window");
    show_and_look(window, 320, 200, 0xFF0000, 0x0000FF);
    for (int frame = 0; frame < frames; ++frame) {
        fill(0, 0, 320, 200, (unsigned)frame & 255);
        CALL(glXSwapBuffers)(display, window);
    }
    CALL(glXWaitGL)();
    need_pixel(display, window, 160, 100, (unsigned)(frames - 1) & 255);
    for (int size = 100; size <= 500; size += 20) {
        XResizeWindow(display, window, (unsigned)size, (unsigned)(size / 2));
        XSync(display, False);
        CALL(glViewport)(0, 0, size, size / 2);
        show_and_look(window, size, size / 2, 0x00FF00, (unsigned)size << 8);
    }
    need(CALL(glGetError)() == GL_NO_ERROR, "no error");
    CALL(glXMakeCurrent)(display, None, NULL);
    CALL(glXDestroyContext)(display, context);
    XDestroyWindow(display, window);
    XCloseDisplay(display);
    printf("frames %d\n", frames + 22);
    return 0;
}
