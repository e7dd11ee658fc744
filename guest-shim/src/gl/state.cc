// See state.h.
#include "gl/state.h"

#include <algorithm>
#include <iterator>

namespace guest::gl {
namespace {

struct Followed {
    GLenum name;
    StateKind kind = StateKind::integer;
    GLbitfield groups = 0;  // of glPushAttrib
    bool per_unit = false;  // a value for each texture unit
    bool is_binding = false;
};

constexpr GLbitfield kEnable = GL_ENABLE_BIT;
constexpr StateKind kInteger = StateKind::integer;
constexpr StateKind kReal = StateKind::real;
constexpr StateKind kColour = StateKind::colour;

// Sorted by name where it is used; here by what it belongs to.
constexpr Followed kFollowed[] = {
    {GL_ALPHA_TEST, kInteger, kEnable | GL_COLOR_BUFFER_BIT},
    {GL_ALPHA_TEST_FUNC, kInteger, GL_COLOR_BUFFER_BIT},
    {GL_ALPHA_TEST_REF, kColour, GL_COLOR_BUFFER_BIT},
    {GL_BLEND, kInteger, kEnable | GL_COLOR_BUFFER_BIT},
    {GL_BLEND_SRC_RGB, kInteger, GL_COLOR_BUFFER_BIT},
    {GL_BLEND_DST_RGB, kInteger, GL_COLOR_BUFFER_BIT},
    {GL_BLEND_SRC_ALPHA, kInteger, GL_COLOR_BUFFER_BIT},
    {GL_BLEND_DST_ALPHA, kInteger, GL_COLOR_BUFFER_BIT},
    {GL_BLEND_EQUATION_RGB, kInteger, GL_COLOR_BUFFER_BIT},
    {GL_BLEND_EQUATION_ALPHA, kInteger, GL_COLOR_BUFFER_BIT},
    {GL_BLEND_COLOR, kColour, GL_COLOR_BUFFER_BIT},
    {GL_COLOR_CLEAR_VALUE, kColour, GL_COLOR_BUFFER_BIT},
    {GL_COLOR_WRITEMASK, kInteger, GL_COLOR_BUFFER_BIT},
    {GL_COLOR_LOGIC_OP, kInteger, kEnable | GL_COLOR_BUFFER_BIT},
    {GL_LOGIC_OP_MODE, kInteger, GL_COLOR_BUFFER_BIT},
    {GL_DITHER, kInteger, kEnable | GL_COLOR_BUFFER_BIT},
    {GL_DEPTH_TEST, kInteger, kEnable | GL_DEPTH_BUFFER_BIT},
    {GL_DEPTH_FUNC, kInteger, GL_DEPTH_BUFFER_BIT},
    {GL_DEPTH_WRITEMASK, kInteger, GL_DEPTH_BUFFER_BIT},
    {GL_DEPTH_CLEAR_VALUE, kColour, GL_DEPTH_BUFFER_BIT},
    {GL_STENCIL_TEST, kInteger, kEnable | GL_STENCIL_BUFFER_BIT},
    {GL_STENCIL_FUNC, kInteger, GL_STENCIL_BUFFER_BIT},
    {GL_STENCIL_BACK_FUNC, kInteger, GL_STENCIL_BUFFER_BIT},
    {GL_STENCIL_FAIL, kInteger, GL_STENCIL_BUFFER_BIT},
    {GL_STENCIL_PASS_DEPTH_FAIL, kInteger, GL_STENCIL_BUFFER_BIT},
    {GL_STENCIL_PASS_DEPTH_PASS, kInteger, GL_STENCIL_BUFFER_BIT},
    {GL_STENCIL_BACK_FAIL, kInteger, GL_STENCIL_BUFFER_BIT},
    {GL_STENCIL_BACK_PASS_DEPTH_FAIL, kInteger, GL_STENCIL_BUFFER_BIT},
    {GL_STENCIL_BACK_PASS_DEPTH_PASS, kInteger, GL_STENCIL_BUFFER_BIT},
    {GL_CULL_FACE, kInteger, kEnable | GL_POLYGON_BIT},
    {GL_CULL_FACE_MODE, kInteger, GL_POLYGON_BIT},
    {GL_FRONT_FACE, kInteger, GL_POLYGON_BIT},
    {GL_POLYGON_MODE, kInteger, GL_POLYGON_BIT},
    {GL_POLYGON_OFFSET_FACTOR, kReal, GL_POLYGON_BIT},
    {GL_POLYGON_OFFSET_UNITS, kReal, GL_POLYGON_BIT},
    {GL_POLYGON_OFFSET_FILL, kInteger, kEnable | GL_POLYGON_BIT},
    {GL_POLYGON_OFFSET_LINE, kInteger, kEnable | GL_POLYGON_BIT},
    {GL_POLYGON_OFFSET_POINT, kInteger, kEnable | GL_POLYGON_BIT},
    {GL_POLYGON_SMOOTH, kInteger, kEnable | GL_POLYGON_BIT},
    {GL_POLYGON_STIPPLE, kInteger, kEnable | GL_POLYGON_BIT},
    {GL_LINE_WIDTH, kReal, GL_LINE_BIT},
    {GL_LINE_SMOOTH, kInteger, kEnable | GL_LINE_BIT},
    {GL_LINE_STIPPLE, kInteger, kEnable | GL_LINE_BIT},
    {GL_POINT_SIZE, kReal, GL_POINT_BIT},
    {GL_POINT_SMOOTH, kInteger, kEnable | GL_POINT_BIT},
    {GL_SCISSOR_TEST, kInteger, kEnable | GL_SCISSOR_BIT},
    {GL_SCISSOR_BOX, kInteger, GL_SCISSOR_BIT},
    {GL_VIEWPORT, kInteger, GL_VIEWPORT_BIT},
    {GL_DEPTH_RANGE, kColour, GL_VIEWPORT_BIT},
    {GL_FOG, kInteger, kEnable | GL_FOG_BIT},
    {GL_LIGHTING, kInteger, kEnable | GL_LIGHTING_BIT},
    {GL_LIGHT0, kInteger, kEnable | GL_LIGHTING_BIT},
    {GL_LIGHT1, kInteger, kEnable | GL_LIGHTING_BIT},
    {GL_LIGHT2, kInteger, kEnable | GL_LIGHTING_BIT},
    {GL_LIGHT3, kInteger, kEnable | GL_LIGHTING_BIT},
    {GL_LIGHT4, kInteger, kEnable | GL_LIGHTING_BIT},
    {GL_LIGHT5, kInteger, kEnable | GL_LIGHTING_BIT},
    {GL_LIGHT6, kInteger, kEnable | GL_LIGHTING_BIT},
    {GL_LIGHT7, kInteger, kEnable | GL_LIGHTING_BIT},
    {GL_COLOR_MATERIAL, kInteger, kEnable | GL_LIGHTING_BIT},
    {GL_SHADE_MODEL, kInteger, GL_LIGHTING_BIT},
    {GL_NORMALIZE, kInteger, kEnable | GL_TRANSFORM_BIT},
    {GL_RESCALE_NORMAL, kInteger, kEnable | GL_TRANSFORM_BIT},
    {GL_MATRIX_MODE, kInteger, GL_TRANSFORM_BIT},
    {GL_MULTISAMPLE, kInteger, kEnable | GL_MULTISAMPLE_BIT},
    {GL_SAMPLE_ALPHA_TO_COVERAGE, kInteger, kEnable | GL_MULTISAMPLE_BIT},
    {GL_SAMPLE_COVERAGE, kInteger, kEnable | GL_MULTISAMPLE_BIT},
    {GL_CURRENT_COLOR, kColour, GL_CURRENT_BIT},
    {GL_ACTIVE_TEXTURE, kInteger, GL_TEXTURE_BIT},
    {GL_TEXTURE_1D, kInteger, kEnable | GL_TEXTURE_BIT, true},
    {GL_TEXTURE_2D, kInteger, kEnable | GL_TEXTURE_BIT, true},
    {GL_TEXTURE_GEN_S, kInteger, kEnable | GL_TEXTURE_BIT, true},
    {GL_TEXTURE_GEN_T, kInteger, kEnable | GL_TEXTURE_BIT, true},
    {GL_TEXTURE_GEN_R, kInteger, kEnable | GL_TEXTURE_BIT, true},
    {GL_TEXTURE_GEN_Q, kInteger, kEnable | GL_TEXTURE_BIT, true},
    {GL_TEXTURE_BINDING_1D, kInteger, GL_TEXTURE_BIT, true, true},
    {GL_TEXTURE_BINDING_2D, kInteger, GL_TEXTURE_BIT, true, true},
    {GL_TEXTURE_BINDING_3D, kInteger, GL_TEXTURE_BIT, true, true},
    {GL_TEXTURE_BINDING_CUBE_MAP, kInteger, GL_TEXTURE_BIT, true, true},
    {GL_LIST_BASE, kInteger, GL_LIST_BIT},
    {GL_CURRENT_PROGRAM},
    {GL_DRAW_FRAMEBUFFER_BINDING},
    {GL_READ_FRAMEBUFFER_BINDING},
};

constexpr std::size_t kNames = std::size(kFollowed);
constexpr std::uint8_t kNone = 0xff;
static_assert(kNames < kNone);

// By the number of a name: its row.
constexpr auto kRows = [] {
    std::array<std::uint8_t, 0x10000> rows{};
    rows.fill(kNone);
    for (std::size_t row = 0; row < kNames; ++row) rows[kFollowed[row].name] = static_cast<std::uint8_t>(row);
    return rows;
}();

// Where the values of a row begin.
constexpr auto kPlaces = [] {
    std::array<std::uint16_t, kNames + 1> places{};
    for (std::size_t row = 0; row < kNames; ++row)
        places[row + 1] =
            static_cast<std::uint16_t>(places[row] + (kFollowed[row].per_unit ? kFollowedUnits : 1));
    return places;
}();

constexpr std::uint8_t row_of(GLenum name) {
    // Older names for what blending in parts has made one of several.
    if (name == GL_BLEND_SRC) name = GL_BLEND_SRC_RGB;
    if (name == GL_BLEND_DST) name = GL_BLEND_DST_RGB;
    return name < kRows.size() ? kRows[name] : kNone;
}

constexpr std::size_t kNowhere = ~std::size_t{0};

}  // namespace

bool State::follows(GLenum name) { return row_of(name) != kNone; }

StateKind State::kind_of(GLenum name) { return kFollowed[row_of(name)].kind; }

std::size_t State::place_of(GLenum name) const {
    static_assert(kPlaces[kNames] <= kMost);
    const std::uint8_t row = row_of(name);
    if (row == kNone) return kNowhere;
    if (!kFollowed[row].per_unit) return kPlaces[row];
    const StateValue& active = values_[kPlaces[row_of(GL_ACTIVE_TEXTURE)]];
    const auto unit = static_cast<GLuint>(active.integers[0]) - GL_TEXTURE0;
    return active.count == 0 || unit >= kFollowedUnits ? kNowhere : kPlaces[row] + unit;
}

const StateValue* State::find(GLenum name) const {
    const std::size_t place = place_of(name);
    return place == kNowhere || values_[place].count == 0 ? nullptr : &values_[place];
}

void State::put(GLenum name, StateValue value) {
    const std::size_t place = place_of(name);
    if (place == kNowhere) return forget(name);
    value.kind = kind_of(name);
    values_[place] = value;
}

void State::forget(GLenum name) {
    const std::uint8_t row = row_of(name);
    if (row == kNone) return;
    for (std::size_t place = kPlaces[row]; place < kPlaces[row + 1]; ++place) values_[place].count = 0;
}

void State::forget_textures() {
    for (const Followed& followed : kFollowed) {
        if (followed.is_binding) forget(followed.name);
    }
}

void State::forget_all() {
    for (StateValue& value : values_) value.count = 0;
    for (Group& group : pushed_) {
        for (Saved& saved : group.values) saved.value.count = 0;
    }
}

void State::push(GLbitfield mask) {
    Group group{mask, {}};
    for (std::size_t row = 0; row < kNames; ++row) {
        if ((kFollowed[row].groups & mask) == 0) continue;
        for (std::uint16_t place = kPlaces[row]; place < kPlaces[row + 1]; ++place)
            group.values.push_back({place, values_[place]});
    }
    pushed_.push_back(std::move(group));
}

void State::pop() {
    if (pushed_.empty()) return;
    const Group group = std::move(pushed_.back());
    pushed_.pop_back();
    for (const Saved& saved : group.values) values_[saved.at] = saved.value;
    // Mesa forgets below a second push what has changed since the first, and then does not restore it.
    if (!pushed_.empty()) {
        for (Saved& saved : pushed_.back().values) saved.value.count = 0;
    }
    // A texture may have ended meanwhile.
    if ((group.mask & GL_TEXTURE_BIT) != 0) forget_textures();
}

}  // namespace guest::gl
