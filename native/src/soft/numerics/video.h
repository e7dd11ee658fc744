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

// The SIMD forms: `count` lanes of 32 / count bits. A selector has a hexadecimal digit a lane, lowest
// first: which lane of {b, a} it takes, a's being the lower ones.
enum class VideoLanes : std::uint8_t { add, sub, average, absdiff, min, max, compare };

struct VideoSimd {
    VideoLanes operation = VideoLanes::add;
    Compare compare = Compare::eq;
    std::uint8_t count = 2;
    std::uint8_t mask = 3;  // lanes of d that are written; the others come from c
    bool a_signed = false;
    bool b_signed = false;
    bool is_signed = false;  // of the result, for saturation
    bool saturates = false;
    bool accumulates = false;
    std::uint16_t a_selector = 0x10;
    std::uint16_t b_selector = 0x32;
};

inline std::int64_t video_lane(const VideoSimd& form, std::uint32_t a, std::uint32_t b,
                               std::uint32_t selector, std::uint32_t k, bool is_signed) {
    const std::uint32_t from = (selector >> (4 * k)) & 15u;
    const std::uint32_t base = form.count == 2 ? static_cast<std::uint32_t>(Part::h0) : 0;
    const auto part = static_cast<Part>(base + from % form.count);
    return video_source(from < form.count ? a : b, part, is_signed);
}

inline std::int64_t video_lane_result(const VideoSimd& form, std::int64_t x, std::int64_t y) {
    switch (form.operation) {
        case VideoLanes::add:
            return x + y;
        case VideoLanes::sub:
            return x - y;
        case VideoLanes::average:
            return (x + y + (x + y >= 0 ? 1 : 0)) >> 1;
        case VideoLanes::absdiff:
            return x < y ? y - x : x - y;
        case VideoLanes::min:
            return std::min(x, y);
        case VideoLanes::max:
            return std::max(x, y);
        case VideoLanes::compare:
            return holds(form.compare, x, y) ? 1 : 0;
    }
    return 0;
}

inline std::uint32_t video_simd(const VideoSimd& form, std::uint32_t a, std::uint32_t b, std::uint32_t c) {
    std::uint32_t result = c;
    for (std::uint32_t k = 0; k < form.count; ++k) {
        if (((form.mask >> k) & 1u) == 0) continue;
        const std::int64_t x = video_lane(form, a, b, form.a_selector, k, form.a_signed);
        const std::int64_t y = video_lane(form, a, b, form.b_selector, k, form.b_signed);
        const auto part = static_cast<Part>((form.count == 2 ? static_cast<std::uint32_t>(Part::h0) : 0) + k);
        Int128 value = video_lane_result(form, x, y);
        if (form.saturates) value = video_saturate(value, part, form.is_signed);
        result = form.accumulates ? result + static_cast<std::uint32_t>(value)
                                  : video_merge(value, part, result);
    }
    return result;
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
