// What GL refuses, and what it leaves as it was then; names that nothing has, buffers that are mapped, arrays
// that are nowhere. All is printed, so that a run by Ferry can be compared with one without.
#define GL_GLEXT_PROTOTYPES
#include <sys/mman.h>

#include <initializer_list>

#include "saying.h"

namespace {

GLuint make_program(const char* vertex, const char* fragment) {
    const GLuint program = glCreateProgram();
    for (const GLenum type : {GL_VERTEX_SHADER, GL_FRAGMENT_SHADER}) {
        const GLuint shader = glCreateShader(type);
        glShaderSource(shader, 1, type == GL_VERTEX_SHADER ? &vertex : &fragment, NULL);
        glCompileShader(shader);
        glAttachShader(program, shader);
    }
    glBindAttribLocation(program, 0, "place");
    glLinkProgram(program);
    return program;
}

// What is refused writes no outputs.
void ask_programs() {
    const GLuint program = make_program(
        "#version 130\nuniform float shift; void main() { gl_Position = gl_Vertex + vec4(shift); }\n",
        "#version 130\nvoid main() { gl_FragColor = vec4(0, 1, 0, 1); }\n");
    GLuint wrong = 77;
    GLint value = 55;
    glGetActiveUniformsiv(program, 1, &wrong, GL_UNIFORM_TYPE, &value);
    printf("a uniform: %d\n", value);
    say_error("a uniform");
    char name[8] = "kept";
    glGetActiveUniformName(program, 77, sizeof name, NULL, name);
    printf("its name: %s\n", name);
    say_error("its name");
    const GLchar* const names[] = {"shift", "none"};
    GLuint indices[2] = {5, 5};
    glGetUniformIndices(program, 2, names, indices);
    printf("indices: %u %u\n", indices[0], indices[1]);
    printf("blocks: %u %u\n", glGetUniformBlockIndex(program, "none"), glGetUniformBlockIndex(9999, "none"));
    say_error("blocks");
    printf("resources: %u\n", glGetProgramResourceIndex(program, GL_UNIFORM, NULL));
    printf("no interface: %u\n", glGetProgramResourceIndex(program, GL_TRUE, "shift"));
    say_error("resources");
    printf("waited: %04x\n", glClientWaitSync((GLsync)0xDEAD, 0, 0));
    say_error("a fence");
    GLint fixed = 66;
    glGetFramebufferParameteriv(GL_FRAMEBUFFER, GL_FRAMEBUFFER_DEFAULT_WIDTH, &fixed);
    printf("the window's: %d\n", fixed);
    say_error("the window's");
    glDeleteProgram(program);
}

// Only what binds a name makes an object of it.
void make_names_up() {
    GLuint texture = 0;
    GLuint query = 0;
    GLuint passed = 7;
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glTexStorage2D(GL_TEXTURE_2D, 1, GL_RGBA8, 4, 4);
    glCopyImageSubData(4523, GL_TEXTURE_2D, 0, 0, 0, 0, texture, GL_TEXTURE_2D, 0, 0, 0, 0, 1, 1, 1);
    say_error("a texture that is none");
    glBindTexture(GL_TEXTURE_2D, 4524);
    printf("one that is bound: %d\n", glIsTexture(4524));
    glBindTexture(GL_TEXTURE_2D, 0);
    glDeleteTextures(1, &texture);
    glGenQueries(1, &query);
    glDeleteQueries(1, &query);
    glBeginQuery(GL_ANY_SAMPLES_PASSED, query);
    glRectf(-1, -1, 1, 1);
    glEndQuery(GL_ANY_SAMPLES_PASSED);
    glGetQueryObjectuiv(query, GL_QUERY_RESULT, &passed);
    printf("a query that was deleted: %u\n", passed);
    say_drawn("a query that was deleted");
}

void work_on_mapped() {
    const GLubyte zero[4] = {};
    GLuint buffers[2] = {};
    glGenBuffers(2, buffers);
    glBindBuffer(GL_COPY_READ_BUFFER, buffers[0]);
    glBindBuffer(GL_COPY_WRITE_BUFFER, buffers[1]);
    glBufferData(GL_COPY_READ_BUFFER, 64, NULL, GL_STATIC_DRAW);
    glBufferData(GL_COPY_WRITE_BUFFER, 64, NULL, GL_STATIC_DRAW);
    glMapBufferRange(GL_COPY_READ_BUFFER, 16, 16, GL_MAP_WRITE_BIT);
    glCopyBufferSubData(GL_COPY_READ_BUFFER, GL_COPY_WRITE_BUFFER, 0, 0, 4);
    say_error("from a mapped buffer");
    glCopyBufferSubData(GL_COPY_WRITE_BUFFER, GL_COPY_READ_BUFFER, 0, 0, 4);
    say_error("to a mapped buffer");
    glBufferSubData(GL_COPY_READ_BUFFER, 0, 4, zero);
    say_error("into a mapped buffer");
    glClearBufferData(GL_COPY_READ_BUFFER, GL_RGBA8, GL_RGBA, GL_UNSIGNED_BYTE, zero);
    say_error("all of it");
    glClearBufferSubData(GL_COPY_READ_BUFFER, GL_RGBA8, 16, 4, GL_RGBA, GL_UNSIGNED_BYTE, zero);
    say_error("the mapped part");
    glClearBufferSubData(GL_COPY_READ_BUFFER, GL_RGBA8, 32, 4, GL_RGBA, GL_UNSIGNED_BYTE, zero);
    say_error("another part");
    glUnmapBuffer(GL_COPY_READ_BUFFER);
    glCopyBufferSubData(GL_COPY_READ_BUFFER, GL_COPY_WRITE_BUFFER, 0, 0, 4);
    say_error("from one that was mapped");
    glBufferData(GL_COPY_READ_BUFFER, 256 << 20, NULL, GL_STATIC_DRAW);
    say_error("a large one");
    glDeleteBuffers(2, buffers);
}

const float corners[] = {-1, -1, 1, -1, -1, 1, 1, 1, 0, 0};
const unsigned short order[] = {0, 1, 2, 0xFFFF, 1, 3, 2};

// Corners at the end of the memory that may be read: an index that begins a new primitive names none.
const float* guarded_corners() {
    const size_t page = 4096;
    char* memory = (char*)mmap(NULL, 512 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need(memory != MAP_FAILED && mprotect(memory, page, PROT_READ | PROT_WRITE) == 0, "memory");
    return (const float*)memcpy(memory + page - sizeof corners, corners, sizeof corners);
}

void restart() {
    glEnableClientState(GL_VERTEX_ARRAY);
    glVertexPointer(2, GL_FLOAT, 0, guarded_corners());
    glEnable(GL_PRIMITIVE_RESTART);
    glPrimitiveRestartIndex(0xFFFF);
    glDrawElements(GL_TRIANGLE_STRIP, 7, GL_UNSIGNED_SHORT, order);
    say_drawn("restarted");
    glDrawElements(GL_TRIANGLE_STRIP, 1, GL_UNSIGNED_SHORT, order + 3);
    say_drawn("nothing but a restart");
    glDisable(GL_PRIMITIVE_RESTART);
    glEnable(GL_PRIMITIVE_RESTART_FIXED_INDEX);
    glDrawElements(GL_TRIANGLE_STRIP, 7, GL_UNSIGNED_SHORT, order);
    say_drawn("restarted by the largest");
    glDisable(GL_PRIMITIVE_RESTART_FIXED_INDEX);
    glDrawElements(GL_TRIANGLE_STRIP, 3, GL_UNSIGNED_SHORT, order);
    say_drawn("not restarted");
}

// Vertices in memory, what is drawn in a buffer.
void draw_indirect() {
    const GLuint arrays[] = {3, 1, 0, 0, 3, 1, 1, 0};
    const GLuint elements[] = {3, 1, 0, 0, 0, 3, 1, 4, 0, 0};
    GLuint buffers[2] = {};
    glVertexPointer(2, GL_FLOAT, 0, corners);
    glGenBuffers(2, buffers);
    glBindBuffer(GL_DRAW_INDIRECT_BUFFER, buffers[0]);
    glBufferData(GL_DRAW_INDIRECT_BUFFER, sizeof arrays, arrays, GL_STATIC_DRAW);
    glDrawArraysIndirect(GL_TRIANGLES, place(16));
    say_drawn("indirectly");
    glMultiDrawArraysIndirect(GL_TRIANGLES, NULL, 2, 0);
    say_drawn("many indirectly");
    glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, buffers[1]);
    glBufferData(GL_ELEMENT_ARRAY_BUFFER, sizeof order, order, GL_STATIC_DRAW);
    glBufferData(GL_DRAW_INDIRECT_BUFFER, sizeof elements, elements, GL_STATIC_DRAW);
    glMultiDrawElementsIndirect(GL_TRIANGLES, GL_UNSIGNED_SHORT, NULL, 2, 0);
    say_drawn("indices indirectly");
    glDeleteBuffers(2, buffers);
}

void draw_wrongly() {
    glDrawElements(GL_TRIANGLES, 3, GL_FLOAT, order);
    say_error("no type of indices");
    glDrawElements(GL_TRIANGLES, -1, GL_UNSIGNED_SHORT, order);
    say_error("less than no indices");
    glDrawElements(GL_TRIANGLES, 0, GL_UNSIGNED_SHORT, order);
    say_error("no indices");
    const GLuint list = glGenLists(1);
    glNewList(list, GL_COMPILE);
    glDrawElementsInstanced(GL_TRIANGLES, 3, GL_UNSIGNED_SHORT, order, 2);
    say_error("instances in a list");
    glEndList();
    glDeleteLists(list, 1);
    glDisableClientState(GL_VERTEX_ARRAY);
    glVertexPointer(2, GL_FLOAT, 0, NULL);
    glVertexAttribPointer(3, 2, GL_FLOAT, GL_FALSE, 0, NULL);
    say_error("arrays that are nowhere");
}

// Drivers let programs read a map that they have asked for to write.
void read_write_only() {
    const GLuint told[4] = {1, 2, 3, 4};
    GLuint buffers[2] = {};
    glGenBuffers(2, buffers);
    glBindBuffer(GL_ARRAY_BUFFER, buffers[0]);
    glBufferStorage(GL_ARRAY_BUFFER, sizeof told, NULL, GL_MAP_WRITE_BIT | GL_MAP_PERSISTENT_BIT);
    const GLuint* map = (const GLuint*)glMapBufferRange(GL_ARRAY_BUFFER, 0, sizeof told,
                                                        GL_MAP_WRITE_BIT | GL_MAP_PERSISTENT_BIT);
    need(map != NULL, "a map that stays");
    glBindBuffer(GL_COPY_READ_BUFFER, buffers[1]);
    glBufferData(GL_COPY_READ_BUFFER, sizeof told, told, GL_STATIC_DRAW);
    glCopyBufferSubData(GL_COPY_READ_BUFFER, GL_ARRAY_BUFFER, 0, 0, sizeof told);
    const GLsync fence = glFenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0);
    glClientWaitSync(fence, GL_SYNC_FLUSH_COMMANDS_BIT, GL_TIMEOUT_IGNORED);
    printf("copied: %u %u\n", map[0], map[3]);
    glDeleteSync(fence);
    glDeleteBuffers(2, buffers);
    say_error("a map that stays");
}

// OpenGL ES has less to ask for: what the host asks behind the program's back is no error of the program's.
void be_es(GLXFBConfig config) {
    typedef GLXContext (*Create)(Display*, GLXFBConfig, GLXContext, Bool, const int*);
    Create create = (Create)glXGetProcAddressARB((const GLubyte*)"glXCreateContextAttribsARB");
    const int wanted[] = {GLX_CONTEXT_PROFILE_MASK_ARB,  GLX_CONTEXT_ES2_PROFILE_BIT_EXT,
                          GLX_CONTEXT_MAJOR_VERSION_ARB, 2,
                          GLX_CONTEXT_MINOR_VERSION_ARB, 0,
                          None};
    Display* display = glXGetCurrentDisplay();
    GLXContext context = create(display, config, NULL, True, wanted);
    const GLXDrawable drawable = glXGetCurrentDrawable();
    need(context != NULL && glXMakeContextCurrent(display, drawable, drawable, context), "OpenGL ES 2");
    GLuint buffer = 0;
    glGenBuffers(1, &buffer);
    glBindBuffer(GL_ARRAY_BUFFER, buffer);
    glBufferData(GL_ARRAY_BUFFER, sizeof corners, corners, GL_STATIC_DRAW);
    glVertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, place(8));
    glDeleteBuffers(1, &buffer);
    say_error("an array without its buffer");
    const GLenum buffers[] = {GL_BACK, GL_NONE};
    glDrawBuffers(0, buffers);
    say_error("no buffer to draw on");
    glDrawBuffers(2, buffers);
    say_error("two buffers to draw on");
    typedef void (*Discard)(GLenum, GLsizei, const GLenum*);
    Discard discard = (Discard)glXGetProcAddressARB((const GLubyte*)"glDiscardFramebufferEXT");
    const GLenum attachments[] = {GL_DEPTH_ATTACHMENT, GL_STENCIL_ATTACHMENT, GL_DEPTH};
    for (const GLenum& one : attachments) {
        discard(GL_FRAMEBUFFER, 1, &one);
        say_error("a part of the window");
    }
}

}  // namespace

int main() {
    const GLXFBConfig config = make_current_offscreen();
    ask_programs();
    make_names_up();
    work_on_mapped();
    restart();
    draw_indirect();
    draw_wrongly();
    read_write_only();
    be_es(config);
    printf("done\n");
}
