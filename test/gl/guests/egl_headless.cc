// EGL without a window system: errors as EGL has them, contexts of every kind, pbuffers and no surface at
// all, sharing, fences, threads, ends. Takes the platform: surfaceless, device or default; a second argument:
// it forks, too, which not every EGL survives. Prints the sums of what it drew.
#define GL_GLEXT_PROTOTYPES
#define EGL_NO_X11
#include <GL/gl.h>
#include <GL/glext.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>
#define FERRY_GL_LIBRARY "libOpenGL.so.0"
#include "egl.h"

static const int kSide = 96;
static EGLDisplay display;

static EGLDisplay find_display(const char* platform) {
    if (strcmp(platform, "default") == 0) return CALL(eglGetDisplay)(EGL_DEFAULT_DISPLAY);
    if (strcmp(platform, "surfaceless") == 0)
        return CALL(eglGetPlatformDisplay)(EGL_PLATFORM_SURFACELESS_MESA, NULL, NULL);
    // An extension: its functions come by eglGetProcAddress in any case.
    PFNEGLQUERYDEVICESEXTPROC query =
        (PFNEGLQUERYDEVICESEXTPROC)CALL(eglGetProcAddress)("eglQueryDevicesEXT");
    EGLDeviceEXT devices[4];
    EGLint count = 0;
    need(query != NULL && query(4, devices, &count) && count >= 1, "eglQueryDevicesEXT");
    return CALL(eglGetPlatformDisplay)(EGL_PLATFORM_DEVICE_EXT, devices[0], NULL);
}

static EGLSurface make_pbuffer(EGLConfig config) {
    const EGLint list[] = {EGL_WIDTH, kSide, EGL_HEIGHT, kSide, EGL_NONE};
    EGLSurface surface = CALL(eglCreatePbufferSurface)(display, config, list);
    need_error(EGL_SUCCESS, "eglCreatePbufferSurface");
    return surface;
}

static void before_it_begins(void) {
    EGLint count = 0;
    get_error();
    need(!CALL(eglGetConfigs)(display, NULL, 0, &count), "no configurations yet");
    need_error(EGL_NOT_INITIALIZED, "eglGetConfigs before eglInitialize");
    need(!CALL(eglInitialize)((EGLDisplay)&count, NULL, NULL), "no such display");
    need_error(EGL_BAD_DISPLAY, "eglInitialize of nothing");
    need(CALL(eglQueryAPI)() == EGL_OPENGL_ES_API, "ES is the first API");
    need(!CALL(eglBindAPI)(EGL_OPENVG_API), "no OpenVG");
    need_error(EGL_BAD_PARAMETER, "eglBindAPI(EGL_OPENVG_API)");
}

static void refuse(EGLConfig config, EGLint name, EGLint value, EGLint error, const char* what) {
    const EGLint list[] = {EGL_CONTEXT_MAJOR_VERSION, 3, name, value, EGL_NONE};
    need(CALL(eglCreateContext)(display, config, EGL_NO_CONTEXT, list) == EGL_NO_CONTEXT, what);
    need_error(error, what);
}

static void get_wrong(EGLConfig config, EGLSurface surface, EGLContext context) {
    const EGLint unknown[] = {0x7FFF, 1, EGL_NONE};
    EGLint value = 0;
    int nothing = 0;
    CALL(eglChooseConfig)(display, unknown, NULL, 0, &value);
    need_error(EGL_BAD_ATTRIBUTE, "eglChooseConfig");
    const EGLint pbuffers[] = {EGL_SURFACE_TYPE, EGL_PBUFFER_BIT, EGL_NONE};
    need(CALL(eglChooseConfig)(display, pbuffers, NULL, 0, &value) && value > 0, "configurations of any API");
    CALL(eglGetConfigAttrib)(display, config, 0x7FFF, &value);
    need_error(EGL_BAD_ATTRIBUTE, "eglGetConfigAttrib of nothing");
    CALL(eglGetConfigAttrib)(display, (EGLConfig)&nothing, EGL_RED_SIZE, &value);
    need_error(EGL_BAD_CONFIG, "eglGetConfigAttrib");
    CALL(eglCreatePbufferSurface)(display, (EGLConfig)&nothing, NULL);
    need_error(EGL_BAD_CONFIG, "eglCreatePbufferSurface");
    CALL(eglQuerySurface)(display, (EGLSurface)&nothing, EGL_WIDTH, &value);
    need_error(EGL_BAD_SURFACE, "eglQuerySurface");
    CALL(eglQueryContext)(display, context, 0x7FFF, &value);
    need_error(EGL_BAD_ATTRIBUTE, "eglQueryContext");
    CALL(eglMakeCurrent)(display, surface, surface, (EGLContext)&nothing);
    need_error(EGL_BAD_CONTEXT, "eglMakeCurrent without a context");
    CALL(eglMakeCurrent)(display, (EGLSurface)&nothing, (EGLSurface)&nothing, context);
    need_error(EGL_BAD_SURFACE, "eglMakeCurrent without a surface");
    CALL(eglMakeCurrent)(display, surface, EGL_NO_SURFACE, context);
    need_error(EGL_BAD_MATCH, "eglMakeCurrent without one of both");
    CALL(eglMakeCurrent)(display, surface, surface, EGL_NO_CONTEXT);
    need_error(EGL_BAD_MATCH, "eglMakeCurrent of surfaces alone");
    CALL(eglBindAPI)(EGL_OPENGL_API);
    refuse(config, EGL_CONTEXT_MINOR_VERSION, 9, EGL_BAD_MATCH, "GL 3.9");
    refuse(config, 0x7FFF, 9, EGL_BAD_ATTRIBUTE, "an attribute that is none");
    refuse((EGLConfig)&nothing, EGL_CONTEXT_MINOR_VERSION, 0, EGL_BAD_CONFIG, "a configuration that is none");
    const EGLint both[] = {EGL_CONTEXT_MAJOR_VERSION,
                           3,
                           EGL_CONTEXT_MINOR_VERSION,
                           3,
                           EGL_CONTEXT_OPENGL_PROFILE_MASK,
                           3,
                           EGL_NONE};
    CALL(eglCreateContext)(display, config, EGL_NO_CONTEXT, both);
    need_error(EGL_BAD_MATCH, "two profiles at once");
    CALL(eglBindAPI)(EGL_OPENGL_ES_API);
    refuse(config, EGL_CONTEXT_OPENGL_PROFILE_MASK, 1, EGL_BAD_ATTRIBUTE, "a profile of ES");
    refuse(config, EGL_CONTEXT_FLAGS_KHR, EGL_CONTEXT_OPENGL_ROBUST_ACCESS_BIT_KHR, EGL_BAD_ATTRIBUTE,
           "a flag that is not for ES");
    unsigned long window = 1;
    CALL(eglCreatePlatformWindowSurface)(display, config, &window, NULL);
    need_error(EGL_BAD_NATIVE_WINDOW, "no windows without a window system");
}

struct Kind {
    const char* name;
    const char* head;
    EGLint major, minor, profile;
};

static void draw_in(const struct Kind* kind) {
    const EGLint api = kind->profile != 0 ? EGL_OPENGL_BIT
                       : kind->major == 2 ? EGL_OPENGL_ES2_BIT
                                          : EGL_OPENGL_ES3_BIT;
    EGLConfig config = choose(display, EGL_PBUFFER_BIT, api);
    EGLContext context =
        make_context(display, config, EGL_NO_CONTEXT, kind->major, kind->minor, kind->profile);
    EGLSurface surface = make_pbuffer(config);
    EGLint value = 0;
    CALL(eglQuerySurface)(display, surface, EGL_WIDTH, &value);
    need(value == kSide, "the pbuffer's width");
    need(CALL(eglMakeCurrent)(display, surface, surface, context), "eglMakeCurrent");
    need(CALL(eglGetCurrentContext)() == context && CALL(eglGetCurrentSurface)(EGL_READ) == surface &&
             CALL(eglGetCurrentDisplay)() == display,
         "what is current");
    GLint viewport[4] = {0, 0, 0, 0};
    CALL(glGetIntegerv)(GL_VIEWPORT, viewport);
    need(viewport[2] == kSide && viewport[3] == kSide, "the first viewport");
    const int is_es = strncmp((const char*)CALL(glGetString)(GL_VERSION), "OpenGL ES ", 10) == 0;
    need(is_es == (kind->profile == 0), "the version says which API it is");
    GLuint array = 0;
    if (kind->major >= 3) {
        CALL(glGenVertexArrays)(1, &array);
        CALL(glBindVertexArray)(array);
    }
    draw_triangle(kind->head, kSide, kSide);
    need(CALL(eglSwapBuffers)(display, surface), "swapping a pbuffer does nothing, well");
    printf("%s %08x\n", kind->name, sum_of(kSide, kSide));
    get_wrong(config, surface, context);
    need(CALL(eglGetCurrentContext)() == context, "mistakes change nothing");
    // Both live on while they are current.
    need(CALL(eglDestroySurface)(display, surface) && CALL(eglDestroyContext)(display, context), "ends");
    need(CALL(eglGetCurrentContext)() == context, "current until it is let go");
    fill(0, 0, kSide, kSide, 0x123456);
    printf("%s %08x\n", kind->name, sum_of(kSide, kSide));
    need(CALL(eglMakeCurrent)(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT), "let go");
    CALL(eglQueryContext)(display, context, EGL_CONFIG_ID, &value);
    need_error(EGL_BAD_CONTEXT, "it has ended");
}

// Lists that say nothing of it ask for OpenGL ES 1, and are of programs that want another API.
static void ask_for_nothing(void) {
    EGLConfig config = choose(display, EGL_PBUFFER_BIT, EGL_OPENGL_ES_BIT);
    const EGLint list[] = {EGL_TEXTURE_FORMAT, EGL_TEXTURE_RGBA, EGL_TEXTURE_TARGET, EGL_TEXTURE_2D,
                           EGL_NONE};
    EGLSurface surface = CALL(eglCreatePbufferSurface)(display, config, list);
    need_error(EGL_SUCCESS, "a pbuffer that could be a texture");
    need(CALL(eglDestroySurface)(display, surface), "eglDestroySurface");
}

struct Other {
    EGLContext context;
    GLuint texture;
};

static void* use_on_another_thread(void* argument) {
    struct Other* other = (struct Other*)argument;
    need(get_error() == EGL_SUCCESS, "a thread begins without an error");
    need(!CALL(eglMakeCurrent)(display, EGL_NO_SURFACE, EGL_NO_SURFACE, other[0].context),
         "not twice at once");
    need_error(EGL_BAD_ACCESS, "a context that is current on another thread");
    need(CALL(eglMakeCurrent)(display, EGL_NO_SURFACE, EGL_NO_SURFACE, other[1].context),
         "the other context");
    need(CALL(glIsTexture)(other[0].texture), "the texture is shared");
    GLuint frame = 0;
    CALL(glGenFramebuffers)(1, &frame);
    CALL(glBindFramebuffer)(GL_FRAMEBUFFER, frame);
    CALL(glFramebufferTexture2D)(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, other[0].texture, 0);
    printf("shared %08x\n", sum_of(kSide, kSide));
    if (other[1].texture != 0) return NULL;
    need(CALL(eglReleaseThread)(), "eglReleaseThread");
    need(get_error() == EGL_SUCCESS && CALL(eglGetCurrentContext)() == EGL_NO_CONTEXT, "nothing left");
    return NULL;
}

// Contexts without a configuration, drawing on no surface, that share; a fence between them.
static void share(void) {
    struct Other other[2] = {};
    other[0].context = make_context(display, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, 3, 0, 0);
    other[1].context = make_context(display, EGL_NO_CONFIG_KHR, other[0].context, 3, 0, 0);
    need(CALL(eglMakeCurrent)(display, EGL_NO_SURFACE, EGL_NO_SURFACE, other[0].context), "no surface");
    need(CALL(glCheckFramebufferStatus)(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_UNDEFINED, "no framebuffer");
    GLuint frame = 0;
    CALL(glGenTextures)(1, &other[0].texture);
    CALL(glBindTexture)(GL_TEXTURE_2D, other[0].texture);
    CALL(glTexImage2D)(GL_TEXTURE_2D, 0, GL_RGBA, kSide, kSide, 0, GL_RGBA, GL_UNSIGNED_BYTE, NULL);
    CALL(glGenFramebuffers)(1, &frame);
    CALL(glBindFramebuffer)(GL_FRAMEBUFFER, frame);
    CALL(glFramebufferTexture2D)(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, other[0].texture, 0);
    draw_triangle(ES3_HEAD, kSide, kSide);
    EGLSync fence = CALL(eglCreateSync)(display, EGL_SYNC_FENCE, NULL);
    need_error(EGL_SUCCESS, "eglCreateSync");
    EGLAttrib value = 0;
    need(CALL(eglGetSyncAttrib)(display, fence, EGL_SYNC_TYPE, &value) && value == EGL_SYNC_FENCE, "a fence");
    need(CALL(eglWaitSync)(display, fence, 0), "eglWaitSync");
    need(CALL(eglClientWaitSync)(display, fence, EGL_SYNC_FLUSH_COMMANDS_BIT, EGL_FOREVER) ==
             EGL_CONDITION_SATISFIED,
         "eglClientWaitSync");
    need(CALL(eglGetSyncAttrib)(display, fence, EGL_SYNC_STATUS, &value) && value == EGL_SIGNALED, "reached");
    need(CALL(eglDestroySync)(display, fence), "eglDestroySync");
    CALL(eglDestroySync)(display, fence);
    need_error(EGL_BAD_PARAMETER, "a fence ends once");
    printf("alone %08x\n", sum_of(kSide, kSide));
    // The first one ends with its context, which the second one takes, and lets go.
    for (int is_first = 1; is_first >= 0; --is_first) {
        other[1].texture = (GLuint)is_first;
        pthread_t thread;
        pthread_create(&thread, NULL, use_on_another_thread, other);
        pthread_join(thread, NULL);
    }
    // The other thread's errors are its own.
    need(get_error() == EGL_SUCCESS, "an error of this thread");
}

// A fence of a context that shares nothing with the one that waits; and the functions of extensions.
static void wait_for_others(void) {
    typedef void* (*Find)(const char*);
    const Find find = (Find)CALL(eglGetProcAddress);
    PFNEGLCREATESYNCKHRPROC create = (PFNEGLCREATESYNCKHRPROC)find("eglCreateSyncKHR");
    PFNEGLWAITSYNCKHRPROC wait = (PFNEGLWAITSYNCKHRPROC)find("eglWaitSyncKHR");
    PFNEGLCLIENTWAITSYNCKHRPROC client_wait = (PFNEGLCLIENTWAITSYNCKHRPROC)find("eglClientWaitSyncKHR");
    PFNEGLDESTROYSYNCKHRPROC destroy = (PFNEGLDESTROYSYNCKHRPROC)find("eglDestroySyncKHR");
    EGLContext one = make_context(display, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, 3, 0, 0);
    EGLContext other = make_context(display, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, 2, 0, 0);
    need(CALL(eglMakeCurrent)(display, EGL_NO_SURFACE, EGL_NO_SURFACE, one), "one context");
    EGLSyncKHR fence = create(display, EGL_SYNC_FENCE_KHR, NULL);
    need_error(EGL_SUCCESS, "eglCreateSyncKHR");
    create(display, 0x7FFF, NULL);
    need_error(EGL_BAD_ATTRIBUTE, "a fence of no kind");
    CALL(glFlush)();
    need(CALL(eglMakeCurrent)(display, EGL_NO_SURFACE, EGL_NO_SURFACE, other), "the other context");
    need(wait(display, fence, 0) == EGL_TRUE, "eglWaitSyncKHR");
    CALL(glFinish)();
    need(CALL(eglMakeCurrent)(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT), "let go");
    need(client_wait(display, fence, 0, EGL_FOREVER_KHR) == EGL_CONDITION_SATISFIED_KHR, "no context waits");
    need(CALL(eglDestroyContext)(display, one) && CALL(eglDestroyContext)(display, other), "both end");
    need(client_wait(display, fence, 0, EGL_FOREVER_KHR) == EGL_CONDITION_SATISFIED_KHR, "a fence outlives");
    need(destroy(display, fence), "eglDestroySyncKHR");
    PFNEGLQUERYDEVICESTRINGEXTPROC text = (PFNEGLQUERYDEVICESTRINGEXTPROC)find("eglQueryDeviceStringEXT");
    PFNEGLQUERYDISPLAYATTRIBEXTPROC ask = (PFNEGLQUERYDISPLAYATTRIBEXTPROC)find("eglQueryDisplayAttribEXT");
    EGLAttrib device = 0;
    need(ask(display, EGL_DEVICE_EXT, &device) && device != 0, "the display's device");
    need(text((EGLDeviceEXT)device, EGL_EXTENSIONS) != NULL, "the device's extensions");
}

static int heard;
static void EGLAPIENTRY hear(EGLenum error, const char*, EGLint type, EGLLabelKHR, EGLLabelKHR, const char*) {
    heard = error == EGL_BAD_CONFIG && type == EGL_DEBUG_MSG_ERROR_KHR;
}

static void hear_of_errors(void) {
    PFNEGLDEBUGMESSAGECONTROLKHRPROC control =
        (PFNEGLDEBUGMESSAGECONTROLKHRPROC)CALL(eglGetProcAddress)("eglDebugMessageControlKHR");
    need(control(hear, NULL) == EGL_SUCCESS, "eglDebugMessageControlKHR");
    CALL(eglCreatePbufferSurface)(display, (EGLConfig)&heard, NULL);
    need(heard, "the program's function hears of the error");
    need_error(EGL_BAD_CONFIG, "and so does eglGetError");
    need(control(NULL, NULL) == EGL_SUCCESS, "no more");
}

// A forked child begins anew; its parent goes on as if nothing had been.
static void fork_child(const struct Kind* kind) {
    EGLContext context = make_context(display, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, 3, 0, 0);
    need(CALL(eglMakeCurrent)(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context), "the parent's");
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        CALL(eglMakeCurrent)(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
        need(CALL(eglInitialize)(display, NULL, NULL), "eglInitialize in the child");
        draw_in(kind);
        exit(0);
    }
    int status = -1;
    need(waitpid(child, &status, 0) == child && status == 0, "the child has drawn");
    need(CALL(glIsEnabled)(GL_DITHER), "the parent's context is as it was");
}

int main(int count, char** arguments) {
    static const struct Kind kinds[] = {
        {"es2", ES2_HEAD, 2, 0, 0},
        {"es3", ES3_HEAD, 3, 0, 0},
        {"core", CORE_HEAD, 3, 3, EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT},
        {"compatibility", COMPATIBILITY_HEAD, 2, 1, EGL_CONTEXT_OPENGL_COMPATIBILITY_PROFILE_BIT},
    };
    display = find_display(count > 1 ? arguments[1] : "default");
    need(display != EGL_NO_DISPLAY, "a display");
    before_it_begins();
    EGLint major = 0;
    EGLint minor = 0;
    need(CALL(eglInitialize)(display, &major, &minor) && major == 1 && minor >= 5, "eglInitialize");
    need(strstr(CALL(eglQueryString)(display, EGL_EXTENSIONS), "EGL_KHR_surfaceless_context") != NULL,
         "EGL_KHR_surfaceless_context");
    for (const struct Kind& kind : kinds) draw_in(&kind);
    ask_for_nothing();
    share();
    wait_for_others();
    hear_of_errors();
    if (count > 2) fork_child(&kinds[1]);
    // A display ends; what is current stays so, and is let go all the same.
    EGLContext left = CALL(eglGetCurrentContext)();
    need(CALL(eglTerminate)(display), "eglTerminate");
    need(CALL(eglGetCurrentContext)() == left, "current until it is let go");
    need(CALL(eglMakeCurrent)(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT), "let go");
    need(CALL(eglInitialize)(display, NULL, NULL), "once more");
    draw_in(&kinds[1]);
    need(CALL(eglTerminate)(display), "eglTerminate");
    printf("headless ok\n");
    return 0;
}
