// Drawing and frames on lanes of GL, against the host's own GL: default framebuffers that look like a
// window's, read-backs, presents into the arena and with the reply, sizes, samples, share groups.
#include "gl_window.h"

namespace {

using namespace fake;

TEST(a_frame_comes_into_the_arena_as_x_wants_it) {
    if (no_gl()) return;
    Window window;
    window.clear(1, 0, 0);
    // The lowest row, which comes last.
    window.lane.say(wire::glEnable_Request{.cap = GL_SCISSOR_TEST});
    window.lane.say(wire::glScissor_Request{.x = 0, .y = 0, .width = 64, .height = 1});
    window.clear(0, 1, 0);
    const auto reply = window.present(64 * 48 * 4);
    CHECK_EQUAL(reply.header.result, 0);
    const auto shown = fake::read_payload<wire::gl_present_Reply>(reply);
    CHECK_EQUAL(shown.width, 64u);
    CHECK_EQUAL(shown.height, 48u);
    CHECK_EQUAL(shown.stride, 256u);
    CHECK(shown.pixels.empty());
    CHECK_EQUAL(window.shown(0), kRedForX);
    CHECK_EQUAL(window.shown(46 * 64 + 63), kRedForX);
    CHECK_EQUAL(window.shown(47 * 64), kGreenForX);
    CHECK_EQUAL(window.lane.error(), 0u);
    CHECK_EQUAL(window.worker.meter(engine::Meter::presents), 1u);
}

TEST(a_frame_comes_with_the_reply_in_any_order_and_direction) {
    if (no_gl()) return;
    Window window;
    window.clear(1, 0, 0);
    const auto reply =
        window.lane.ask(wire::gl_present_Request{.drawable = 1, .stride = 264, .format = 1, .flags = 1});
    CHECK_EQUAL(reply.header.result, 0);
    const auto shown = fake::read_payload<wire::gl_present_Reply>(reply);
    CHECK_EQUAL(shown.pixels.size(), std::size_t{264} * 48);
    Pixel first{};
    if (!shown.pixels.empty()) std::memcpy(&first, shown.pixels.data() + 264 * 47, sizeof first);
    CHECK_EQUAL(first, kRed);
}

TEST(a_drawable_takes_another_size_and_a_slot_that_is_too_small_is_not_written) {
    if (no_gl()) return;
    Window window;
    window.clear(1, 0, 0);
    CHECK_EQUAL(window.present(64 * 48 * 4).header.result, 0);
    window.resize(128, 80);
    window.clear(0, 1, 0);
    CHECK_EQUAL(window.present(64 * 48 * 4).header.result, 1);
    CHECK_EQUAL(window.shown(0), kRedForX);
    const auto reply = window.present(128 * 80 * 4);
    CHECK_EQUAL(reply.header.result, 0);
    CHECK_EQUAL(fake::read_payload<wire::gl_present_Reply>(reply).width, 128u);
    CHECK_EQUAL(window.shown(128 * 80 - 1), kGreenForX);
    CHECK_EQUAL(window.lane.error(), 0u);
    const auto viewport = window.integers(GL_VIEWPORT);
    CHECK_EQUAL(viewport.size(), 4u);
    if (viewport.size() == 4) CHECK_EQUAL(viewport[2], 64);  // of the first size, as with a window
}

TEST(the_default_framebuffer_looks_like_a_windows) {
    if (no_gl()) return;
    Window window;
    CHECK_EQUAL(window.integer(GL_DRAW_FRAMEBUFFER_BINDING), 0);
    CHECK_EQUAL(window.integer(GL_DRAW_BUFFER), static_cast<int>(GL_BACK));
    CHECK_EQUAL(window.integer(GL_READ_BUFFER), static_cast<int>(GL_BACK));
    CHECK_EQUAL(window.integer(GL_DOUBLEBUFFER), 1);
    const auto reply = window.lane.ask(
        wire::glGetFramebufferAttachmentParameteriv_Request{.target = GL_FRAMEBUFFER,
                                                            .attachment = GL_BACK_LEFT,
                                                            .pname = GL_FRAMEBUFFER_ATTACHMENT_OBJECT_TYPE});
    const auto got = fake::read_payload<wire::glGetFramebufferAttachmentParameteriv_Reply>(reply);
    std::uint32_t type = 0;
    if (got.params.size() >= 4) std::memcpy(&type, got.params.data(), 4);
    CHECK_EQUAL(type, GL_FRAMEBUFFER_DEFAULT);
    CHECK_EQUAL(window.lane.error(), 0u);
    window.lane.say(wire::glDrawBuffer_Request{.buf = GL_COLOR_ATTACHMENT0});
    CHECK_EQUAL(window.lane.error(), GL_INVALID_OPERATION);
    window.lane.say(wire::glFramebufferTexture2D_Request{
        .target = GL_FRAMEBUFFER, .attachment = GL_COLOR_ATTACHMENT0, .textarget = GL_TEXTURE_2D});
    CHECK_EQUAL(window.lane.error(), GL_INVALID_OPERATION);
    window.clear(0, 0, 1);
    CHECK_EQUAL(window.pixel(3, 3), kBlue);
}

TEST(front_and_back_are_two_buffers_and_a_present_shows_the_back_one) {
    if (no_gl()) return;
    Window window;
    window.lane.say(wire::glDrawBuffer_Request{.buf = GL_FRONT});
    window.clear(0, 1, 0);
    window.lane.say(wire::glDrawBuffer_Request{.buf = GL_BACK});
    window.clear(1, 0, 0);
    CHECK_EQUAL(window.pixel(0, 0), kRed);
    window.lane.say(wire::glReadBuffer_Request{.src = GL_FRONT});
    CHECK_EQUAL(window.pixel(0, 0), kGreen);
    CHECK_EQUAL(window.present(64 * 48 * 4, 1).header.result, 0);
    CHECK_EQUAL(window.shown(0), kGreenForX);
    CHECK_EQUAL(window.present(64 * 48 * 4).header.result, 0);
    CHECK_EQUAL(window.shown(0), kRedForX);
    CHECK_EQUAL(window.pixel(0, 0), kRed);
    CHECK_EQUAL(window.lane.error(), 0u);
}

TEST(samples_become_pixels_where_they_are_read) {
    if (no_gl()) return;
    Window window(2, 4);
    window.clear(0, 0, 1);
    CHECK_EQUAL(window.integer(GL_SAMPLE_BUFFERS), 1);
    CHECK_EQUAL(window.pixel(5, 5), kBlue);
    CHECK_EQUAL(window.present(64 * 48 * 4).header.result, 0);
    CHECK_EQUAL(window.shown(9), kBlueForX);
    CHECK_EQUAL(window.lane.error(), 0u);
    window.clear(1, 0, 0);  // what was bound for drawing still is
    CHECK_EQUAL(window.pixel(5, 5), kRed);
}

TEST(a_framebuffer_that_is_deleted_gives_way_to_the_default_one) {
    if (no_gl()) return;
    Window window;
    const std::array<std::uint32_t, 1> name{7};
    window.lane.say(wire::glGenTextures_Request{.textures = bytes(name)});
    window.lane.say(wire::glBindTexture_Request{.target = GL_TEXTURE_2D, .texture = 7});
    window.lane.say(wire::glTexImage2D_Request{.target = GL_TEXTURE_2D,
                                               .internalformat = static_cast<int>(GL_RGBA8),
                                               .width = 4,
                                               .height = 4,
                                               .format = GL_RGBA,
                                               .type = GL_UNSIGNED_BYTE});
    window.lane.say(wire::glGenFramebuffers_Request{.framebuffers = bytes(name)});
    window.lane.say(wire::glBindFramebuffer_Request{.target = GL_FRAMEBUFFER, .framebuffer = 7});
    window.lane.say(wire::glFramebufferTexture2D_Request{.target = GL_FRAMEBUFFER,
                                                         .attachment = GL_COLOR_ATTACHMENT0,
                                                         .textarget = GL_TEXTURE_2D,
                                                         .texture = 7});
    window.clear(0, 1, 0);
    CHECK_EQUAL(window.pixel(0, 0), kGreen);
    CHECK_EQUAL(window.integer(GL_DRAW_FRAMEBUFFER_BINDING), 7);
    CHECK_EQUAL(window.integer(GL_TEXTURE_BINDING_2D), 7);
    window.lane.say(wire::glDeleteFramebuffers_Request{.framebuffers = bytes(name)});
    CHECK_EQUAL(window.integer(GL_DRAW_FRAMEBUFFER_BINDING), 0);
    window.clear(0, 0, 1);
    CHECK_EQUAL(window.pixel(63, 47), kBlue);
    CHECK_EQUAL(window.lane.error(), 0u);
}

TEST(an_image_that_one_lane_loads_is_there_for_another_of_its_share_group) {
    if (no_gl()) return;
    Window first;
    std::uint32_t number = 0;
    const auto second = first.lane.open_lane(&number);
    if (second == nullptr) return;
    CHECK(second->create(1));
    constexpr std::uint32_t kRounds = 50;
    const std::array<std::uint32_t, 1> name{3};
    first.lane.say(wire::glGenTextures_Request{.textures = bytes(name)});
    first.lane.say(wire::glBindTexture_Request{.target = GL_TEXTURE_2D, .texture = 3});
    // Records of the first lane so far: open_lane, create, drawable, make_current, and these two.
    std::uint64_t position = 6;
    for (std::uint32_t round = 1; round <= kRounds; ++round) {
        const std::vector<std::uint32_t> image(16 * 16, 0xFF000000u | round);
        first.lane.say(wire::glTexImage2D_Request{.target = GL_TEXTURE_2D,
                                                  .internalformat = static_cast<int>(GL_RGBA8),
                                                  .width = 16,
                                                  .height = 16,
                                                  .format = GL_RGBA,
                                                  .type = GL_UNSIGNED_BYTE,
                                                  .pixels_from = 1,
                                                  .pixels = bytes(image)});
        first.lane.say(wire::glFlush_Request{});
        position += 2;
        second->say(wire::gl_await_Request{.lane = 1, .position = position});
        second->say(wire::glBindTexture_Request{.target = GL_TEXTURE_2D, .texture = 3});
        const auto reply = second->ask(wire::glGetTexImage_Request{
            .target = GL_TEXTURE_2D, .format = GL_RGBA, .type = GL_UNSIGNED_BYTE, .pixels_from = 1});
        const auto read = fake::read_payload<wire::glGetTexImage_Reply>(reply);
        CHECK_EQUAL(read.pixels.size(), image.size() * 4);
        std::uint32_t got = 0;
        if (read.pixels.size() >= 4) std::memcpy(&got, read.pixels.data(), 4);
        CHECK_EQUAL(got, image[0]);
    }
    CHECK_EQUAL(second->error(), 0u);
    // Another group has other names.
    const auto third = first.lane.open_lane();
    if (third == nullptr) return;
    CHECK(third->create(2));
    third->say(wire::glBindTexture_Request{.target = GL_TEXTURE_2D, .texture = 3});
    const auto empty = third->ask(wire::glGetTexImage_Request{
        .target = GL_TEXTURE_2D, .format = GL_RGBA, .type = GL_UNSIGNED_BYTE, .pixels_from = 1});
    CHECK(fake::read_payload<wire::glGetTexImage_Reply>(empty).pixels.empty());
}

TEST(gles_draws_and_presents) {
    if (no_gl()) return;
    Window window(3);
    window.clear(1, 0, 0);
    CHECK_EQUAL(window.pixel(0, 0), kRed);
    CHECK_EQUAL(window.present(64 * 48 * 4).header.result, 0);
    CHECK_EQUAL(window.shown(0), kRedForX);
    CHECK_EQUAL(window.lane.error(), 0u);
}

TEST(a_finish_is_answered_once_the_work_is_done) {
    if (no_gl()) return;
    Window window;
    window.clear(1, 0, 0);
    CHECK_EQUAL(window.lane.ask(wire::glFinish_Request{}).header.result, 0);
    window.lane.say(wire::glFenceSync_Request{.condition = GL_SYNC_GPU_COMMANDS_COMPLETE, .name = 5});
    const auto reply =
        window.lane.ask(wire::glClientWaitSync_Request{.sync = 5, .flags = 1, .timeout = 1'000'000'000});
    const auto waited = fake::read_payload<wire::glClientWaitSync_Reply>(reply);
    CHECK(waited.result == GL_ALREADY_SIGNALED || waited.result == GL_CONDITION_SATISFIED);
}

TEST(a_pixel_store_that_reaches_past_an_image_of_a_record_has_it_refused) {
    if (no_gl()) return;
    Window window;
    const std::array<std::uint32_t, 16> image{};
    const std::array<std::uint32_t, 1> name{5};
    const auto load = [&](std::uint8_t from) {
        window.lane.say(wire::glTexImage2D_Request{.target = GL_TEXTURE_2D,
                                                   .internalformat = static_cast<int>(GL_RGBA8),
                                                   .width = 4,
                                                   .height = 4,
                                                   .format = GL_RGBA,
                                                   .type = GL_UNSIGNED_BYTE,
                                                   .pixels_from = from,
                                                   .pixels = from == 1 ? bytes(image) : bytes("")});
        return window.lane.error();
    };
    const auto store = [&](GLenum parameter, std::int32_t value) {
        window.lane.say(wire::glPixelStorei_Request{.pname = parameter, .param = value});
    };
    const auto bind = [&](std::uint32_t buffer) {
        window.lane.say(wire::glBindBuffer_Request{.target = GL_PIXEL_UNPACK_BUFFER, .buffer = buffer});
    };
    bind(5);
    window.lane.say(wire::glBufferData_Request{
        .target = GL_PIXEL_UNPACK_BUFFER, .size = 64, .data = bytes(image), .usage = GL_STATIC_DRAW});
    constexpr std::int32_t kFar = 1 << 20;
    const std::pair<GLenum, std::int32_t> kLoose[] = {{GL_UNPACK_ROW_LENGTH, kFar},
                                                      {GL_UNPACK_SKIP_ROWS, kFar},
                                                      {GL_UNPACK_SKIP_PIXELS, kFar},
                                                      {GL_UNPACK_IMAGE_HEIGHT, kFar},
                                                      {GL_UNPACK_ALIGNMENT, 8}};
    for (const auto& [parameter, value] : kLoose) {
        store(parameter, value);
        bind(0);
        CHECK_EQUAL(load(1), GL_INVALID_OPERATION);
        CHECK_EQUAL(load(0), GL_NO_ERROR);  // without an image there is nothing to read
        bind(5);
        CHECK_EQUAL(load(1), GL_INVALID_OPERATION);
        // Neither does GL take it back between these two, nor a stack that the guest pops.
        window.lane.say(wire::glPushClientAttrib_Request{.mask = GL_CLIENT_PIXEL_STORE_BIT});
        const std::int32_t tight = parameter == GL_UNPACK_ALIGNMENT ? 1 : 0;
        window.lane.say(wire::glBegin_Request{.mode = GL_POINTS});
        store(parameter, tight);
        window.lane.say(wire::glEnd_Request{});
        bind(0);
        CHECK_EQUAL(load(1), GL_INVALID_OPERATION);
        store(parameter, tight);
        window.lane.error();
        CHECK_EQUAL(load(1), GL_NO_ERROR);
        window.lane.say(wire::glPopClientAttrib_Request{});
        CHECK_EQUAL(load(1), GL_NO_ERROR);
    }
    window.lane.say(wire::glDeleteBuffers_Request{.buffers = bytes(name)});
    CHECK_EQUAL(window.lane.error(), GL_NO_ERROR);
}

}  // namespace
