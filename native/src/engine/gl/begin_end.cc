// See begin_end.h.
#include "engine/gl/begin_end.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <string_view>

#include "wire/gl_call_id.h"

namespace engine::gl {
namespace {

constexpr std::uint16_t kFirst = 0x4000;
constexpr std::size_t kMost = 0x1000;

// A family is its calls of values: glVertex3f, but not glVertexPointer.
constexpr std::array<std::string_view, 13> kFamilies{
    "glVertex", "glVertexAttrib", "glVertexAttribI",  "glVertexAttribL",  "glVertexAttribP",
    "glColor",  "glColorP",       "glMultiTexCoordP", "glSecondaryColor", "glSecondaryColorP",
    "glNormal", "glTexCoord",     "glMultiTexCoord"};
constexpr std::array<std::string_view, 14> kPrefixes{
    "glEvalCoord", "glEvalPoint", "glCallList", "glEdgeFlag", "glMaterial", "glFogCoordf", "glFogCoordd",
    "glIndexd",    "glIndexf",    "glIndexi",   "glIndexs",   "glVertexP",  "glNormalP",   "glTexCoordP"};
constexpr std::array<std::string_view, 4> kCalls{"glEnd", "glEndList", "glIndexub", "glIndexubv"};

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

bool may(std::string_view name) {
    if (name.ends_with("Pointer")) return false;
    const auto in_family = [&](std::string_view family) {
        return name.starts_with(family) && name.size() > family.size() && is_digit(name[family.size()]);
    };
    return std::ranges::any_of(kFamilies, in_family) ||
           std::ranges::any_of(kPrefixes, [&](auto prefix) { return name.starts_with(prefix); }) ||
           std::ranges::find(kCalls, name) != kCalls.end();
}

}  // namespace

bool may_stand_in_begin(std::uint16_t call) {
    static const std::bitset<kMost> all = [] {
        std::bitset<kMost> set;
        for (std::size_t at = 0; at < kMost; ++at)
            set[at] = may(wire::gl_call_name(static_cast<wire::GlCallId>(kFirst + at)));
        return set;
    }();
    return call >= kFirst && call < kFirst + kMost && all[call - kFirst];
}

}  // namespace engine::gl
