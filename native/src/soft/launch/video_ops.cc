// The video instructions, one lane at a time. a, b and c are 32-bit slots; `side` is the VideoSite.
#include "soft/launch/cold.h"
#include "soft/launch/registry.h"
#include "soft/launch/tables.h"
#include "soft/launch/video_site.h"

namespace soft {
namespace {

namespace n = numerics;
using u32 = std::uint32_t;

n::Int128 intermediate(const VideoSite& site, std::int64_t a, std::int64_t b) {
    switch (site.op) {
        case VideoOp::shl:
            return n::video_shl(a, b, site.overrun);
        case VideoOp::shr:
            return n::video_shr(a, b, site.overrun);
        case VideoOp::compare:
            return n::video_compare(site.compare, a, b);
        default:
            return n::video_compute(site.operation, a, b);
    }
}

u32 scalar(const VideoSite& site, u32 a, u32 b, u32 c) {
    const std::int64_t x = n::video_source(a, site.part_a, site.a_signed);
    const std::int64_t y = n::video_source(b, site.part_b, site.b_signed);
    if (site.op == VideoOp::mad) return n::vmad(x, y, c, site.mad);
    n::Int128 value = intermediate(site, x, y);
    if (site.saturates) value = n::video_saturate(value, site.part_d, site.is_signed);
    if (site.end == VideoEnd::second) return n::video_second(site.second, value, site.is_signed, c);
    return n::video_merge(value, site.part_d, site.end == VideoEnd::merge ? c : 0);
}

const Insn* video(Warp& w, const Insn* i) {
    const auto& site = *static_cast<const VideoSite*>(i->side);
    const u32* a = slot<u32>(w, i->a);
    const u32* b = slot<u32>(w, i->b);
    const u32* c = slot<u32>(w, i->c);
    const bool is_simd = site.op == VideoOp::simd;
    write_lanes<u32>(w, i->d, [&](u32 l) {
        return is_simd ? n::video_simd(site.simd, a[l], b[l], c[l]) : scalar(site, a[l], b[l], c[l]);
    });
    return i + 1;
}

const OpEntry kEntries[] = {
    FERRY_PLAIN(video, none, 0, video),
};

}  // namespace

std::span<const OpEntry> video_entries() { return kEntries; }

}  // namespace soft
