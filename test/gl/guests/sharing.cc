// Two contexts of one share group on two threads: one uploads textures, the other draws them and looks, and
// fences keep them in order. `sharing COUNT`: so many uploads.
#define GL_GLEXT_PROTOTYPES
#include <condition_variable>
#include <mutex>
#include <thread>

#include "window.h"

namespace {

constexpr int kSide = 16;

Display* display;
GLXContext contexts[2];
GLXPbuffer pbuffers[2];

// One upload at a time is handed over, and one drawing handed back.
struct Hand {
    std::mutex mutex;
    std::condition_variable moved;
    GLsync fence = nullptr;
    GLuint texture = 0;

    void give(GLsync with, GLuint name) {
        std::unique_lock lock(mutex);
        moved.wait(lock, [this] { return fence == nullptr; });
        fence = with;
        texture = name;
        moved.notify_all();
    }
    GLsync take(GLuint& name) {
        std::unique_lock lock(mutex);
        moved.wait(lock, [this] { return fence != nullptr; });
        GLsync with = fence;
        name = texture;
        fence = nullptr;
        moved.notify_all();
        return with;
    }
};

Hand uploaded;
Hand drawn;

unsigned colour_of(int count) { return (unsigned)count * 2654435761u & 0xffffffu; }

void upload(int count) {
    need(glXMakeContextCurrent(display, pbuffers[0], pbuffers[0], contexts[0]), "the uploads' context");
    GLuint texture = 0;
    for (int at = 0; at < count; ++at) {
        // Another name now and then, which the other context has never seen.
        if (at % 10 == 0) {
            if (texture != 0) glDeleteTextures(1, &texture);
            glGenTextures(1, &texture);
            glBindTexture(GL_TEXTURE_2D, texture);
            glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
            glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
            glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, kSide, kSide, 0, GL_RGBA, GL_UNSIGNED_BYTE, nullptr);
        }
        unsigned pixels[kSide * kSide];
        for (unsigned& pixel : pixels) pixel = 0xff000000u | colour_of(at);
        glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, kSide, kSide, GL_RGBA, GL_UNSIGNED_BYTE, pixels);
        GLsync fence = glFenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0);
        glFlush();
        uploaded.give(fence, texture);
        GLuint unused = 0;
        GLsync back = drawn.take(unused);
        glWaitSync(back, 0, GL_TIMEOUT_IGNORED);
        glDeleteSync(back);
    }
    need(glGetError() == GL_NO_ERROR, "no error of the uploads");
    glXMakeContextCurrent(display, None, None, nullptr);
}

void draw(int count) {
    need(glXMakeContextCurrent(display, pbuffers[1], pbuffers[1], contexts[1]), "the drawings' context");
    glEnable(GL_TEXTURE_2D);
    glViewport(0, 0, kSide, kSide);
    for (int at = 0; at < count; ++at) {
        GLuint texture = 0;
        GLsync fence = uploaded.take(texture);
        glWaitSync(fence, 0, GL_TIMEOUT_IGNORED);
        glDeleteSync(fence);
        glBindTexture(GL_TEXTURE_2D, texture);
        glBegin(GL_QUADS);
        for (int corner = 0; corner < 4; ++corner) {
            const float x = corner == 1 || corner == 2 ? 1 : 0;
            const float y = corner > 1 ? 1 : 0;
            glTexCoord2f(x, y);
            glVertex2f(2 * x - 1, 2 * y - 1);
        }
        glEnd();
        GLsync back = glFenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0);
        glFlush();
        drawn.give(back, 0);
        unsigned pixel = 0;
        glReadPixels(at % kSide, at / kSide % kSide, 1, 1, GL_RGBA, GL_UNSIGNED_BYTE, &pixel);
        if ((pixel & 0xffffffu) != colour_of(at)) {
            printf("failed: upload %d: expected %06x, got %06x\n", at, colour_of(at), pixel);
            fflush(stdout);
            _Exit(1);
        }
    }
    need(glGetError() == GL_NO_ERROR, "no error of the drawings");
    glXMakeContextCurrent(display, None, None, nullptr);
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) return 2;
    XInitThreads();
    display = XOpenDisplay(nullptr);
    need(display != nullptr, "XOpenDisplay");
    int wanted[] = {GLX_DRAWABLE_TYPE, GLX_PBUFFER_BIT, GLX_RED_SIZE, 8, None};
    int found = 0;
    GLXFBConfig* configs = glXChooseFBConfig(display, DefaultScreen(display), wanted, &found);
    need(configs != nullptr && found > 0, "glXChooseFBConfig");
    int size[] = {GLX_PBUFFER_WIDTH, kSide, GLX_PBUFFER_HEIGHT, kSide, None};
    for (int at = 0; at < 2; ++at) {
        pbuffers[at] = glXCreatePbuffer(display, configs[0], size);
        contexts[at] =
            glXCreateNewContext(display, configs[0], GLX_RGBA_TYPE, at == 0 ? nullptr : contexts[0], True);
        need(contexts[at] != nullptr, "glXCreateNewContext");
    }
    const int uploads = atoi(arguments[1]);
    std::thread other(upload, uploads);
    draw(uploads);
    other.join();
    printf("done\n");
    return 0;
}
