// Records of a guest that lies on lanes of GL, against the host's own GL: nothing it says makes the driver
// reach past memory of the host's. What breaks the rules ends its session.
#include <algorithm>

#include "gl_window.h"

namespace {

using namespace fake;

TEST(a_pixel_store_that_reaches_past_a_frame_leaves_it_as_it_is) {
    if (no_gl()) return;
    Window window;
    window.clear(1, 0, 0);
    constexpr std::size_t kFrame = 64 * 48;
    const std::pair<GLenum, std::int32_t> kLoose[] = {{GL_PACK_ROW_LENGTH, 1 << 20},
                                                      {GL_PACK_SKIP_ROWS, 1000},
                                                      {GL_PACK_SKIP_PIXELS, 1 << 16},
                                                      {GL_PACK_SWAP_BYTES, 1}};
    for (const auto& [parameter, value] : kLoose) {
        window.lane.say(wire::glPixelStorei_Request{.pname = parameter, .param = value});
        CHECK_EQUAL(window.present(kFrame * 4).header.result, 0);
        CHECK_EQUAL(window.shown(0), kRedForX);
        CHECK_EQUAL(window.shown(kFrame - 1), kRedForX);
        CHECK_EQUAL(window.shown(kFrame), 0u);
        const auto reply = window.lane.ask(wire::glReadPixels_Request{
            .width = 4, .height = 4, .format = GL_RGBA, .type = GL_UNSIGNED_BYTE, .pixels_from = 1});
        CHECK_EQUAL(reply.header.result, 1);
        CHECK_EQUAL(window.lane.error(), GL_INVALID_OPERATION);
        window.lane.say(wire::glPixelStorei_Request{.pname = parameter, .param = 0});
        CHECK_EQUAL(window.pixel(0, 0), kRed);
    }
}

// Arrays whose buffer is gone are client memory to GL, and what was an offset is an address.
TEST(arrays_whose_buffer_is_gone_reach_no_memory_of_the_host) {
    if (no_gl()) return;
    Window window;
    constexpr std::uint64_t kNowhere = 0x123456789000;
    const std::array<std::uint32_t, 1> name{5};
    const auto make = [&] {
        window.lane.say(wire::glBindBuffer_Request{.target = GL_ARRAY_BUFFER, .buffer = 5});
        const std::array<std::uint32_t, 16> data{};
        window.lane.say(wire::glBufferData_Request{
            .target = GL_ARRAY_BUFFER, .size = 64, .data = bytes(data), .usage = GL_STATIC_DRAW});
    };
    const auto draw = [&] {
        window.lane.say(wire::glDrawArrays_Request{.mode = GL_TRIANGLES, .first = 0, .count = 3});
        window.lane.say(wire::glBegin_Request{.mode = GL_TRIANGLES});
        window.lane.say(wire::glEnd_Request{});
        CHECK_EQUAL(window.lane.ask(wire::glFinish_Request{}).header.result & ~2, 0);
        window.lane.error();
    };
    make();
    window.lane.say(wire::glVertexPointer_Request{.size = 2, .type = GL_FLOAT, .pointer = kNowhere});
    window.lane.say(wire::glEnableClientState_Request{.array = GL_VERTEX_ARRAY});
    window.lane.say(wire::glDeleteBuffers_Request{.buffers = bytes(name)});
    draw();
    window.lane.say(wire::glDisableClientState_Request{.array = GL_VERTEX_ARRAY});
    make();
    window.lane.say(
        wire::glVertexAttribPointer_Request{.index = 0, .size = 2, .type = GL_FLOAT, .pointer = kNowhere});
    window.lane.say(wire::glEnableVertexAttribArray_Request{.index = 0});
    draw();
    make();
    window.lane.say(
        wire::glVertexAttribPointer_Request{.index = 0, .size = 2, .type = GL_FLOAT, .pointer = kNowhere});
    window.lane.say(wire::glDeleteBuffers_Request{.buffers = bytes(name)});
    draw();
    window.clear(1, 0, 0);
    CHECK_EQUAL(window.pixel(0, 0), kRed);
}

// What binds no buffer leaves what was an offset as an address of client memory.
TEST(arrays_that_are_given_no_buffer_reach_no_memory_of_the_host) {
    if (no_gl()) return;
    const auto survives = [](auto&& unbind) {
        Window window;
        const std::array<std::uint32_t, 16> data{};
        const std::array<std::uint32_t, 1> name{7};
        window.lane.say(wire::glGenVertexArrays_Request{.arrays = bytes(name)});
        window.lane.say(wire::glBindVertexArray_Request{.array = 7});
        window.lane.say(wire::glBindBuffer_Request{.target = GL_ARRAY_BUFFER, .buffer = 5});
        window.lane.say(wire::glBufferData_Request{
            .target = GL_ARRAY_BUFFER, .size = 64, .data = bytes(data), .usage = GL_STATIC_DRAW});
        window.lane.say(wire::glVertexAttribPointer_Request{
            .index = 0, .size = 2, .type = GL_FLOAT, .pointer = 0x123456789000});
        window.lane.say(wire::glEnableVertexAttribArray_Request{.index = 0});
        unbind(window.lane);
        CHECK_EQUAL(window.lane.error(), GL_NO_ERROR);
        window.lane.say(wire::glDrawArrays_Request{.mode = GL_TRIANGLES, .first = 0, .count = 3});
        window.clear(1, 0, 0);
        CHECK_EQUAL(window.pixel(0, 0), kRed);
    };
    survives([](GlLane& lane) { lane.say(wire::glBindVertexBuffer_Request{.stride = 8}); });
    survives([](GlLane& lane) { lane.say(wire::glBindVertexBuffers_Request{.count = 1}); });
    survives([](GlLane& lane) {
        lane.say(wire::glVertexAttribBinding_Request{.attribindex = 0, .bindingindex = 3});
    });
    survives(
        [](GlLane& lane) { lane.say(wire::glVertexArrayVertexBuffer_Request{.vaobj = 7, .stride = 8}); });
    survives(
        [](GlLane& lane) { lane.say(wire::glVertexArrayVertexBuffers_Request{.vaobj = 7, .count = 1}); });
    survives([](GlLane& lane) {
        lane.say(wire::glVertexArrayAttribBinding_Request{.vaobj = 7, .attribindex = 0, .bindingindex = 3});
    });
}

// Mesa takes it for one without a sign in glBindImageTextures, and binds past the end of its units.
TEST(a_count_below_nothing_is_refused) {
    if (no_gl()) return;
    Window window;
    window.lane.say(wire::glBindImageTextures_Request{.first = 2, .count = -1});
    CHECK_EQUAL(window.lane.error(), GL_INVALID_VALUE);
    window.lane.say(
        wire::glMultiDrawElements_Request{.mode = GL_TRIANGLES, .type = GL_UNSIGNED_INT, .drawcount = -1});
    CHECK_EQUAL(window.lane.error(), GL_INVALID_VALUE);
    window.lane.say(
        wire::glMultiDrawElements_Request{.mode = GL_TRIANGLES, .type = GL_UNSIGNED_INT, .drawcount = 0});
    CHECK_EQUAL(window.lane.error(), GL_NO_ERROR);
}

// Mesa takes one for a number without a sign in glGetInternalformati64v, too, and writes past the answer.
TEST(a_size_below_nothing_is_refused_behind_earlier_errors) {
    if (no_gl()) return;
    Window window;
    const auto reply = window.lane.ask(wire::glGetInternalformati64v_Request{
        .target = GL_TEXTURE_2D, .internalformat = GL_RGBA8, .pname = GL_SAMPLES, .count = -3});
    CHECK_EQUAL(reply.header.result, 1);
    CHECK_EQUAL(window.lane.error(), GL_INVALID_VALUE);
    window.lane.say(wire::glEnable_Request{.cap = 0xdeadbeef});
    window.lane.say(wire::glViewport_Request{.width = -1, .height = 1});
    CHECK_EQUAL(window.lane.error(), GL_INVALID_ENUM);
    CHECK_EQUAL(window.lane.error(), GL_NO_ERROR);
    // Of a range of no buffer GL ignores the size.
    window.lane.say(wire::glBindBufferRange_Request{.target = GL_UNIFORM_BUFFER, .size = -1});
    CHECK_EQUAL(window.lane.error(), GL_NO_ERROR);
    // Of a list it is one each time that the list is called.
    window.lane.say(wire::glNewList_Request{.list = 1, .mode = GL_COMPILE});
    window.lane.say(wire::glViewport_Request{.width = -1, .height = 1});
    window.lane.say(wire::glEndList_Request{});
    CHECK_EQUAL(window.lane.error(), GL_NO_ERROR);
    window.lane.say(wire::glCallList_Request{.list = 1});
    CHECK_EQUAL(window.lane.error(), GL_INVALID_VALUE);
    window.lane.say(wire::glBegin_Request{.mode = GL_POINTS});
    window.lane.say(wire::glViewport_Request{.width = -1, .height = 1});
    window.lane.say(wire::glEnd_Request{});
    CHECK_EQUAL(window.lane.error(), GL_INVALID_OPERATION);
    CHECK_EQUAL(window.lane.error(), GL_NO_ERROR);
}

// Mesa reads a list's elements as it compiles, without a look at the ends of buffers.
TEST(draws_in_a_list_reach_no_memory_past_their_buffers) {
    if (no_gl()) return;
    Window window;
    const std::array<float, 6> corners{-1, -1, 3, -1, -1, 3};
    const std::array<std::uint32_t, 4> indices{0, 1, 2, 1u << 28};
    const auto fill = [&](GLenum target, std::uint32_t name, auto&& data) {
        window.lane.say(wire::glBindBuffer_Request{.target = target, .buffer = name});
        window.lane.say(wire::glBufferData_Request{.target = target,
                                                   .size = static_cast<std::int64_t>(bytes(data).size()),
                                                   .data = bytes(data),
                                                   .usage = GL_STATIC_DRAW});
    };
    fill(GL_ARRAY_BUFFER, 5, corners);
    fill(GL_ELEMENT_ARRAY_BUFFER, 6, indices);
    window.lane.say(wire::glVertexPointer_Request{.size = 2, .type = GL_FLOAT});
    window.lane.say(wire::glEnableClientState_Request{.array = GL_VERTEX_ARRAY});
    const auto draw_all = [&](std::int32_t count) {
        window.lane.say(wire::glDrawArrays_Request{.mode = GL_TRIANGLES, .count = count});
    };
    const auto draw = [&](std::int32_t count) {
        window.lane.say(
            wire::glDrawElements_Request{.mode = GL_TRIANGLES, .count = count, .type = GL_UNSIGNED_INT});
    };
    window.lane.say(wire::glNewList_Request{.list = 1, .mode = GL_COMPILE});
    window.lane.say(wire::glDrawArrays_Request{.mode = GL_TRIANGLES, .first = 1 << 28, .count = 3});
    CHECK_EQUAL(window.lane.error(), GL_INVALID_OPERATION);
    draw_all(4);
    CHECK_EQUAL(window.lane.error(), GL_INVALID_OPERATION);
    draw(4);
    CHECK_EQUAL(window.lane.error(), GL_INVALID_OPERATION);
    draw(5);
    CHECK_EQUAL(window.lane.error(), GL_INVALID_OPERATION);
    window.lane.say(wire::glColor3f_Request{.red = 1});
    draw_all(3);
    window.lane.say(wire::glEndList_Request{});
    window.lane.say(wire::glNewList_Request{.list = 2, .mode = GL_COMPILE});
    window.lane.say(wire::glColor3f_Request{.green = 1});
    draw(3);
    window.lane.say(wire::glEndList_Request{});
    CHECK_EQUAL(window.lane.error(), GL_NO_ERROR);
    window.lane.say(wire::glCallList_Request{.list = 1});
    CHECK_EQUAL(window.pixel(0, 0), kRed);
    window.lane.say(wire::glCallList_Request{.list = 2});
    CHECK_EQUAL(window.pixel(0, 0), kGreen);
    // Outside of lists it is the driver that looks.
    draw_all(4);
    CHECK_EQUAL(window.lane.error(), GL_NO_ERROR);
}

TEST(draws_that_are_gathered_reach_no_memory_of_the_host) {
    if (no_gl()) return;
    Window window;
    const std::array<float, 6> corners{-1, -1, 3, -1, -1, 3};
    const auto draw = [&](GLenum expected) {
        window.lane.say(
            wire::glDrawArraysInstanced_Request{.mode = GL_TRIANGLES, .count = 3, .instancecount = 1});
        CHECK_EQUAL(window.lane.error(), expected);
    };
    const auto gathered = [&](GLenum mode) {
        const Reply reply = window.lane.ask(wire::glRenderMode_Request{.mode = mode});
        return read_payload<wire::glRenderMode_Reply>(reply).result;
    };
    window.lane.say(wire::glEnableVertexAttribArray_Request{.index = 0});
    // Refused, and done: it has no memory yet.
    window.lane.ask(wire::glRenderMode_Request{.mode = GL_FEEDBACK});
    CHECK_EQUAL(window.lane.error(), GL_INVALID_OPERATION);
    draw(GL_INVALID_OPERATION);
    CHECK_EQUAL(gathered(GL_RENDER), 0);
    window.lane.say(wire::glFeedbackBuffer_Request{.size = 64, .type = GL_2D});
    CHECK_EQUAL(gathered(GL_FEEDBACK), 0);
    draw(GL_INVALID_OPERATION);
    window.lane.say(wire::glBindBuffer_Request{.target = GL_ARRAY_BUFFER, .buffer = 5});
    window.lane.say(wire::glBufferData_Request{
        .target = GL_ARRAY_BUFFER, .size = sizeof corners, .data = bytes(corners), .usage = GL_STATIC_DRAW});
    window.lane.say(wire::glVertexAttribPointer_Request{.index = 0, .size = 2, .type = GL_FLOAT});
    draw(GL_NO_ERROR);
    window.lane.say(wire::glVertexAttribDivisor_Request{.index = 0, .divisor = 1});
    draw(GL_NO_ERROR);
    window.lane.say(wire::glBindBuffer_Request{.target = GL_ELEMENT_ARRAY_BUFFER, .buffer = 6});
    window.lane.say(wire::glBufferData_Request{.target = GL_ELEMENT_ARRAY_BUFFER,
                                               .size = sizeof corners,
                                               .data = bytes(corners),
                                               .usage = GL_STATIC_DRAW});
    window.lane.say(wire::glDrawElementsInstanced_Request{
        .mode = GL_TRIANGLES, .count = 1 << 20, .type = GL_UNSIGNED_SHORT, .instancecount = 1});
    CHECK_EQUAL(window.lane.error(), GL_INVALID_OPERATION);
    CHECK(gathered(GL_RENDER) > 0);
}

TEST(pixels_beyond_all_numbers_are_read_from_nowhere) {
    if (no_gl()) return;
    Window window;
    for (const auto& [x, y] : {std::pair{5, 0x7fffffff}, {0x7fffffff, 5}, {0x7fffffff, 0x7fffffff}}) {
        const auto reply = window.lane.ask(wire::glReadPixels_Request{.x = x,
                                                                      .y = y,
                                                                      .width = 7,
                                                                      .height = 1,
                                                                      .format = GL_RGB,
                                                                      .type = GL_SHORT,
                                                                      .pixels_from = 1});
        CHECK_EQUAL(reply.header.result, 0);
    }
    CHECK_EQUAL(window.lane.error(), GL_NO_ERROR);
}

TEST(a_list_that_is_begun_behind_a_refused_glBegin_is_looked_at) {
    if (no_gl()) return;
    Window window;
    // A framebuffer without anything to draw on.
    window.lane.say(wire::glBindFramebuffer_Request{.target = GL_FRAMEBUFFER, .framebuffer = 5});
    window.lane.say(wire::glBegin_Request{.mode = GL_TRIANGLES});
    window.lane.say(wire::glNewList_Request{.list = 1, .mode = GL_COMPILE});
    window.lane.say(wire::glEnableVertexAttribArray_Request{.index = 0});
    window.lane.say(wire::glDrawArrays_Request{.mode = GL_TRIANGLES, .first = 11, .count = 3});
    window.lane.say(wire::glEndList_Request{});
    CHECK(window.lane.error() != GL_NO_ERROR);
}

TEST(a_list_takes_bytes_of_a_buffer_that_has_them) {
    if (no_gl()) return;
    Window window;
    const std::array<float, 2> values{0.25F, 0.5F};
    const auto map = [&](GLsizei count, std::uint64_t offset) {
        window.lane.say(wire::glPixelMapfv_Request{
            .map = GL_PIXEL_MAP_R_TO_R, .mapsize = count, .values_from = 2, .values_offset = offset});
        return window.lane.error();
    };
    window.lane.say(wire::glBindBuffer_Request{.target = GL_PIXEL_UNPACK_BUFFER, .buffer = 5});
    window.lane.say(wire::glNewList_Request{.list = 1, .mode = GL_COMPILE});
    CHECK_EQUAL(map(2, 5), GL_INVALID_OPERATION);
    window.lane.say(wire::glBufferData_Request{.target = GL_PIXEL_UNPACK_BUFFER,
                                               .size = sizeof values,
                                               .data = bytes(values),
                                               .usage = GL_STATIC_DRAW});
    CHECK_EQUAL(map(2, 4), GL_INVALID_OPERATION);
    CHECK_EQUAL(map(2, 0), GL_NO_ERROR);
    window.lane.say(wire::glEndList_Request{});
    window.lane.say(wire::glBindBuffer_Request{.target = GL_PIXEL_UNPACK_BUFFER, .buffer = 0});
    window.lane.say(wire::glCallList_Request{.list = 1});
    const Reply reply =
        window.lane.ask(wire::glGetPixelMapfv_Request{.map = GL_PIXEL_MAP_R_TO_R, .values_from = 1});
    const auto listed = read_payload<wire::glGetPixelMapfv_Reply>(reply).values;
    CHECK(std::ranges::equal(listed, bytes(values)));
}

TEST(a_list_may_end_before_what_it_has_begun) {
    if (no_gl()) return;
    Window window;
    const auto list = [&](std::uint32_t name, GLenum mode, auto&&... requests) {
        window.lane.say(wire::glNewList_Request{.list = name, .mode = mode});
        (window.lane.say(requests), ...);
        window.lane.say(wire::glEndList_Request{});
    };
    list(1, GL_COMPILE, wire::glBegin_Request{.mode = GL_QUADS});
    list(2, GL_COMPILE, wire::glEnd_Request{});
    window.lane.say(wire::glColor3f_Request{.red = 1});
    window.lane.say(wire::glCallList_Request{.list = 1});
    for (const auto& [x, y] : {std::pair{-1.0f, -1.0f}, {1.0f, -1.0f}, {1.0f, 1.0f}, {-1.0f, 1.0f}})
        window.lane.say(wire::glVertex2f_Request{.x = x, .y = y});
    window.lane.say(wire::glCallList_Request{.list = 2});
    CHECK_EQUAL(window.lane.error(), GL_NO_ERROR);
    CHECK_EQUAL(window.pixel(0, 0), kRed);
    // Where it also draws, that is an error, and what has begun is still to end.
    list(3, GL_COMPILE_AND_EXECUTE, wire::glBegin_Request{.mode = GL_LINE_STRIP}, wire::glVertex2f_Request{},
         wire::glColor3f_Request{.green = 1}, wire::glVertex2f_Request{.x = 1});
    list(4, GL_COMPILE, wire::glEnd_Request{}, wire::glEnd_Request{});
    window.lane.say(wire::glEnd_Request{});
    CHECK_EQUAL(window.lane.error(), GL_INVALID_OPERATION);
    window.clear(0, 1, 0);
    CHECK_EQUAL(window.pixel(0, 0), kGreen);
}

// Mesa's cache knows texts only, and takes what has compiled for one stage to compile for every other.
TEST(a_text_of_one_stage_is_not_taken_for_another) {
    if (no_gl()) return;
    Window window;
    const std::string_view text = "attribute vec4 p; void main() { gl_Position = p; }";
    const auto of_shader = [&](std::uint32_t shader, GLenum what) {
        const auto reply = window.lane.ask(wire::glGetShaderiv_Request{.shader = shader, .pname = what});
        std::int32_t value = -1;
        const auto got = fake::read_payload<wire::glGetShaderiv_Reply>(reply);
        if (got.params.size() >= sizeof value) std::memcpy(&value, got.params.data(), sizeof value);
        return value;
    };
    std::uint32_t shader = 0;
    for (const GLenum stage : {GL_VERTEX_SHADER, GL_FRAGMENT_SHADER}) {
        window.lane.say(wire::glCreateShader_Request{.type = stage, .name = ++shader});
        window.lane.say(wire::glShaderSource_Request{.shader = shader, .source = bytes(text)});
        window.lane.say(wire::glCompileShader_Request{.shader = shader});
        CHECK_EQUAL(of_shader(shader, GL_COMPILE_STATUS), stage == GL_VERTEX_SHADER ? 1 : 0);
        CHECK_EQUAL(of_shader(shader, GL_SHADER_SOURCE_LENGTH), std::ssize(text) + 1);
        const auto reply = window.lane.ask(wire::glGetShaderSource_Request{.shader = shader, .bufSize = 500});
        const auto told = fake::read_payload<wire::glGetShaderSource_Reply>(reply);
        CHECK_EQUAL(told.length, std::ssize(text));
        CHECK_EQUAL(std::string(wire::c_string(told.source)), text);
    }
    CHECK_EQUAL(window.lane.error(), GL_NO_ERROR);
    window.lane.say(wire::glCreateShaderProgramv_Request{
        .type = GL_FRAGMENT_SHADER, .program = ++shader, .source = bytes(text)});
    CHECK_EQUAL(window.lane.ask(wire::glIsProgram_Request{.program = shader}).header.result & ~2, 0);
}

TEST(a_record_that_lies_ends_its_session) {
    if (no_gl()) return;
    const auto lie = [](auto&& tell) {
        Window window;
        tell(window);
        CHECK(window.worker.events.wait_for("ended").starts_with("ended 999"));
    };
    lie([](Window& window) {
        window.lane.say(wire::gl_drawable_Request{.drawable = 2, .width = 1, .height = 1, .colour = 5});
    });
    lie([](Window& window) {
        window.lane.say(
            wire::gl_drawable_Request{.drawable = 2, .width = 1u << 30, .height = 1, .colour = GL_RGBA8});
    });
    // Buffers without the offsets and sizes that go with them.
    lie([](Window& window) {
        const std::array<std::uint32_t, 2> buffers{1, 2};
        window.lane.say(wire::glBindBuffersRange_Request{
            .target = GL_UNIFORM_BUFFER, .first = 0, .count = 2, .buffers = bytes(buffers)});
    });
    lie([](Window& window) {
        window.lane.say(wire::gl_present_Request{
            .drawable = 1, .address = window.lane.arena_base - 4096, .size = 64 * 48 * 4});
    });
    lie([](Window& window) {
        window.lane.say(
            wire::gl_present_Request{.drawable = 1, .address = window.lane.arena_base, .size = ~0ull});
    });
    lie([](Window& window) {
        const std::array<std::uint32_t, 4> image{};
        window.lane.say(wire::glTexImage2D_Request{.target = GL_TEXTURE_2D,
                                                   .internalformat = static_cast<int>(GL_RGBA8),
                                                   .width = 1024,
                                                   .height = 1024,
                                                   .format = GL_RGBA,
                                                   .type = GL_UNSIGNED_BYTE,
                                                   .pixels_from = 1,
                                                   .pixels = bytes(image)});
    });
}

}  // namespace
