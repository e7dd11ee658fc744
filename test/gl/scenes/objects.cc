// Scenes of shaders and objects.
#include "scenes.h"

static const char* const kPlain =
    "#version 140\nin vec3 color; out vec4 to; void main() { to = vec4(color, 1); }";
static const std::vector<float> kTriangle{-0.8f, -0.7f, 0.9f, -0.6f, 0.1f, 0.8f};

static void triangle(GLuint program) {
    buffer_of(GL_ARRAY_BUFFER, kTriangle);
    const auto place = static_cast<GLuint>(glGetAttribLocation(program, "place"));
    glVertexAttribPointer(place, 2, GL_FLOAT, GL_FALSE, 0, nullptr);
    glEnableVertexAttribArray(place);
}

void samples() {
    GLuint frame = 0;
    GLuint planes[2];
    glGenFramebuffers(1, &frame);
    glGenRenderbuffers(2, planes);
    glBindFramebuffer(GL_FRAMEBUFFER, frame);
    glBindRenderbuffer(GL_RENDERBUFFER, planes[0]);
    glRenderbufferStorageMultisample(GL_RENDERBUFFER, 4, GL_RGBA8, kSide, kSide);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, planes[0]);
    glBindRenderbuffer(GL_RENDERBUFFER, planes[1]);
    glRenderbufferStorageMultisample(GL_RENDERBUFFER, 4, GL_DEPTH24_STENCIL8, kSide, kSide);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_DEPTH_STENCIL_ATTACHMENT, GL_RENDERBUFFER, planes[1]);
    if (glCheckFramebufferStatus(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE) return;
    glClearColor(0, 0.3f, 0, 1);
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
    triangle(
        program_of("#version 140\nin vec2 place; out vec3 color;"
                   "void main() { color = vec3(place, 1); gl_Position = vec4(place, 0, 1); }",
                   kPlain));
    glDrawArrays(GL_TRIANGLES, 0, 3);
    glBindFramebuffer(GL_DRAW_FRAMEBUFFER, 0);
    glBlitFramebuffer(0, 0, kSide, kSide, 0, 0, kSide, kSide, GL_COLOR_BUFFER_BIT, GL_NEAREST);
    glBindFramebuffer(GL_FRAMEBUFFER, 0);
}

void instances() {
    const GLuint program = program_of(
        "#version 140\nin vec2 place; in vec3 shift; out vec3 color;"
        "void main() { color = vec3(shift.z, gl_InstanceID / 9.0, 0.4);"
        " gl_Position = vec4(place * 0.25 + shift.xy, 0, 1); }",
        kPlain);
    triangle(program);
    std::vector<float> shifts;
    for (int instance = 0; instance < 9; ++instance) {
        shifts.push_back(static_cast<float>(instance % 3) * 0.6f - 0.6f);
        shifts.push_back(static_cast<float>(instance / 3) * 0.6f - 0.6f);
        shifts.push_back(static_cast<float>(instance) * 0.1f);
    }
    buffer_of(GL_ARRAY_BUFFER, shifts);
    const auto shift = static_cast<GLuint>(glGetAttribLocation(program, "shift"));
    glVertexAttribPointer(shift, 3, GL_FLOAT, GL_FALSE, 0, nullptr);
    glVertexAttribDivisor(shift, 1);
    glEnableVertexAttribArray(shift);
    glDrawArraysInstanced(GL_TRIANGLES, 0, 3, 9);
}

void uniforms() {
    const GLuint program = program_of(
        "#version 140\nin vec2 place; out vec3 color; layout(std140) uniform Looks { vec4 colors[4]; vec4 "
        "scale; };"
        "void main() { color = colors[gl_VertexID].rgb; gl_Position = vec4(place * scale.xy, 0, 1); }",
        "#version 140\nin vec3 color; out vec4 to; uniform mat3 mix; uniform float gains[2];"
        "void main() { to = vec4(mix * color * gains[0] + gains[1], 1); }");
    triangle(program);
    std::vector<float> looks{1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 1, 0.9f, 0.8f, 0, 0};
    const GLuint buffer = buffer_of(GL_UNIFORM_BUFFER, looks);
    glUniformBlockBinding(program, glGetUniformBlockIndex(program, "Looks"), 2);
    glBindBufferBase(GL_UNIFORM_BUFFER, 2, buffer);
    const float mix[] = {0.7f, 0.2f, 0.1f, 0.1f, 0.8f, 0.1f, 0.3f, 0, 0.7f};
    glUniformMatrix3fv(glGetUniformLocation(program, "mix"), 1, GL_TRUE, mix);
    const float gains[] = {0.9f, 0.05f};
    glUniform1fv(glGetUniformLocation(program, "gains"), 2, gains);
    glDrawArrays(GL_TRIANGLES, 0, 3);
}

void feedback() {
    GLuint kept = 0;
    glGenBuffers(1, &kept);
    const GLuint maker = program_of(
        "#version 140\nin vec2 place; out vec4 made;"
        "void main() { made = vec4(place.yx * 0.8, 0, 1); gl_Position = made; }",
        "#version 140\nout vec4 to; void main() { to = vec4(1); }", "made");
    triangle(maker);
    glBindBufferBase(GL_TRANSFORM_FEEDBACK_BUFFER, 0, kept);
    glBufferData(GL_TRANSFORM_FEEDBACK_BUFFER, 3 * 16, nullptr, GL_DYNAMIC_COPY);
    glEnable(GL_RASTERIZER_DISCARD);
    glBeginTransformFeedback(GL_TRIANGLES);
    glDrawArrays(GL_TRIANGLES, 0, 3);
    glEndTransformFeedback();
    glDisable(GL_RASTERIZER_DISCARD);
    const GLuint shower = program_of(
        "#version 140\nin vec4 place; out vec3 color;"
        "void main() { color = place.xyw; gl_Position = place; }",
        kPlain);
    glBindBuffer(GL_ARRAY_BUFFER, kept);
    const auto place = static_cast<GLuint>(glGetAttribLocation(shower, "place"));
    glVertexAttribPointer(place, 4, GL_FLOAT, GL_FALSE, 0, nullptr);
    glEnableVertexAttribArray(place);
    glDrawArrays(GL_TRIANGLES, 0, 3);
}

void read_back() {
    glRectf(-0.5f, -0.9f, 0.2f, 0.4f);
    GLuint buffer = 0;
    glGenBuffers(1, &buffer);
    glBindBuffer(GL_PIXEL_PACK_BUFFER, buffer);
    glBufferData(GL_PIXEL_PACK_BUFFER, 100 * 50 * 4, nullptr, GL_STREAM_READ);
    glPixelStorei(GL_PACK_ROW_LENGTH, 100);
    glReadPixels(10, 10, 90, 50, GL_BGRA, GL_UNSIGNED_BYTE, nullptr);
    auto* pixels = static_cast<std::uint32_t*>(glMapBuffer(GL_PIXEL_PACK_BUFFER, GL_READ_WRITE));
    if (pixels == nullptr) return;
    for (int at = 0; at < 100 * 50; at += 7) pixels[at] ^= 0x00F0F0F0u;
    glUnmapBuffer(GL_PIXEL_PACK_BUFFER);
    glBindBuffer(GL_PIXEL_PACK_BUFFER, 0);
    glPixelStorei(GL_PACK_ROW_LENGTH, 0);
    glBindBuffer(GL_PIXEL_UNPACK_BUFFER, buffer);
    glPixelStorei(GL_UNPACK_ROW_LENGTH, 100);
    glWindowPos2i(40, 90);
    glDrawPixels(90, 50, GL_RGBA, GL_UNSIGNED_BYTE, nullptr);
    glPixelStorei(GL_UNPACK_ROW_LENGTH, 0);
    glBindBuffer(GL_PIXEL_UNPACK_BUFFER, 0);
}
