// What OpenGL answers at lengths that only it knows: evaluators, tables of pixels, patterns, labels. Against
// the host's own GL.
#include "gl_window.h"

namespace {

using namespace fake;

template <class T>
std::vector<T> values(std::span<const std::byte> bytes) {
    std::vector<T> copied(bytes.size() / sizeof(T));
    std::memcpy(copied.data(), bytes.data(), copied.size() * sizeof(T));
    return copied;
}

TEST(an_evaluator_answers_its_control_points) {
    if (no_gl()) return;
    Window window;
    const std::vector<float> points{0, 0, 0, 1, 2, 3};
    window.lane.say(wire::glMap1f_Request{
        .target = GL_MAP1_VERTEX_3, .u1 = 0, .u2 = 2, .stride = 3, .order = 2, .points = bytes(points)});
    const auto get = [&](GLenum query) {
        const auto reply =
            window.lane.ask(wire::glGetMapfv_Request{.target = GL_MAP1_VERTEX_3, .query = query});
        return values<float>(fake::read_payload<wire::glGetMapfv_Reply>(reply).v);
    };
    CHECK(get(GL_COEFF) == points);
    CHECK((get(GL_DOMAIN) == std::vector<float>{0, 2}));
    CHECK((get(GL_ORDER) == std::vector<float>{2}));
    const auto refused = window.lane.ask(wire::glGetMapfv_Request{.target = GL_RGBA, .query = GL_COEFF});
    CHECK_EQUAL(refused.header.result, 1);
    CHECK_EQUAL(window.lane.error(), GL_INVALID_ENUM);
}

TEST(a_table_of_pixels_and_a_pattern_come_back_as_they_went) {
    if (no_gl()) return;
    Window window;
    const std::vector<float> table{0, 0.25f, 0.5f, 1};
    window.lane.say(wire::glPixelMapfv_Request{
        .map = GL_PIXEL_MAP_R_TO_R, .mapsize = 4, .values_from = 1, .values = bytes(table)});
    const auto got =
        window.lane.ask(wire::glGetPixelMapfv_Request{.map = GL_PIXEL_MAP_R_TO_R, .values_from = 1});
    CHECK(values<float>(fake::read_payload<wire::glGetPixelMapfv_Reply>(got).values) == table);
    const auto none = window.lane.ask(wire::glGetPixelMapfv_Request{.map = GL_RGBA, .values_from = 1});
    CHECK_EQUAL(none.header.result, 1);
    CHECK_EQUAL(window.lane.error(), GL_INVALID_ENUM);
    std::vector<std::uint8_t> pattern(128);
    for (std::size_t index = 0; index < pattern.size(); ++index)
        pattern[index] = static_cast<std::uint8_t>(index);
    window.lane.say(wire::glPolygonStipple_Request{.mask_from = 1, .mask = bytes(pattern)});
    const auto back = window.lane.ask(wire::glGetPolygonStipple_Request{.mask_from = 1});
    CHECK(values<std::uint8_t>(fake::read_payload<wire::glGetPolygonStipple_Reply>(back).mask) == pattern);
    CHECK_EQUAL(window.lane.error(), 0u);
}

TEST(a_label_is_on_the_object_that_the_guest_means) {
    if (no_gl()) return;
    Window window;
    const std::array<std::uint32_t, 1> name{70};
    window.lane.say(wire::glGenTextures_Request{.textures = bytes(name)});
    window.lane.say(wire::glBindTexture_Request{.target = GL_TEXTURE_2D, .texture = 70});
    const std::string label = "wood";
    window.lane.say(wire::glObjectLabel_Request{.identifier = GL_TEXTURE, .name = 70, .label = bytes(label)});
    const auto reply =
        window.lane.ask(wire::glGetObjectLabel_Request{.identifier = GL_TEXTURE, .name = 70, .bufSize = 64});
    const auto got = fake::read_payload<wire::glGetObjectLabel_Reply>(reply);
    CHECK_EQUAL(got.length, 4);
    CHECK_EQUAL(wire::c_string(got.label), label);
    CHECK_EQUAL(window.lane.error(), 0u);
    window.lane.say(wire::glObjectLabel_Request{.identifier = GL_RGBA, .name = 70, .label = bytes(label)});
    CHECK_EQUAL(window.lane.error(), GL_INVALID_ENUM);
}

TEST(lists_are_their_share_groups_own) {
    if (no_gl()) return;
    Window window;
    const auto other = window.lane.open_lane();
    if (other == nullptr) return;
    CHECK(other->create(2));
    const auto make = [](GlLane& lane, std::uint32_t name) {
        lane.say(wire::glNewList_Request{.list = name, .mode = GL_COMPILE});
        lane.say(wire::glEndList_Request{});
    };
    const auto is_list = [](GlLane& lane, std::uint32_t name) {
        const auto reply = lane.ask(wire::glIsList_Request{.list = name});
        return int{read_payload<wire::glIsList_Reply>(reply).result};
    };
    make(*other, 7);
    CHECK_EQUAL(is_list(*other, 7), 1);
    CHECK_EQUAL(is_list(window.lane, 7), 0);
    make(window.lane, 7);
    other->say(wire::glDeleteLists_Request{.list = 7, .range = 1});
    CHECK_EQUAL(is_list(*other, 7), 0);
    CHECK_EQUAL(is_list(window.lane, 7), 1);
}

}  // namespace
