// What outlasts a call: buffers that stay mapped while GL works with them, and results of queries. What GL
// says has to be so is looked at here; how often the host was asked is counted by the test. `lasting maps`,
// `lasting flushed`, `lasting shared`, `lasting queries COUNT`.
#define GL_GLEXT_PROTOTYPES
#include <stdint.h>
#include <unistd.h>

#include "offscreen.h"

namespace {

constexpr int kSize = 40000;
constexpr GLbitfield kBoth = GL_MAP_READ_BIT | GL_MAP_WRITE_BIT | GL_MAP_PERSISTENT_BIT;

GLuint make_buffer(GLenum target, GLbitfield flags) {
    GLuint buffer = 0;
    glGenBuffers(1, &buffer);
    glBindBuffer(target, buffer);
    glBufferStorage(target, kSize, NULL, flags);
    return buffer;
}

// What GL has in the buffer bound to GL_ARRAY_BUFFER, taken by another one.
void need_there(const unsigned char* wanted, const char* what) {
    static unsigned char there[kSize];
    glCopyBufferSubData(GL_ARRAY_BUFFER, GL_COPY_WRITE_BUFFER, 0, 0, kSize);
    glGetBufferSubData(GL_COPY_WRITE_BUFFER, 0, kSize, there);
    need(memcmp(there, wanted, kSize) == 0, what);
}

void wait_for_host() {
    GLsync fence = glFenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0);
    const GLenum seen = glClientWaitSync(fence, GL_SYNC_FLUSH_COMMANDS_BIT, 5000000000ull);
    need(seen == GL_ALREADY_SIGNALED || seen == GL_CONDITION_SATISFIED, "the fence");
    glDeleteSync(fence);
}

// Both ends write, and neither undoes what the other has written.
void run_maps() {
    static unsigned char wanted[kSize];
    make_buffer(GL_COPY_WRITE_BUFFER, GL_MAP_READ_BIT | GL_DYNAMIC_STORAGE_BIT);
    make_buffer(GL_ARRAY_BUFFER, kBoth | GL_MAP_COHERENT_BIT | GL_DYNAMIC_STORAGE_BIT);
    unsigned char* memory =
        (unsigned char*)glMapBufferRange(GL_ARRAY_BUFFER, 0, kSize, kBoth | GL_MAP_COHERENT_BIT);
    need(memory != NULL && (uintptr_t)memory % 64 == 0, "a map that stays");
    memset(memory, 0, kSize);
    need_there(wanted, "zeros");
    for (int step = 0; step < 50; ++step) {
        // Near and far, and the same value again.
        memory[step * 797 % kSize] = wanted[step * 797 % kSize] = (unsigned char)(step + 1);
        memory[kSize - 1] = wanted[kSize - 1] = (unsigned char)(step / 3);
        need_there(wanted, "what the program writes");
    }
    // By the system on the program's behalf.
    int ends[2];
    need(pipe(ends) == 0 && write(ends[1], "by the system", 13) == 13, "a pipe");
    need(read(ends[0], memory + 5000, 13) == 13, "read() into a map");
    memcpy(wanted + 5000, "by the system", 13);
    need_there(wanted, "what the system writes");
    // By a call, and by GL.
    glBufferSubData(GL_ARRAY_BUFFER, 6000, 4, "call");
    memcpy(wanted + 6000, "call", 4);
    need_there(wanted, "what a call puts there");
    glCopyBufferSubData(GL_COPY_WRITE_BUFFER, GL_ARRAY_BUFFER, 5000, 7000, 13);
    memcpy(wanted + 7000, "by the system", 13);
    memory[6990] = wanted[6990] = 77;
    memory[7020] = wanted[7020] = 78;
    wait_for_host();
    need(memcmp(memory, wanted, kSize) == 0, "what GL has written");
    need_there(wanted, "what the program wrote meanwhile");
    // A draw sees it.
    const float corners[] = {-1, -1, 3, -1, -1, 3};
    memcpy(memory, corners, sizeof corners);
    glEnableClientState(GL_VERTEX_ARRAY);
    glVertexPointer(2, GL_FLOAT, 0, NULL);
    glColor3f(1, 0, 1);
    glDrawArrays(GL_TRIANGLES, 0, 3);
    unsigned pixel = 0;
    glReadPixels(8, 8, 1, 1, GL_RGBA, GL_UNSIGNED_BYTE, &pixel);
    need((pixel & 0xffffff) == 0xff00ff, "a draw");
    memset(memory, 0, sizeof corners);
    memset(wanted, 0, sizeof corners);
    memory[9000] = wanted[9000] = 9;
    need(glUnmapBuffer(GL_ARRAY_BUFFER), "glUnmapBuffer");
    need_there(wanted, "what was written before the end");
    need(glGetError() == GL_NO_ERROR, "no error");
}

// The program says what it has written; a part of a buffer, and what GL refuses.
void run_flushed() {
    static unsigned char wanted[kSize];
    const GLbitfield access = GL_MAP_WRITE_BIT | GL_MAP_PERSISTENT_BIT;
    make_buffer(GL_COPY_WRITE_BUFFER, GL_MAP_READ_BIT | GL_DYNAMIC_STORAGE_BIT);
    make_buffer(GL_ARRAY_BUFFER, access);
    const unsigned char zero = 0;
    glClearBufferData(GL_ARRAY_BUFFER, GL_R8, GL_RED, GL_UNSIGNED_BYTE, &zero);
    unsigned char* memory =
        (unsigned char*)glMapBufferRange(GL_ARRAY_BUFFER, 100, 20000, access | GL_MAP_FLUSH_EXPLICIT_BIT);
    need(memory != NULL && ((uintptr_t)memory - 100) % 64 == 0, "a part");
    for (int step = 0; step < 20; ++step) {
        memset(memory + step * 100, step + 1, 50);
        memset(wanted + 100 + step * 100, step + 1, 50);
        glFlushMappedBufferRange(GL_ARRAY_BUFFER, step * 100, 50);
        need_there(wanted, "what was flushed");
    }
    GLint value = 0;
    glGetBufferParameteriv(GL_ARRAY_BUFFER, GL_BUFFER_STORAGE_FLAGS, &value);
    need((GLbitfield)value == access, "the storage's flags");
    glGetBufferParameteriv(GL_ARRAY_BUFFER, GL_BUFFER_MAP_LENGTH, &value);
    need(value == 20000, "the map's length");
    need(glGetError() == GL_NO_ERROR, "no error");
    glBufferSubData(GL_ARRAY_BUFFER, 0, 1, wanted);
    need(glGetError() == GL_INVALID_OPERATION, "no dynamic storage");
    glUnmapBuffer(GL_ARRAY_BUFFER);
    need(glMapBufferRange(GL_ARRAY_BUFFER, 0, 10, access | GL_MAP_COHERENT_BIT) == NULL, "no coherent map");
    need(glGetError() == GL_INVALID_OPERATION, "no coherent storage");
    glBindBuffer(GL_ARRAY_BUFFER, 0);
    GLuint plain = 0;
    glGenBuffers(1, &plain);
    glBindBuffer(GL_ARRAY_BUFFER, plain);
    glBufferData(GL_ARRAY_BUFFER, 1000, NULL, GL_STATIC_DRAW);
    need(glMapBufferRange(GL_ARRAY_BUFFER, 0, 10, access) == NULL, "no map that stays");
    need(glGetError() == GL_INVALID_OPERATION, "no storage for it");
    const unsigned char* part =
        (const unsigned char*)glMapBufferRange(GL_ARRAY_BUFFER, 70, 10, GL_MAP_WRITE_BIT);
    need(part != NULL && ((uintptr_t)part - 70) % 64 == 0, "alignment of any map");
}

// Written while one context is current, used by another one of the group.
void run_shared(GLXFBConfig config) {
    static unsigned char wanted[kSize];
    Display* display = glXGetCurrentDisplay();
    const GLXDrawable drawable = glXGetCurrentDrawable();
    GLXContext first = glXGetCurrentContext();
    GLXContext second = glXCreateNewContext(display, config, GLX_RGBA_TYPE, first, True);
    need(second != NULL, "a second context");
    const GLuint other = make_buffer(GL_COPY_WRITE_BUFFER, GL_DYNAMIC_STORAGE_BIT);
    const GLuint buffer = make_buffer(GL_ARRAY_BUFFER, kBoth | GL_MAP_COHERENT_BIT);
    unsigned char* memory =
        (unsigned char*)glMapBufferRange(GL_ARRAY_BUFFER, 0, kSize, kBoth | GL_MAP_COHERENT_BIT);
    need(memory != NULL, "a map that stays");
    memset(memory, 0, kSize);
    for (int step = 0; step < 40; ++step) {
        memory[step * 911 % kSize] = wanted[step * 911 % kSize] = (unsigned char)(step + 1);
        glXMakeCurrent(display, drawable, step % 2 == 0 ? second : first);
        glBindBuffer(GL_ARRAY_BUFFER, buffer);
        glBindBuffer(GL_COPY_WRITE_BUFFER, other);
        need_there(wanted, "what was written elsewhere");
    }
    need(glGetError() == GL_NO_ERROR, "no error");
}

// A query a frame, which is asked for while the program goes on drawing.
void run_queries(int frames) {
    GLuint queries[4];
    glGenQueries(4, queries);
    glViewport(0, 0, 64, 32);
    for (int frame = 0; frame < frames; ++frame) {
        const GLuint query = queries[frame % 4];
        glBeginQuery(GL_SAMPLES_PASSED, query);
        glRectf(-1, -1, frame % 2 == 0 ? 1 : 0, 1);
        glEndQuery(GL_SAMPLES_PASSED);
        GLuint is_there = GL_FALSE;
        while (!is_there) {
            glClear(GL_COLOR_BUFFER_BIT);
            glFlush();
            // Frames take their time: the host keeps up.
            usleep(1000);
            glGetQueryObjectuiv(query, GL_QUERY_RESULT_AVAILABLE, &is_there);
        }
        GLuint samples = 0;
        GLint again = 0;
        glGetQueryObjectuiv(query, GL_QUERY_RESULT, &samples);
        glGetQueryObjectiv(query, GL_QUERY_RESULT, &again);
        const GLuint wanted = frame % 2 == 0 ? 64 * 32 : 32 * 32;
        need(samples == wanted && again == (GLint)wanted, "the samples");
    }
    // What is asked for at once is waited for; what has been waited for is there.
    glBeginQuery(GL_SAMPLES_PASSED, queries[0]);
    glRectf(-1, -1, 0, 0);
    glEndQuery(GL_SAMPLES_PASSED);
    GLuint64 samples = 0;
    glGetQueryObjectui64v(queries[0], GL_QUERY_RESULT, &samples);
    need(samples == 32 * 16, "the result that is waited for");
    GLuint any = 0;
    glGenQueries(1, &any);
    glBeginQuery(GL_ANY_SAMPLES_PASSED, any);
    glEndQuery(GL_ANY_SAMPLES_PASSED);
    glFinish();
    GLint is_there = 7;
    glGetQueryObjectiv(any, GL_QUERY_RESULT_AVAILABLE, &is_there);
    need(is_there == GL_TRUE, "a result after glFinish");
    glGetQueryObjectiv(any, GL_QUERY_RESULT, &is_there);
    need(is_there == 0, "no sample");
    need(glGetError() == GL_NO_ERROR, "no error");
    is_there = 7;
    glGetQueryObjectiv(queries[3] + 100, GL_QUERY_RESULT_AVAILABLE, &is_there);
    need(glGetError() == GL_INVALID_OPERATION && is_there == 7, "no such query");
    glDeleteQueries(4, queries);
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) return 2;
    GLXFBConfig config = make_current_offscreen();
    if (strcmp(arguments[1], "maps") == 0) run_maps();
    if (strcmp(arguments[1], "flushed") == 0) run_flushed();
    if (strcmp(arguments[1], "shared") == 0) run_shared(config);
    if (strcmp(arguments[1], "queries") == 0) run_queries(atoi(arguments[2]));
    printf("done\n");
    return 0;
}
