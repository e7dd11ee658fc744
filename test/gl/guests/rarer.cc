// Calls of OpenGL that are more than a record: what they answer, and what they draw, is printed, so that a
// run by Ferry can be compared with one without.
#define GL_GLEXT_PROTOTYPES
#include "saying.h"

namespace {

GLuint make_shader(GLenum type, const char* source) {
    const GLuint shader = glCreateShader(type);
    glShaderSource(shader, 1, &source, NULL);
    glCompileShader(shader);
    return shader;
}

const char* const corner_source = "#version 120\nvoid main() { gl_Position = gl_Vertex; }\n";
const char* const green_source = "#version 120\nvoid main() { gl_FragColor = vec4(0, 1, 0, 1); }\n";

void ask_programs() {
    const GLuint program = glCreateProgram();
    const GLuint vertex = make_shader(GL_VERTEX_SHADER, corner_source);
    const GLuint fragment = make_shader(GL_FRAGMENT_SHADER, green_source);
    glAttachShader(program, vertex);
    glAttachShader(program, fragment);
    GLuint found[4] = {};
    GLsizei count = 0;
    glGetAttachedShaders(program, 4, &count, found);
    printf("attached: %d %d %d\n", count, found[0] == vertex, found[1] == fragment);
    glGetAttachedShaders(program, 1, NULL, found);
    glGetAttachedObjectsARB(program, 4, &count, found);
    printf("attached objects: %d %d\n", count, found[1] == fragment);
    glGetAttachedShaders(program, -1, &count, found);
    say_error("a negative count");
    glLinkProgram(program);
    glUseProgram(program);
    printf("handle: %d\n", glGetHandleARB(GL_PROGRAM_OBJECT_ARB) == program);
    GLint type = 0;
    GLint subtype = 0;
    glGetObjectParameterivARB(program, GL_OBJECT_TYPE_ARB, &type);
    glGetObjectParameterivARB(fragment, GL_OBJECT_SUBTYPE_ARB, &subtype);
    printf("types: %04x %04x\n", type, subtype);
    char log[64] = "?";
    glGetInfoLogARB(vertex, sizeof log, NULL, log);
    printf("log: %s\n", log);
    glUseProgram(0);
    glDeleteObjectARB(fragment);
    glDeleteObjectARB(vertex);
    glDeleteObjectARB(program);
    const GLuint separate = glCreateShaderProgramv(GL_FRAGMENT_SHADER, 1, &green_source);
    GLint linked = 0;
    glGetProgramiv(separate, GL_LINK_STATUS, &linked);
    printf("separate: %d %d\n", separate != 0, linked);
    printf("none: %u\n", glCreateShaderProgramv(GL_TEXTURE_2D, 1, &green_source));
    say_error("programs");
}

const float corners[] = {-1, -1, 1, -1, -1, 1, 1, 1, 0, 0};
const unsigned short order[] = {0, 1, 2, 1, 3, 2, 0, 1, 3};
const GLsizei counts[] = {3, 3};
const GLint bases[] = {0, 1};

void draw_many(const void* const* indices) {
    glMultiDrawElements(GL_TRIANGLES, counts, GL_UNSIGNED_SHORT, indices, 2);
    say_drawn("two draws");
    glMultiDrawElementsBaseVertex(GL_TRIANGLES, counts, GL_UNSIGNED_SHORT, indices, 2, bases);
    say_drawn("two draws of other vertices");
}

void draw_indirect() {
    const GLuint arrays[] = {3, 1, 0, 0, 3, 1, 1, 0};
    const GLuint elements[] = {3, 1, 3, 0, 0};
    glDrawArraysIndirect(GL_TRIANGLES, arrays);
    say_drawn("indirectly");
    glMultiDrawArraysIndirect(GL_TRIANGLES, arrays, 2, 0);
    say_drawn("many indirectly");
    glDrawElementsIndirect(GL_TRIANGLES, GL_UNSIGNED_SHORT, elements);
    say_drawn("indices indirectly");
    GLuint buffer = 0;
    glGenBuffers(1, &buffer);
    glBindBuffer(GL_DRAW_INDIRECT_BUFFER, buffer);
    glBufferData(GL_DRAW_INDIRECT_BUFFER, sizeof arrays, arrays, GL_STATIC_DRAW);
    glDrawArraysIndirect(GL_TRIANGLES, place(16));
    say_drawn("indirectly from a buffer");
    glDeleteBuffers(1, &buffer);
}

void draw() {
    const void* from_memory[] = {order, order + 3};
    const void* from_buffer[] = {place(0), place(6)};
    void* pointer = NULL;
    GLuint buffers[2] = {};
    glEnableClientState(GL_VERTEX_ARRAY);
    glVertexPointer(2, GL_FLOAT, 0, corners);
    glGetPointerv(GL_VERTEX_ARRAY_POINTER, &pointer);
    printf("pointer: %d\n", pointer == corners);
    draw_many(from_memory);
    glGenBuffers(2, buffers);
    glBindBuffer(GL_ARRAY_BUFFER, buffers[0]);
    glBufferData(GL_ARRAY_BUFFER, sizeof corners, corners, GL_STATIC_DRAW);
    glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, buffers[1]);
    glBufferData(GL_ELEMENT_ARRAY_BUFFER, sizeof order, order, GL_STATIC_DRAW);
    glVertexPointer(2, GL_FLOAT, 0, NULL);
    glVertexAttribPointer(3, 2, GL_FLOAT, GL_FALSE, 0, place(8));
    glGetVertexAttribPointerv(3, GL_VERTEX_ATTRIB_ARRAY_POINTER, &pointer);
    printf("offset: %d\n", pointer == place(8));
    draw_many(from_buffer);
    draw_indirect();
    glMultiDrawElements(GL_TRIANGLES, counts, GL_UNSIGNED_SHORT, from_buffer, -1);
    say_error("a negative number of draws");
    glDeleteBuffers(2, buffers);
    glDisableClientState(GL_VERTEX_ARRAY);
}

void select_and_feed_back() {
    GLuint hits[16] = {};
    GLfloat values[16] = {};
    void* pointer = NULL;
    glSelectBuffer(16, hits);
    glGetPointerv(GL_SELECTION_BUFFER_POINTER, &pointer);
    glRenderMode(GL_SELECT);
    glInitNames();
    glPushName(7);
    glRectf(-0.5f, -0.5f, 0.5f, 0.5f);
    const GLint count = glRenderMode(GL_RENDER);
    printf("selected: %d %u %u, %d\n", count, hits[0], hits[3], pointer == hits);
    glFeedbackBuffer(16, GL_2D, values);
    glRenderMode(GL_FEEDBACK);
    glBegin(GL_POINTS);
    glVertex2f(0, 0);
    glEnd();
    printf("fed back: %d", glRenderMode(GL_RENDER));
    printf(" %g %g %g\n", values[0], values[1], values[2]);
    say_error("selection");
}

void ask_pixels() {
    const GLfloat map[] = {0, 0.25f, 0.5f, 1};
    const GLushort steps[] = {0, 65535};
    GLfloat got[4] = {};
    GLuint numbers[4] = {};
    glPixelMapfv(GL_PIXEL_MAP_R_TO_R, 4, map);
    glPixelMapusv(GL_PIXEL_MAP_G_TO_G, 2, steps);
    glGetPixelMapfv(GL_PIXEL_MAP_R_TO_R, got);
    glGetPixelMapuiv(GL_PIXEL_MAP_G_TO_G, numbers);
    printf("maps: %g %g %x\n", got[1], got[3], numbers[1]);
    glGetnPixelMapfvARB(GL_PIXEL_MAP_R_TO_R, 8, got);
    say_error("too little room");
    GLubyte stipple[128];
    GLubyte back[128] = {};
    for (int at = 0; at < 128; ++at) stipple[at] = (GLubyte)(at * 7);
    glPolygonStipple(stipple);
    glGetPolygonStipple(back);
    printf("stipple: %d\n", memcmp(stipple, back, sizeof back));
    const GLubyte blocks[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    GLuint texture = 0;
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glCompressedTexImage2D(GL_TEXTURE_2D, 0, GL_COMPRESSED_RED_RGTC1, 8, 4, 0, 16, blocks);
    memset(back, 0, sizeof back);
    glGetCompressedTextureImage(texture, 0, 16, back);
    printf("compressed: %d\n", memcmp(blocks, back, 16));
    glGetCompressedTextureSubImage(texture, 0, 4, 0, 0, 4, 4, 1, 8, back);
    printf("a block: %d\n", memcmp(blocks + 8, back, 8));
    glDeleteTextures(1, &texture);
    say_error("pixels");
}

int heard;

void hear(GLenum source, GLenum type, GLuint id, GLenum severity, GLsizei length, const GLchar* text,
          const void* user) {
    ++heard;
    printf("heard: %04x %04x %u %04x %d %s %d\n", source, type, id, severity, length, text, user == corners);
}

void say(GLuint id, const char* text) {
    glDebugMessageInsert(GL_DEBUG_SOURCE_APPLICATION, GL_DEBUG_TYPE_MARKER, id, GL_DEBUG_SEVERITY_LOW, -1,
                         text);
}

void hear_messages() {
    GLuint ids[4] = {};
    GLsizei lengths[4] = {};
    char texts[64] = {};
    glEnable(GL_DEBUG_OUTPUT);
    glDebugMessageControl(GL_DONT_CARE, GL_DONT_CARE, GL_DONT_CARE, 0, NULL, GL_FALSE);
    glDebugMessageControl(GL_DEBUG_SOURCE_APPLICATION, GL_DONT_CARE, GL_DONT_CARE, 0, NULL, GL_TRUE);
    say(1, "one");
    say(2, "the second");
    say(3, "three");
    GLuint count = glGetDebugMessageLog(2, sizeof texts, NULL, NULL, ids, NULL, lengths, texts);
    printf("log: %u %u %u %d %d %s %s\n", count, ids[0], ids[1], lengths[0], lengths[1], texts, texts + 4);
    count = glGetDebugMessageLog(4, 0, NULL, NULL, ids, NULL, NULL, NULL);
    printf("the rest: %u %u\n", count, ids[0]);
    glGetDebugMessageLog(1, -1, NULL, NULL, NULL, NULL, NULL, texts);
    say_error("a negative size");
    void* pointer = NULL;
    glEnable(GL_DEBUG_OUTPUT_SYNCHRONOUS);
    glDebugMessageCallback(hear, corners);
    glGetPointerv(GL_DEBUG_CALLBACK_USER_PARAM, &pointer);
    say(4, "at once");
    printf("so far: %d %d\n", heard, pointer == corners);
    glPushDebugGroup(GL_DEBUG_SOURCE_APPLICATION, 5, -1, "group");
    glPopDebugGroup();
    glDebugMessageCallback(NULL, NULL);
    say(6, "unheard");
    printf("in all: %d\n", heard);
    glDisable(GL_DEBUG_OUTPUT);
    say_error("messages");
}

void ask_limits() {
    GLint value = 7;
    GLint64 wide = 7;
    glGetIntegerv(GL_MAX_ELEMENT_INDEX, &value);
    glGetInteger64v(GL_MAX_ELEMENT_INDEX, &wide);
    printf("indices: %d %lld\n", value, (long long)wide);
    value = 7;
    glGetIntegerv(GL_MAX_COMPUTE_WORK_GROUP_COUNT, &value);
    printf("groups: %d\n", value);
    say_error("without an index");
    glGetIntegeri_v(GL_MAX_COMPUTE_WORK_GROUP_COUNT, 1, &value);
    printf("groups: %d\n", value);
    say_error("with one");
}

// Whether an extension is there.
int say_extensions(const char* name) {
    const char* all = (const char*)glGetString(GL_EXTENSIONS);
    printf("%s: %d\n", name, strstr(all, name) != NULL);
    return 0;
}

// A context of the core profile that was asked for by a version without profiles: what the host does behind
// the program's back must not become the program's error.
void end_buffers_of_core() {
    typedef GLXContext (*Create)(Display*, GLXFBConfig, GLXContext, Bool, const int*);
    Create create = (Create)glXGetProcAddressARB((const GLubyte*)"glXCreateContextAttribsARB");
    Display* display = glXGetCurrentDisplay();
    int count = 0;
    GLXFBConfig* configs = glXGetFBConfigs(display, DefaultScreen(display), &count);
    need(configs != NULL && count > 0, "glXGetFBConfigs");
    const int wanted[] = {GLX_CONTEXT_MAJOR_VERSION_ARB, 3, GLX_CONTEXT_MINOR_VERSION_ARB, 1, None};
    GLXContext context = create(display, configs[0], NULL, True, wanted);
    need(context != NULL && glXMakeContextCurrent(display, None, None, context), "a context of 3.1");
    GLuint buffer = 0;
    glGenBuffers(1, &buffer);
    glBindBuffer(GL_ARRAY_BUFFER, buffer);
    glDeleteBuffers(1, &buffer);
    say_error("a deleted buffer");
    glObjectLabel(GL_BUFFER, 77, 1, "x");
    say_error("a label for nothing");
    const GLsync fence = glFenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0);
    glDeleteSync(fence);
    glDeleteSync(fence);
    say_error("a fence deleted twice");
}

}  // namespace

int main(int count, char** words) {
    make_current_offscreen();
    if (count > 1) return say_extensions(words[1]);
    ask_programs();
    draw();
    select_and_feed_back();
    ask_pixels();
    hear_messages();
    ask_limits();
    end_buffers_of_core();
    printf("done\n");
}
