// Scenes of the fixed function.
#include <cmath>

#include "scenes.h"

static void ball() {
    constexpr int kRings = 12;
    const auto at = [](int ring, int step) {
        const float up = 3.14159265f * static_cast<float>(ring) / kRings;
        const float round = 6.2831853f * static_cast<float>(step) / (2 * kRings);
        const float x = std::sin(up) * std::cos(round);
        const float y = std::cos(up);
        const float z = std::sin(up) * std::sin(round);
        glNormal3f(x, y, z);
        glVertex3f(0.7f * x, 0.7f * y, 0.7f * z);
    };
    for (int ring = 0; ring < kRings; ++ring) {
        glBegin(GL_TRIANGLE_STRIP);
        for (int step = 0; step <= 2 * kRings; ++step) {
            at(ring, step);
            at(ring + 1, step);
        }
        glEnd();
    }
}

void lighting() {
    const float place[] = {1, 2, -3, 1};
    const float red[] = {0.9f, 0.2f, 0.1f, 1};
    const float white[] = {1, 1, 1, 1};
    glEnable(GL_DEPTH_TEST);
    glEnable(GL_LIGHTING);
    glEnable(GL_LIGHT0);
    glEnable(GL_LIGHT1);
    glLightfv(GL_LIGHT0, GL_POSITION, place);
    glLightfv(GL_LIGHT1, GL_DIFFUSE, red);
    glLightf(GL_LIGHT0, GL_LINEAR_ATTENUATION, 0.1f);
    glMaterialfv(GL_FRONT_AND_BACK, GL_DIFFUSE, red);
    glMaterialfv(GL_FRONT_AND_BACK, GL_SPECULAR, white);
    glMaterialf(GL_FRONT_AND_BACK, GL_SHININESS, 30);
    glMatrixMode(GL_PROJECTION);
    glFrustum(-0.5, 0.5, -0.5, 0.5, 1, 10);
    glMatrixMode(GL_MODELVIEW);
    glTranslatef(0, 0, -2);
    glRotatef(30, 1, 1, 0);
    ball();
    glEnable(GL_FOG);
    glFogi(GL_FOG_MODE, GL_LINEAR);
    glFogf(GL_FOG_END, 4);
    glTranslatef(0.5f, 0.5f, -0.5f);
    ball();
}

void lists() {
    const GLuint first = glGenLists(3);
    glNewList(first, GL_COMPILE);
    glBegin(GL_TRIANGLES);
    glVertex2f(0, 0);
    glVertex2f(0.4f, 0);
    glVertex2f(0.2f, 0.4f);
    glEnd();
    glEndList();
    glNewList(first + 1, GL_COMPILE_AND_EXECUTE);
    glColor3ub(250, 120, 10);
    glCallList(first);
    glTranslatef(0.45f, 0.1f, 0);
    glEndList();
    glNewList(first + 2, GL_COMPILE);
    glPushMatrix();
    glRotatef(20, 0, 0, 1);
    glColor4f(0, 1, 0.5f, 1);
    glRectf(-0.9f, -0.9f, -0.5f, -0.6f);
    glPopMatrix();
    glEndList();
    for (const GLuint list : {1u, 2u, 1u, 0u, 2u}) glCallList(first + list);
    glDeleteLists(first, 3);
}

static GLuint frame_of_texture() {
    GLuint frame = 0;
    GLuint texture = 0;
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, kSide, kSide, 0, GL_RGBA, GL_UNSIGNED_BYTE, nullptr);
    glBindTexture(GL_TEXTURE_2D, 0);
    glGenFramebuffers(1, &frame);
    glBindFramebuffer(GL_FRAMEBUFFER, frame);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, 0);
    glClear(GL_COLOR_BUFFER_BIT);
    return frame;
}

// On a framebuffer object: a window's rows are in the other order on the host, and where texels are mixed
// at a slant the last bit is another.
void mipmaps() {
    const GLuint frame = frame_of_texture();
    const auto texels = squares(64, 0xFF2040FF, 0xFF80FF40);
    glEnable(GL_TEXTURE_2D);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR_MIPMAP_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_GENERATE_MIPMAP, GL_TRUE);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, 64, 64, 0, GL_RGBA, GL_UNSIGNED_BYTE, texels.data());
    // A part of rows that are longer than it.
    glPixelStorei(GL_UNPACK_ROW_LENGTH, 64);
    glPixelStorei(GL_UNPACK_SKIP_ROWS, 3);
    glTexSubImage2D(GL_TEXTURE_2D, 0, 5, 7, 20, 11, GL_BGRA, GL_UNSIGNED_BYTE, texels.data());
    glMatrixMode(GL_PROJECTION);
    glFrustum(-0.5, 0.5, -0.5, 0.5, 1, 40);
    glBegin(GL_QUADS);
    glTexCoord2f(0, 0);
    glVertex3f(-1, -0.5f, -1.2f);
    glTexCoord2f(6, 0);
    glVertex3f(1, -0.5f, -1.2f);
    glTexCoord2f(6, 12);
    glVertex3f(8, 3, -20);
    glTexCoord2f(0, 12);
    glVertex3f(-8, 3, -20);
    glEnd();
    glBindFramebuffer(GL_READ_FRAMEBUFFER, frame);
    glBindFramebuffer(GL_DRAW_FRAMEBUFFER, 0);
    glBlitFramebuffer(0, 0, kSide, kSide, 0, 0, kSide, kSide, GL_COLOR_BUFFER_BIT, GL_NEAREST);
    glBindFramebuffer(GL_FRAMEBUFFER, 0);
}

void stencil() {
    glEnable(GL_STENCIL_TEST);
    glStencilFunc(GL_ALWAYS, 1, 0xFF);
    glStencilOp(GL_KEEP, GL_KEEP, GL_INCR);
    glColorMask(GL_FALSE, GL_TRUE, GL_TRUE, GL_TRUE);
    for (int turn = 0; turn < 6; ++turn) {
        glRotatef(25, 0, 0, 1);
        glColor3f(0.2f, 0.1f * static_cast<float>(turn), 0.5f);
        glRectf(-0.2f, -0.1f, 0.9f, 0.1f);
    }
    glColorMask(GL_TRUE, GL_TRUE, GL_TRUE, GL_TRUE);
    glStencilFunc(GL_LEQUAL, 3, 0xFF);
    glStencilOp(GL_KEEP, GL_KEEP, GL_KEEP);
    glEnable(GL_BLEND);
    glBlendFunc(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA);
    glColor4f(1, 1, 0, 0.6f);
    glRectf(-1, -1, 1, 1);
}

void points() {
    glEnable(GL_POINT_SPRITE);
    glTexEnvi(GL_POINT_SPRITE, GL_COORD_REPLACE, GL_TRUE);
    const auto texels = squares(8, 0xFFFFFFFF, 0xFF0000FF);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, 8, 8, 0, GL_RGBA, GL_UNSIGNED_BYTE, texels.data());
    glEnable(GL_TEXTURE_2D);
    glPointSize(24);
    const float places[] = {-0.5f, -0.5f, 0.5f, -0.5f, 0.1f, 0.6f};
    glEnableClientState(GL_VERTEX_ARRAY);
    glVertexPointer(2, GL_FLOAT, 0, places);
    glDrawArrays(GL_POINTS, 0, 3);
    glDisable(GL_TEXTURE_2D);
    glLineWidth(3);
    glEnable(GL_LINE_STIPPLE);
    glLineStipple(2, 0x3F2F);
    const GLushort order[] = {2, 0, 1, 2};
    glDrawElements(GL_LINE_STRIP, 4, GL_UNSIGNED_SHORT, order);
    glEnable(GL_POLYGON_STIPPLE);
    GLubyte pattern[128];
    for (int byte = 0; byte < 128; ++byte) pattern[byte] = static_cast<GLubyte>(byte * 37);
    glPolygonStipple(pattern);
    glRectf(-0.9f, 0.2f, -0.3f, 0.9f);
}
