// The scalar video instructions: vadd vsub vabsdiff vmin vmax vshl vshr vset vmad. Called per lane by the
// interpreter. An instruction is three calls: video_source for each operand, video_compute (or video_compare,
// as 0 or 1), and then video_merge (a destination selector) or video_second (.add .min .max with c); vmad is
// one call.
#pragma once
#include <algorithm>
#include <cstdint>

#include "soft/numerics/bits.h"
#include "soft/numerics/compare.h"
#include "soft/numerics/integer.h"
#include "soft/numerics/isa.h"

namespace soft::numerics {

enum class Part : std::uint8_t { b0, b1, b2, b3, h0, h1, word };
enum class VideoOperation : std::uint8_t { add, sub, absdiff, min, max };
enum class VideoSecond : std::uint8_t { add, min, max };
enum class VideoScale : std::uint8_t { none, shr7, shr15 };

inline namespace FERRY_ISA {

constexpr std::uint32_t part_width(Part part) {
    return part == Part::word ? 32u : part >= Part::h0 ? 16u : 8u;
}
constexpr std::uint32_t part_shift(Part part) {
    if (part == Part::word) return 0;
    if (part >= Part::h0) return part == Part::h1 ? 16u : 0u;
    return 8u * static_cast<std::uint32_t>(part);
}

// The selected part, extended as its type says.
inline std::int64_t video_source(std::uint32_t v, Part part, bool is_signed) {
    const std::uint32_t field = (v >> part_shift(part)) & low_mask<std::uint32_t>(part_width(part));
    const std::int64_t sign = std::int64_t{1} << (part_width(part) - 1);
    const auto value = static_cast<std::int64_t>(field);
    return is_signed && (value & sign) != 0 ? value - 2 * sign : value;
}

inline Int128 video_compute(VideoOperation operation, std::int64_t a, std::int64_t b) {
    switch (operation) {
        case VideoOperation::add:
            return a + b;
        case VideoOperation::sub:
            return a - b;
        case VideoOperation::absdiff:
            return a < b ? b - a : a - b;
        case VideoOperation::min:
            return std::min(a, b);
        case VideoOperation::max:
            return std::max(a, b);
    }
    return 0;
}
inline std::uint32_t video_amount(std::int64_t b, Overrun mode) {
    const auto amount = static_cast<std::uint32_t>(b);
    return mode == Overrun::clamp ? std::min(amount, 32u) : amount & 31u;
}
inline Int128 video_shl(std::int64_t a, std::int64_t b, Overrun mode) {
    return static_cast<Int128>(a) * (Int128{1} << video_amount(b, mode));
}
inline Int128 video_shr(std::int64_t a, std::int64_t b, Overrun mode) { return a >> video_amount(b, mode); }
inline Int128 video_compare(Compare compare, std::int64_t a, std::int64_t b) {
    return holds(compare, a, b) ? 1 : 0;
}

// .sat: clamped to the destination's part in its type.
inline Int128 video_saturate(Int128 v, Part destination, bool is_signed) {
    const std::uint32_t width = part_width(destination);
    const Int128 high = (Int128{1} << (is_signed ? width - 1 : width)) - 1;
    const Int128 low = is_signed ? -high - 1 : Int128{0};
    return std::clamp(v, low, high);
}

// The result put into its part of c; the whole word without a destination selector.
inline std::uint32_t video_merge(Int128 v, Part destination, std::uint32_t c) {
    return bfi(static_cast<std::uint32_t>(v), c, part_shift(destination), part_width(destination));
}

// The secondary operation with c; both of the destination's type.
inline std::uint32_t video_second(VideoSecond operation, Int128 v, bool is_signed, std::uint32_t c) {
    const auto word = static_cast<std::uint32_t>(v);
    if (operation == VideoSecond::add) return word + c;
    const std::int64_t x = video_source(word, Part::word, is_signed);
    const std::int64_t y = video_source(c, Part::word, is_signed);
    return static_cast<std::uint32_t>(operation == VideoSecond::min ? std::min(x, y) : std::max(x, y));
}

// vmad: a * b + c with a negated product, a negated c, or one more (.po); at most one of the three.
struct VideoMad {
    bool a_signed = false;
    bool b_signed = false;
    bool negate_product = false;
    bool negate_c = false;
    bool plus_one = false;
    bool saturate = false;
    VideoScale scale = VideoScale::none;
};
inline std::uint32_t vmad(std::int64_t a, std::int64_t b, std::uint32_t c, const VideoMad& form) {
    const bool is_signed = form.a_signed || form.b_signed || form.negate_product || form.negate_c;
    const Int128 product = static_cast<Int128>(a) * b;
    const Int128 addend = video_source(form.negate_c ? ~c : c, Part::word, is_signed);
    const bool one_more = form.plus_one || form.negate_product || form.negate_c;
    const Int128 sum = (form.negate_product ? ~product : product) + addend + (one_more ? 1 : 0);
    const int shift = form.scale == VideoScale::shr7 ? 7 : form.scale == VideoScale::shr15 ? 15 : 0;
    const Int128 scaled = sum >> shift;
    return static_cast<std::uint32_t>(form.saturate ? video_saturate(scaled, Part::word, is_signed) : scaled);
}

}  // namespace FERRY_ISA
}  // namespace soft::numerics
