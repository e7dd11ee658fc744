// Builders of the video instructions: vadd vsub vabsdiff vmin vmax vshl vshr vmad vset, and their SIMD
// forms of two half-words and of four bytes. See builders.h.
#include <algorithm>

#include "soft/launch/video_site.h"
#include "soft/ptx/builders.h"

namespace soft::ptx {
namespace {

using numerics::Compare;
using numerics::Part;

bool part_of(Decoder& d, const Operand& operand, Part& part) {
    constexpr std::string_view kParts[] = {"b0", "b1", "b2", "b3", "h0", "h1"};
    if (operand.selector.empty()) return true;
    const auto found = std::ranges::find(kParts, operand.selector);
    if (found == std::end(kParts)) return d.fail("no such part of a register");
    part = static_cast<Part>(found - std::begin(kParts));
    return true;
}

bool find_compare(const Decoder& d, Compare& compare) {
    constexpr std::pair<Mod, Compare> kCompares[] = {
        {Mod::eq, Compare::eq}, {Mod::ne, Compare::ne}, {Mod::lt, Compare::lt},
        {Mod::le, Compare::le}, {Mod::gt, Compare::gt}, {Mod::ge, Compare::ge},
    };
    for (const auto& [mod, value] : kCompares) {
        if (!d.has(mod)) continue;
        compare = value;
        return true;
    }
    return false;
}

void emit_site(Decoder& d, const VideoSite& site, bool has_c) {
    const std::uint32_t to = d.target(0, Type::b32);
    const std::uint32_t a = d.source(1, Type::b32);
    const std::uint32_t b = d.source(2, Type::b32);
    const std::uint32_t c = has_c ? d.source(3, Type::b32) : d.constant(0, 4);
    d.code().videos.push_back(std::make_shared<VideoSite>(site));
    Insn& insn = d.emit(Family::video, Type::none);
    insn.d = to;
    insn.a = a;
    insn.b = b;
    insn.c = c;
    insn.side = d.code().videos.back().get();
}

bool operation_of(Decoder& d, std::string_view opcode, VideoSite& site) {
    constexpr std::string_view kOperations[] = {"vadd", "vsub", "vabsdiff", "vmin", "vmax"};
    const auto found = std::ranges::find(kOperations, opcode);
    if (found != std::end(kOperations)) {
        site.operation = static_cast<numerics::VideoOperation>(found - std::begin(kOperations));
        return true;
    }
    site.op = opcode == "vshl" ? VideoOp::shl : opcode == "vshr" ? VideoOp::shr : VideoOp::compare;
    site.overrun = d.has(Mod::wrap) ? numerics::Overrun::wrap : numerics::Overrun::clamp;
    return site.op != VideoOp::compare || find_compare(d, site.compare) || d.fail("missing comparison");
}

bool build_vmad(Decoder& d, VideoSite& site) {
    site.op = VideoOp::mad;
    site.mad.a_signed = site.a_signed;
    site.mad.b_signed = site.b_signed;
    site.mad.negate_product = d.operand(1).negated != d.operand(2).negated;
    site.mad.negate_c = d.operand(3).negated;
    site.mad.plus_one = d.has(Mod::po);
    site.mad.saturate = d.has(Mod::sat);
    site.mad.scale = d.has(Mod::shr7)    ? numerics::VideoScale::shr7
                     : d.has(Mod::shr15) ? numerics::VideoScale::shr15
                                         : numerics::VideoScale::none;
    emit_site(d, site, true);
    return true;
}

// The digits of a selector as PTX writes them, highest lane first, after its letter.
bool digits_of(Decoder& d, std::string_view text, std::uint8_t count, std::uint16_t& out) {
    if (text.empty()) return true;
    const bool is_sized = text.size() == 1u + count && text[0] == (count == 2 ? 'h' : 'b');
    out = 0;
    for (std::size_t k = 1; is_sized && k < text.size(); ++k) {
        if (text[k] < '0' || text[k] >= '0' + 2 * count) return d.fail("no such selector");
        out = static_cast<std::uint16_t>(out << 4 | (text[k] - '0'));
    }
    return is_sized || d.fail("no such selector");
}

bool mask_of(Decoder& d, std::string_view text, std::uint8_t count, std::uint8_t& mask) {
    mask = static_cast<std::uint8_t>((1u << count) - 1);
    if (text.empty()) return true;
    mask = 0;
    for (const char digit : text.substr(1)) {
        if (digit < '0' || digit >= '0' + count) return d.fail("no such mask");
        mask = static_cast<std::uint8_t>(mask | 1u << (digit - '0'));
    }
    return mask != 0 || d.fail("no such mask");
}

}  // namespace

// vop.dtype.atype.btype{.sat} d{.dsel}, a{.asel}, b{.bsel}{, c}; with .add, .min or .max after the types,
// c joins the result.
bool build_video(Decoder& d) {
    const std::string_view opcode = d.statement().opcode;
    const bool is_set = opcode == "vset";
    const std::uint32_t first = is_set ? 0 : 1;
    if (!d.need(3, 4)) return false;
    VideoSite site;
    site.a_signed = is_signed(d.type(first));
    site.b_signed = is_signed(d.type(first + 1));
    site.is_signed = !is_set && is_signed(d.type(0));
    if (d.type(first + 1) == Type::none) return d.fail("missing types");
    if (!part_of(d, d.operand(0), site.part_d) || !part_of(d, d.operand(1), site.part_a) ||
        !part_of(d, d.operand(2), site.part_b))
        return false;
    if (opcode == "vmad") return d.need(4, 4) && build_vmad(d, site);
    if (!operation_of(d, opcode, site)) return false;
    site.saturates = d.has(Mod::sat);
    const Mod second = d.one_of({Mod::add, Mod::min, Mod::max});
    const bool has_part = site.part_d != Part::word;
    if ((second != Mod::none || has_part) != (d.count() == 4)) return d.fail("wrong number of operands");
    site.end = second != Mod::none ? VideoEnd::second : has_part ? VideoEnd::merge : VideoEnd::replace;
    site.second = second == Mod::min   ? numerics::VideoSecond::min
                  : second == Mod::max ? numerics::VideoSecond::max
                                       : numerics::VideoSecond::add;
    emit_site(d, site, d.count() == 4);
    return true;
}

// vop2 and vop4.dtype.atype.btype{.sat}{.add} d{.mask}, a{.asel}, b{.bsel}, c
bool build_video_simd(Decoder& d) {
    constexpr std::string_view kOperations[] = {"vadd", "vsub", "vavrg", "vabsdiff", "vmin", "vmax", "vset"};
    if (!d.need(4, 4)) return false;
    std::string_view opcode = d.statement().opcode;
    VideoSite site;
    site.op = VideoOp::simd;
    site.simd.count = static_cast<std::uint8_t>(opcode.back() - '0');
    opcode.remove_suffix(1);
    site.simd.operation =
        static_cast<numerics::VideoLanes>(std::ranges::find(kOperations, opcode) - std::begin(kOperations));
    const bool is_set = site.simd.operation == numerics::VideoLanes::compare;
    if (is_set && !find_compare(d, site.simd.compare)) return d.fail("missing comparison");
    const std::uint32_t first = is_set ? 0 : 1;
    if (d.type(first + 1) == Type::none) return d.fail("missing types");
    site.simd.a_signed = is_signed(d.type(first));
    site.simd.b_signed = is_signed(d.type(first + 1));
    site.simd.is_signed = !is_set && is_signed(d.type(0));
    site.simd.saturates = d.has(Mod::sat);
    site.simd.accumulates = d.has(Mod::add);
    if (site.simd.count == 4) {
        site.simd.a_selector = 0x3210;
        site.simd.b_selector = 0x7654;
    }
    if (!mask_of(d, d.operand(0).selector, site.simd.count, site.simd.mask) ||
        !digits_of(d, d.operand(1).selector, site.simd.count, site.simd.a_selector) ||
        !digits_of(d, d.operand(2).selector, site.simd.count, site.simd.b_selector))
        return false;
    emit_site(d, site, true);
    return true;
}

}  // namespace soft::ptx
