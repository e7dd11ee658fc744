// How operations that exist once write their results: for the active lanes only, one scalar at a time. Used
// by the
// *_ops.cc files, which need no partial variant because of it.
#pragma once
#include "soft/launch/lanes.h"

namespace soft {
namespace {

template <class Word, class Value>
void write_lanes(Warp& w, std::uint32_t offset, Value value) {
    Word* d = slot<Word>(w, offset);
    for (std::uint32_t l = 0; l < kLanes; ++l) {
        if ((w.active >> l & 1u) != 0) d[l] = static_cast<Word>(value(l));
    }
}

// A lane's word of a slot `width` bytes a lane wide.
[[maybe_unused]] inline std::uint64_t read_lane(Warp& w, std::uint32_t offset, std::uint32_t width,
                                                std::uint32_t lane) {
    return width == 8 ? slot<std::uint64_t>(w, offset)[lane] : slot<std::uint32_t>(w, offset)[lane];
}

}  // namespace
}  // namespace soft
