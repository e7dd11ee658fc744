// Programs that ask GL much: what they are told is true, and how often the host is asked is counted by the
// test. `asking frames COUNT` asks as old programs do, hundreds of times a frame; `asking labels COUNT` as
// they do with texts that are textures; `asking elements COUNT` draws arrays of its own by indices of a
// buffer; `asking maps COUNT` maps a buffer; `asking programs COUNT` asks where things are in a program.
#define GL_GLEXT_PROTOTYPES
#include "offscreen.h"

namespace {

// Text and spheres as screen savers draw them.
void run_frames(int frames) {
    glNewList(1, GL_COMPILE);
    glPushMatrix();
    glTranslatef(0.5f, 0, 0);
    glFrontFace(GL_CCW);
    glBegin(GL_QUADS);
    for (int at = 0; at < 4; ++at) glVertex2f((float)at, 1);
    glEnd();
    glPopMatrix();
    glEndList();
    glMatrixMode(GL_MODELVIEW);
    for (int frame = 0; frame < frames; ++frame) {
        glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
        glLoadIdentity();
        for (int atom = 0; atom < 40; ++atom) {
            GLfloat matrix[16];
            GLfloat colour[4];
            GLint box[4];
            glPushMatrix();
            glTranslatef((float)atom, 1, -5);
            glRotatef((float)frame, 1, 1, 0);
            glGetFloatv(GL_MODELVIEW_MATRIX, matrix);
            need(matrix[15] == 1, "the matrix");
            glColor4f(0.5f, 1, 0, 1);
            glCallList(1);
            glPushAttrib(GL_ENABLE_BIT | GL_LIGHTING_BIT);
            glEnable(GL_BLEND);
            glDisable(GL_LIGHTING);
            need(glIsEnabled(GL_BLEND) && !glIsEnabled(GL_LIGHTING), "what is enabled");
            glGetFloatv(GL_CURRENT_COLOR, colour);
            need(colour[0] == 0.5f, "the colour");
            glGetIntegerv(GL_VIEWPORT, box);
            need(box[2] == 64, "the viewport");
            glBegin(GL_TRIANGLES);
            glVertex2f(0, 0);
            glVertex2f(1, 0);
            glVertex2f(0, 1);
            glEnd();
            glPopAttrib();
            need(!glIsEnabled(GL_BLEND), "what was enabled");
            glPopMatrix();
            need(glGetError() == GL_NO_ERROR, "no error");
        }
        glFlush();
    }
}

// Labels of atoms: textures that are bound for a while, with a bias and a matrix of their own.
void run_labels(int frames) {
    GLuint textures[3];
    const GLubyte pixel[4] = {255, 255, 255, 255};
    glGenTextures(3, textures);
    for (GLuint texture : textures) {
        glBindTexture(GL_TEXTURE_2D, texture);
        glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, 1, 1, 0, GL_RGBA, GL_UNSIGNED_BYTE, pixel);
    }
    for (int label = 0; label < frames * 30; ++label) {
        GLint before = 0;
        GLint depth = 0;
        GLfloat matrix[16];
        glGetIntegerv(GL_TEXTURE_BINDING_2D, &before);
        need((GLuint)before == textures[2], "the texture");
        glBindTexture(GL_TEXTURE_2D, textures[label % 3]);
        need(glGetError() == GL_NO_ERROR, "the binding");
        glGetFloatv(GL_TEXTURE_MATRIX, matrix);
        need(matrix[0] == 1 && matrix[12] == 0, "the matrix");
        glMatrixMode(GL_TEXTURE);
        glPushMatrix();
        glLoadIdentity();
        glTranslatef(0.5f, 0, 0);
        glGetFloatv(GL_TEXTURE_MATRIX, matrix);
        need(matrix[12] == 0.5f, "the matrix that has moved");
        glGetIntegerv(GL_TEXTURE_STACK_DEPTH, &depth);
        need(depth == 2, "the depth");
        glMatrixMode(GL_MODELVIEW);
        glTexParameterf(GL_TEXTURE_2D, GL_TEXTURE_LOD_BIAS, 0.25f);
        need(glGetError() == GL_NO_ERROR, "the bias");
        glBegin(GL_QUADS);
        for (int at = 0; at < 4; ++at) glVertex2f((float)(at / 2), (float)(at % 2));
        glEnd();
        glMatrixMode(GL_TEXTURE);
        glPopMatrix();
        glMatrixMode(GL_MODELVIEW);
        glBindTexture(GL_TEXTURE_2D, (GLuint)before);
        need(glGetError() == GL_NO_ERROR, "no error");
    }
}

// One pixel of the frame, red where the draw has taken the vertices that it should.
bool is_red(int x) {
    unsigned char pixel[4];
    glReadPixels(x, 16, 1, 1, GL_RGBA, GL_UNSIGNED_BYTE, pixel);
    return pixel[0] == 255;
}

// The left half, then the right one, by indices that change now and then.
void run_elements(int frames) {
    const GLfloat corners[] = {-1, -1, 0, -1, 0, 1, -1, 1, 0, -1, 1, -1, 1, 1, 0, 1};
    const GLushort sides[2][4] = {{0, 1, 2, 3}, {4, 5, 6, 7}};
    GLuint buffer = 0;
    glGenBuffers(1, &buffer);
    glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, buffer);
    glBufferData(GL_ELEMENT_ARRAY_BUFFER, sizeof sides[0], sides[0], GL_STATIC_DRAW);
    glEnableClientState(GL_VERTEX_ARRAY);
    glColor3f(1, 0, 0);
    for (int side = 0; side < 2; ++side) {
        glBufferSubData(GL_ELEMENT_ARRAY_BUFFER, 0, sizeof sides[side], sides[side]);
        // What is drawn from has to be where it was taken: all but the side's own is somewhere else.
        GLfloat own[16];
        for (int at = 0; at < 16; ++at) own[at] = at / 8 == side ? corners[at] : 7;
        glVertexPointer(2, GL_FLOAT, 0, own);
        glClear(GL_COLOR_BUFFER_BIT);
        for (int frame = 0; frame < frames; ++frame) glDrawElements(GL_QUADS, 4, GL_UNSIGNED_SHORT, NULL);
        need(is_red(side == 0 ? 8 : 56) && !is_red(side == 0 ? 56 : 8), "the side that was drawn");
    }
    need(glGetError() == GL_NO_ERROR, "no error");
}

// Maps a buffer for writing again and again, a part of it and all of it: what is not written stays.
void run_maps(int frames) {
    GLuint buffer = 0;
    unsigned char first[256];
    for (int at = 0; at < 256; ++at) first[at] = (unsigned char)at;
    glGenBuffers(1, &buffer);
    glBindBuffer(GL_ARRAY_BUFFER, buffer);
    glBufferData(GL_ARRAY_BUFFER, sizeof first, first, GL_STATIC_DRAW);
    unsigned char wanted[256];
    memcpy(wanted, first, sizeof wanted);
    for (int frame = 0; frame < frames; ++frame) {
        unsigned char* whole = (unsigned char*)glMapBuffer(GL_ARRAY_BUFFER, GL_WRITE_ONLY);
        need(whole != NULL, "glMapBuffer");
        whole[frame % 256] = wanted[frame % 256] = (unsigned char)(frame * 7);
        need(glUnmapBuffer(GL_ARRAY_BUFFER), "glUnmapBuffer");
        unsigned char* part = (unsigned char*)glMapBufferRange(GL_ARRAY_BUFFER, 64, 64, GL_MAP_WRITE_BIT);
        need(part != NULL, "glMapBufferRange");
        part[frame % 64] = wanted[64 + frame % 64] = (unsigned char)(frame * 5);
        glUnmapBuffer(GL_ARRAY_BUFFER);
        glBufferSubData(GL_ARRAY_BUFFER, 200, 2, first + frame % 200);
        memcpy(wanted + 200, first + frame % 200, 2);
        const unsigned char* seen = (const unsigned char*)glMapBuffer(GL_ARRAY_BUFFER, GL_READ_ONLY);
        need(seen != NULL && memcmp(seen, wanted, sizeof wanted) == 0, "what the guest knows is there");
        glUnmapBuffer(GL_ARRAY_BUFFER);
        part = (unsigned char*)glMapBufferRange(
            GL_ARRAY_BUFFER, 0, 32,
            GL_MAP_WRITE_BIT | GL_MAP_INVALIDATE_RANGE_BIT | GL_MAP_FLUSH_EXPLICIT_BIT);
        memset(part, frame, 32);
        memset(wanted, frame, 32);
        glFlushMappedBufferRange(GL_ARRAY_BUFFER, 0, 32);
        glUnmapBuffer(GL_ARRAY_BUFFER);
    }
    unsigned char there[256];
    glGetBufferSubData(GL_ARRAY_BUFFER, 0, sizeof there, there);
    need(memcmp(there, wanted, sizeof wanted) == 0, "what is there");
    // The host writes: what the guest knew is no more.
    GLuint other = 0;
    glGenBuffers(1, &other);
    glBindBuffer(GL_COPY_READ_BUFFER, other);
    glBufferData(GL_COPY_READ_BUFFER, sizeof first, first, GL_STATIC_DRAW);
    glCopyBufferSubData(GL_COPY_READ_BUFFER, GL_ARRAY_BUFFER, 0, 0, sizeof first);
    const unsigned char* seen = (const unsigned char*)glMapBuffer(GL_ARRAY_BUFFER, GL_READ_ONLY);
    need(seen != NULL && memcmp(seen, first, sizeof first) == 0, "what was copied there");
    glUnmapBuffer(GL_ARRAY_BUFFER);
    need(glGetError() == GL_NO_ERROR, "no error");
}

// Asks a program for its places again and again, and links it anew: the places move.
void run_programs(int frames) {
    const GLuint shader = glCreateShader(GL_VERTEX_SHADER);
    const char* text =
        "attribute vec4 here; attribute vec4 there; uniform vec4 by;"
        "void main() { gl_Position = here + there * by; }";
    glShaderSource(shader, 1, &text, NULL);
    glCompileShader(shader);
    const GLuint program = glCreateProgram();
    glAttachShader(program, shader);
    for (GLuint place = 3; place < 6; ++place) {
        GLint is_linked = 0;
        glBindAttribLocation(program, place, "here");
        glLinkProgram(program);
        for (int frame = 0; frame < frames; ++frame) {
            glGetProgramiv(program, GL_LINK_STATUS, &is_linked);
            need(is_linked, "the program links");
            need(glGetAttribLocation(program, "here") == (GLint)place, "an attribute's place");
            need(glGetUniformLocation(program, "by") >= 0, "a uniform's place");
            need(glGetUniformLocation(program, "none") == -1, "what is not there");
            need(glGetError() == GL_NO_ERROR, "no error");
        }
    }
    need(glGetUniformLocation(shader, "by") == -1 && glGetError() == GL_INVALID_OPERATION, "no program");
    need(glGetUniformLocation(shader, "by") == -1 && glGetError() == GL_INVALID_OPERATION, "still none");
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 3) return 2;
    make_current_offscreen();
    if (strcmp(arguments[1], "frames") == 0) run_frames(atoi(arguments[2]));
    if (strcmp(arguments[1], "labels") == 0) run_labels(atoi(arguments[2]));
    if (strcmp(arguments[1], "elements") == 0) run_elements(atoi(arguments[2]));
    if (strcmp(arguments[1], "maps") == 0) run_maps(atoi(arguments[2]));
    if (strcmp(arguments[1], "programs") == 0) run_programs(atoi(arguments[2]));
    printf("done\n");
    return 0;
}
