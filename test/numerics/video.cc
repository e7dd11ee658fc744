// video.h on cases worked out by hand from the ISA's pseudo-code, and vadd and the SIMD forms against plain
// arithmetic on bytes and half-words.
#include "soft/numerics/video.h"

#include "check.h"

namespace numerics_test {
namespace {

using namespace soft::numerics;

void by_hand(Context& context) {
    const std::uint32_t v = 0xff80807fu;
    const auto check = [&](const char* name, std::int64_t actual, std::int64_t expected) {
        expect_bits(context, name, static_cast<std::uint64_t>(actual), static_cast<std::uint64_t>(expected));
    };
    check("b3 signed", video_source(v, Part::b3, true), -1);
    check("b1 unsigned", video_source(v, Part::b1, false), 0x80);
    check("h0 signed", video_source(v, Part::h0, true), 0x807f - 0x10000);
    check("word unsigned", video_source(v, Part::word, false), 0xff80807f);
    const Int128 sum = video_compute(VideoOperation::add, 200, 100);
    check("vadd.sat to u8", video_merge(video_saturate(sum, Part::b1, false), Part::b1, 0x11223344u),
          0x1122ff44);
    check("vadd wraps to b1", video_merge(sum, Part::b1, 0x11223344u), 0x11222c44);
    const Int128 difference = video_compute(VideoOperation::sub, 1, 2);
    check("vsub.sat u32", video_merge(video_saturate(difference, Part::word, false), Part::word, 0), 0);
    check("vsub s32", video_merge(difference, Part::word, 0), 0xffffffff);
    check("vabsdiff", static_cast<std::int64_t>(video_compute(VideoOperation::absdiff, -5, 250)), 255);
    check("vmin.add", video_second(VideoSecond::add, video_compute(VideoOperation::min, -3, 2), true, 10), 7);
    check("vmax.min signed", video_second(VideoSecond::min, Int128{5}, true, 0xffffffffu), 0xffffffff);
    check("vmax.min unsigned", video_second(VideoSecond::min, Int128{5}, false, 0xffffffffu), 5);
    check("vset", video_merge(video_compare(Compare::lt, -1, 0), Part::h1, 0xaaaabbbbu), 0x0001bbbb);
    check("vshl clamp", video_merge(video_shl(1, 40, Overrun::clamp), Part::word, 0), 0);
    check("vshl wrap", video_merge(video_shl(1, 40, Overrun::wrap), Part::word, 0), 0x100);
    const Int128 far = video_shl(-3, 31, Overrun::clamp);
    check("vshl.sat", video_merge(video_saturate(far, Part::word, true), Part::word, 0), 0x80000000);
    check("vshr", video_merge(video_shr(-256, 4, Overrun::clamp), Part::word, 0), 0xfffffff0);
    check("vmad", vmad(-3, 5, 100, {.a_signed = true}), 85);
    check("vmad -product", vmad(3, 5, 100, {.negate_product = true}), 85);
    check("vmad -c", vmad(3, 5, 10, {.negate_c = true}), 5);
    check("vmad.po.shr7", vmad(127, 1, 0, {.plus_one = true, .scale = VideoScale::shr7}), 1);
    check("vmad.sat", vmad(-0x80000000ll, 0x7fffffff, 0, {.a_signed = true, .saturate = true}), 0x80000000);
    check("vmad.shr15", vmad(0x10000, 0x10000, 0, {.scale = VideoScale::shr15}), 0x20000);
}

void bytes(Context& context, Random& random) {
    for (std::uint64_t i = 0; i < context.rounds; ++i) {
        const auto a = static_cast<std::uint32_t>(random.next());
        const auto b = static_cast<std::uint32_t>(random.next());
        const auto k = static_cast<std::uint32_t>(random.below(4));
        const auto x = static_cast<std::int8_t>(a >> (8 * k));
        const auto y = static_cast<std::uint8_t>(b >> (8 * k));
        const int sum = x + y;
        const auto clamped = static_cast<std::uint8_t>(sum < -128 ? -128 : sum > 127 ? 127 : sum);
        const std::uint32_t expected = (b & ~(0xffu << (8 * k))) | (std::uint32_t{clamped} << (8 * k));
        const auto part = static_cast<Part>(k);
        const Int128 exact =
            video_compute(VideoOperation::add, video_source(a, part, true), video_source(b, part, false));
        const std::uint32_t actual = video_merge(video_saturate(exact, part, true), part, b);
        expect_bits(context, "vadd.s32.s32.u32.sat", actual, expected, a, b, k);
    }
}

int field(std::uint32_t word, int bits, int lane, bool is_signed) {
    const auto value = static_cast<int>(word >> (bits * lane) & ((1u << bits) - 1));
    return is_signed && value >= 1 << (bits - 1) ? value - (1 << bits) : value;
}

int combined(VideoLanes operation, int x, int y) {
    switch (operation) {
        case VideoLanes::add:
            return x + y;
        case VideoLanes::sub:
            return x - y;
        case VideoLanes::average:  // halves go away from zero
            return x + y >= 0 ? (x + y + 1) / 2 : -((-(x + y) + 1) / 2);
        case VideoLanes::absdiff:
            return x > y ? x - y : y - x;
        case VideoLanes::min:
            return x < y ? x : y;
        case VideoLanes::max:
            return x < y ? y : x;
        default:
            return x < y ? 1 : 0;
    }
}

// The lanes of vop2 and vop4 one by one, with every modifier at random.
void lanes(Context& context, Random& random) {
    for (std::uint64_t i = 0; i < context.rounds; ++i) {
        VideoSimd form;
        form.operation = static_cast<VideoLanes>(random.below(7));
        form.compare = Compare::lt;
        form.count = random.below(2) != 0 ? 2 : 4;
        form.a_signed = random.below(2) != 0;
        form.b_signed = random.below(2) != 0;
        form.is_signed = random.below(2) != 0;
        form.accumulates = random.below(3) == 0;
        form.saturates = !form.accumulates && random.below(2) != 0;
        form.mask = static_cast<std::uint8_t>(random.below(1u << form.count));
        const int bits = 32 / form.count;
        const auto a = static_cast<std::uint32_t>(random.next());
        const auto b = static_cast<std::uint32_t>(random.next());
        const auto c = static_cast<std::uint32_t>(random.next());
        std::uint32_t expected = c;
        form.a_selector = form.b_selector = 0;
        for (int lane = 0; lane < form.count; ++lane) {
            const auto from = static_cast<int>(random.below(2u * form.count));
            const auto with = static_cast<int>(random.below(2u * form.count));
            form.a_selector = static_cast<std::uint16_t>(form.a_selector | from << (4 * lane));
            form.b_selector = static_cast<std::uint16_t>(form.b_selector | with << (4 * lane));
            if ((form.mask >> lane & 1) == 0) continue;
            const int x = field(from < form.count ? a : b, bits, from % form.count, form.a_signed);
            const int y = field(with < form.count ? a : b, bits, with % form.count, form.b_signed);
            int v = combined(form.operation, x, y);
            const int high = (1 << (form.is_signed ? bits - 1 : bits)) - 1;
            const int low = form.is_signed ? -high - 1 : 0;
            if (form.saturates) v = v < low ? low : v > high ? high : v;
            const std::uint32_t ones = ((1u << bits) - 1) << (bits * lane);
            const auto word = static_cast<std::uint32_t>(v);
            const std::uint32_t merged = (expected & ~ones) | (word << (bits * lane) & ones);
            expected = form.accumulates ? expected + word : merged;
        }
        expect_bits(context, "SIMD lanes", video_simd(form, a, b, c), expected, a, b, c);
    }
}

}  // namespace

void test_video(Context& context) {
    Random random(context.seed);
    by_hand(context);
    bytes(context, random);
    lanes(context, random);
}

}  // namespace numerics_test
