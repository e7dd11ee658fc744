// Comparisons, logic on predicates, selection and guards of whole-warp code. See warp_emitter.h.
#include "soft/compile/warp_emitter.h"

namespace soft::compile {
namespace {

constexpr Vector kCompareFloats = {Map::x0f, Prefix::none, 0xc2};
constexpr Vector kCompareSigned = {Map::x0f3a, Prefix::x66, 0x1f};
constexpr Vector kCompareUnsigned = {Map::x0f3a, Prefix::x66, 0x1e};
constexpr Vector kBlend = {Map::x0f38, Prefix::x66, 0x65};
constexpr Vector kMoveMask = {Map::x0f, Prefix::x66, 0x90, true};
constexpr Vector kNotMask = {Map::x0f, Prefix::x66, 0x44, true};
constexpr Vector kAndMasks = {Map::x0f, Prefix::x66, 0x41, true};
constexpr Vector kAndNotMasks = {Map::x0f, Prefix::x66, 0x42, true};
constexpr Vector kOrMasks = {Map::x0f, Prefix::x66, 0x45, true};
constexpr Vector kXorMasks = {Map::x0f, Prefix::x66, 0x47, true};
constexpr Vector kShiftMask = {Map::x0f3a, Prefix::x66, 0x31};  // kshiftrd
constexpr Vector kJoin8 = {Map::x0f, Prefix::x66, 0x4b};        // kunpckbw
constexpr Vector kJoin16 = {Map::x0f, Prefix::none, 0x4b};      // kunpckwd

}  // namespace

std::uint8_t WarpEmitter::mask_of(std::uint8_t predicate, Kind kind, std::uint32_t part) {
    if (part == 0) return predicate;
    out_.mask(kShiftMask, kTemporaryMask, 0, Place::reg(predicate), false);
    out_.last(static_cast<std::uint8_t>(part * (kind == Kind::wide ? 8 : 16)));
    return kTemporaryMask;
}

void WarpEmitter::select(std::uint32_t part) {
    const std::uint8_t predicate = read(2);
    const std::uint8_t b = read(1, part);
    const Place a = look(0, part);
    const std::uint8_t to = target(part);
    const Vector blend = rule_.to == Kind::wide ? as_wide(kBlend) : kBlend;
    op(blend, to, b, a, Lanes{mask_of(predicate, rule_.to, part)});
}

void WarpEmitter::compare_part(std::uint8_t to, std::uint32_t part) {
    const std::uint8_t a = read(0, part);
    const Place b = look(1, part);
    if (rule_.recipe == Recipe::compare_float) return op(kCompareFloats, to, a, b, unsigned{rule_.extra});
    // The processor's numbers, in the order of enum Comparison.
    constexpr unsigned kHow[] = {0, 4, 1, 2, 6, 5};
    const Vector what = rule_.recipe == Recipe::compare_signed ? kCompareSigned : kCompareUnsigned;
    op(rule_.from[0] == Kind::wide ? as_wide(what) : what, to, a, b, kHow[rule_.extra]);
}

void WarpEmitter::compare() {
    for (std::uint32_t part = 0; part < parts(rule_.from[0]); ++part) {
        read(0, part);
        look(1, part);
    }
    const std::uint8_t to = target();
    if (rule_.from[0] == Kind::word) {
        compare_part(kTemporaryMask, 0);
        compare_part(kTemporaryMask2, 1);
        return mask(kJoin16, to, kTemporaryMask2, kTemporaryMask);
    }
    compare_part(kTemporaryMask, 2);
    compare_part(kTemporaryMask2, 3);
    mask(kJoin8, kTemporaryMask2, kTemporaryMask2, kTemporaryMask);
    compare_part(kTemporaryMask, 0);
    compare_part(to, 1);
    mask(kJoin8, kTemporaryMask, to, kTemporaryMask);
    mask(kJoin16, to, kTemporaryMask2, kTemporaryMask);
}

void WarpEmitter::logic() {
    const bool flips_a = step_.sources[0].is_flipped != (rule_.recipe == Recipe::invert);
    const std::uint8_t a = read(0);
    const std::uint8_t b = rule_.recipe == Recipe::logic ? read(1) : a;
    const std::uint8_t to = target();
    move_mask(flips_a ? kNotMask : kMoveMask, to, a);
    if (rule_.recipe != Recipe::logic) return;
    move_mask(step_.sources[1].is_flipped ? kNotMask : kMoveMask, kTemporaryMask, b);
    const Vector& what = rule_.op.code == 0xdb ? kAndMasks : rule_.op.code == 0xeb ? kOrMasks : kXorMasks;
    mask(what, to, to, kTemporaryMask);
}

// Lanes whose guard does not hold keep what the slot had; see Emitter::guarded().
void WarpEmitter::guarded() {
    const Source old = {step_.slot, rule_.to, false};
    const std::uint8_t guard = registers_.read(step_.guard);
    registers_.make_exact(old);
    registers_.make_new_exact();
    const bool flips = step_.guard.is_flipped;
    if (rule_.to == Kind::predicate) {
        const std::uint8_t kept = registers_.read(old);
        mask(flips ? kAndNotMasks : kAndMasks, target(), guard, target());
        mask(flips ? kAndMasks : kAndNotMasks, kTemporaryMask, guard, kept);
        return mask(kOrMasks, target(), target(), kTemporaryMask);
    }
    const Vector blend = rule_.to == Kind::wide ? as_wide(kBlend) : kBlend;
    for (std::uint32_t part = 0; part < parts(rule_.to); ++part) {
        const std::uint8_t kept = registers_.read(old, part);
        const std::uint8_t made = target(part);
        const Lanes lanes{mask_of(guard, rule_.to, part)};
        op(blend, made, flips ? made : kept, Place::reg(flips ? kept : made), lanes);
    }
}

}  // namespace soft::compile
