// See warp_recipes.h; recipes.cc is its counterpart for chunks of eight lanes.
#include "soft/compile/warp_recipes.h"

#include "soft/compile/warp_emitter.h"

namespace soft::compile {
namespace {

constexpr Vector kMove = {Map::x0f, Prefix::none, 0x28};
constexpr Vector kAddWords = {Map::x0f, Prefix::x66, 0xfe};
constexpr Vector kAddWides = {Map::x0f, Prefix::x66, 0xd4, true};
constexpr Vector kXor = {Map::x0f, Prefix::x66, 0xef};
constexpr Vector kBroadcast = {Map::x0f38, Prefix::x66, 0x18};
constexpr Vector kCompareFloats = {Map::x0f, Prefix::none, 0xc2};
constexpr Vector kZeroExtend = {Map::x0f38, Prefix::x66, 0x35};
constexpr Vector kTruncate = {Map::x0f38, Prefix::xf3, 0x35};         // vpmovqd, the other way
constexpr Vector kUpperHalf = {Map::x0f3a, Prefix::x66, 0x3b, true};  // vextracti64x4, the other way
constexpr Vector kJoinHalves = {Map::x0f3a, Prefix::x66, 0x3a, true};
constexpr Vector kBlend = {Map::x0f38, Prefix::x66, 0x65};
constexpr Vector kTruncateFloats = {Map::x0f, Prefix::xf3, 0x5b};
constexpr Vector kTruncateUnsigned = {Map::x0f, Prefix::none, 0x78};
constexpr Vector kOddLanes = {Map::x0f, Prefix::xf3, 0x16};  // vmovshdup
constexpr Vector kAnd = {Map::x0f, Prefix::x66, 0xdb};
constexpr Vector kOr = {Map::x0f, Prefix::x66, 0xeb};
constexpr Vector kSubtractWords = {Map::x0f, Prefix::x66, 0xfa};
constexpr Vector kLeastUnsigned = {Map::x0f38, Prefix::x66, 0x3b};
constexpr Vector kShiftLeft = {Map::x0f38, Prefix::x66, 0x47};
constexpr Vector kShiftRight = {Map::x0f38, Prefix::x66, 0x45};

}  // namespace

std::uint8_t WarpEmitter::read(std::size_t n, std::uint32_t part) {
    const std::uint8_t reg = registers_.read(step_.sources[n], part);
    if (rule_.nan == Nan::exact) registers_.make_exact(step_.sources[n]);
    passes_nan_ |= rule_.nan == Nan::moves && registers_.has_any_nan(step_.sources[n]);
    return reg;
}

Place WarpEmitter::look(std::size_t n, std::uint32_t part) {
    const Place place = registers_.look(step_.sources[n], part);
    if (!place.is_memory) read(n, part);
    return place;
}

void WarpEmitter::fused(std::uint32_t part) {
    const std::uint8_t a = read(0, part);
    const Place b = look(1, part);
    const Place c = look(2, part);
    op(kMove, target(part), 0, c);
    op(rule_.op, target(part), a, b);
}

void WarpEmitter::multiply_add(std::uint32_t part) {
    const std::uint8_t a = read(0, part);
    const Place b = look(1, part);
    const Place c = look(2, part);
    op(rule_.op, target(part), a, b);
    op(kAddWords, target(part), target(part), c);
}

void WarpEmitter::ternary(std::uint32_t part) {
    const Place a = look(0, part);
    const std::uint8_t b = read(1, part);
    const Place c = look(2, part);
    op(kMove, target(part), 0, a);
    op(rule_.op, target(part), b, c, static_cast<unsigned>(step_.insn->imm & 0xff));
}

// Eight lanes of a word, widened.
void WarpEmitter::extended(const Vector& how, std::uint8_t to, std::size_t n, std::uint32_t part) {
    Place from = look(n, part / 2);
    const bool is_upper = part % 2 == 1;
    if (is_upper && from.is_memory) from.offset += kPartBytes / 2;
    if (is_upper && !from.is_memory) {
        op(kUpperHalf, from.number, 0, Place::reg(to), 1);
        from = Place::reg(to);
    }
    op(how, to, 0, from);
}

void WarpEmitter::multiply_wide(std::uint32_t part) {
    const bool adds = rule_.recipe == Recipe::multiply_wide_add;
    const Place addend = adds ? look(2, part) : Place{};
    look(0);
    look(1);
    const std::uint8_t to = target(part);
    extended(rule_.op, kTemporary, 0, part);
    extended(rule_.op, kTemporary2, 1, part);
    op(rule_.second, to, kTemporary, Place::reg(kTemporary2));
    if (adds) op(kAddWides, to, to, addend);
}

void WarpEmitter::shift_wide(std::uint32_t part) {
    const std::uint8_t a = read(0, part);
    look(1);
    const std::uint8_t to = target(part);
    extended(kZeroExtend, kTemporary, 1, part);
    op(rule_.op, to, a, Place::reg(kTemporary));
}

void WarpEmitter::truncate(std::uint32_t part) {
    const std::uint8_t low = read(0, 2 * part);
    const std::uint8_t high = read(0, 2 * part + 1);
    const std::uint8_t to = target(part);
    op(kTruncate, low, 0, Place::reg(to));
    op(kTruncate, high, 0, Place::reg(kTemporary));
    op(kJoinHalves, to, to, Place::reg(kTemporary), 1);
}

// See Emitter::extreme().
void WarpEmitter::extreme(std::uint32_t part) {
    const std::uint8_t a = read(0, part);
    const std::uint8_t b = read(1, part);
    const std::uint8_t to = target(part);
    op(rule_.op, to, a, Place::reg(b));
    op(kCompareFloats, kTemporaryMask, a, Place::reg(b), 0x00u);
    op(rule_.second, to, a, Place::reg(b), Lanes{kTemporaryMask});
    op(kCompareFloats, kTemporaryMask, b, Place::reg(b), 0x03u);
    op(kMove, to, 0, Place::reg(a), Lanes{kTemporaryMask});
}

// See Emitter::to_integer().
void WarpEmitter::to_integer(std::uint32_t part) {
    const std::uint8_t a = read(0, part);
    const std::uint8_t to = target(part);
    op(kTruncateFloats, to, 0, Place::reg(a));
    op(kCompareFloats, kTemporaryMask, a, spread(Constant::two_to_31), 0x1du, kSpread);
    op(kXor, to, to, spread(Constant::ones), Lanes{kTemporaryMask, false, true, 2});
    op(kCompareFloats, kTemporaryMask, a, Place::reg(a), 0x07u);
    op(kMove, to, 0, Place::reg(to), Lanes{kTemporaryMask, true, false, 2});
}

// The processor answers ~0 for all that does not fit.
void WarpEmitter::to_unsigned(std::uint32_t part) {
    const std::uint8_t a = read(0, part);
    const std::uint8_t to = target(part);
    op(kCompareFloats, kTemporaryMask, a, spread(Constant::zero), 0x1eu, kSpread);
    op(kTruncateUnsigned, to, 0, Place::reg(a), Lanes{kTemporaryMask, true, false, 2});
}

void WarpEmitter::high(std::uint32_t part) {
    const std::uint8_t a = read(0, part);
    const std::uint8_t b = read(1, part);
    const Place c = rule_.recipe == Recipe::high_add ? look(2, part) : Place{};
    const std::uint8_t to = target(part);
    op(kOddLanes, kTemporary, 0, Place::reg(a));
    op(kOddLanes, kTemporary2, 0, Place::reg(b));
    op(rule_.op, kTemporary, kTemporary, Place::reg(kTemporary2));
    op(rule_.op, to, a, Place::reg(b));
    op(kOddLanes, to, 0, Place::reg(to));
    op(kBlend, to, to, Place::reg(kTemporary), Lanes{odd_lanes()});
    if (rule_.recipe == Recipe::high_add) op(kAddWords, to, to, c);
}

// Shifts by 32 or more give 0.
void WarpEmitter::funnel(std::uint32_t part) {
    const bool is_left = rule_.recipe == Recipe::funnel_left;
    const bool clamps = step_.insn->mod[0] != 0;
    const std::uint8_t moved = read(is_left ? 1 : 0, part);
    const std::uint8_t filling = read(is_left ? 0 : 1, part);
    const std::uint8_t count = read(2, part);
    const std::uint8_t to = target(part);
    op(clamps ? kLeastUnsigned : kAnd, kTemporary, count,
       spread(clamps ? Constant::thirty_two : Constant::thirty_one), kSpread);
    op(is_left ? kShiftLeft : kShiftRight, to, moved, Place::reg(kTemporary));
    op(kBroadcast, kTemporary2, 0, spread(Constant::thirty_two));
    op(kSubtractWords, kTemporary, kTemporary2, Place::reg(kTemporary));
    op(is_left ? kShiftRight : kShiftLeft, kTemporary, filling, Place::reg(kTemporary));
    op(kOr, to, to, Place::reg(kTemporary));
}

void WarpEmitter::from_constant(std::uint32_t part) {
    Place right = look(0, part);
    const std::uint8_t to = target(part);
    if (rule_.recipe == Recipe::from_constant_of) {
        op(rule_.second, to, 0, right);
        right = Place::reg(to);
    }
    op(kBroadcast, kTemporary, 0, spread(rule_.constant));
    op(rule_.op, to, kTemporary, right);
}

void WarpEmitter::one_part(std::uint32_t part) {
    switch (rule_.recipe) {
        case Recipe::fused:
            return fused(part);
        case Recipe::multiply_add:
            return multiply_add(part);
        case Recipe::ternary:
            return ternary(part);
        case Recipe::multiply_wide:
        case Recipe::multiply_wide_add:
            return multiply_wide(part);
        case Recipe::extend:
            look(0, part / 2);
            return extended(rule_.op, target(part), 0, part);
        case Recipe::truncate:
            return truncate(part);
        case Recipe::shift_wide:
            return shift_wide(part);
        case Recipe::select:
            return select(part);
        case Recipe::extreme:
            return extreme(part);
        case Recipe::to_integer:
            return to_integer(part);
        case Recipe::to_unsigned:
            return to_unsigned(part);
        case Recipe::high:
        case Recipe::high_add:
            return high(part);
        case Recipe::funnel_left:
        case Recipe::funnel_right:
            return funnel(part);
        case Recipe::sign_extend: {
            const std::uint8_t left = read(0, part);
            op(rule_.op, target(part), left, spread(rule_.constant), kSpread);
            return op(rule_.second, target(part), target(part), spread(rule_.constant), kSpread);
        }
        case Recipe::binary: {
            const std::uint8_t left = read(0, part);
            const Place right = look(1, part);
            return op(rule_.op, target(part), left, right);
        }
        case Recipe::on_constant: {
            const std::uint8_t left = read(0, part);
            return op(rule_.op, target(part), left, spread(rule_.constant), kSpread);
        }
        case Recipe::from_constant:
        case Recipe::from_constant_of:
            return from_constant(part);
        default: {
            const Place from = look(0, part);
            return op(rule_.op, target(part), 0, from);
        }
    }
}

void WarpEmitter::compute() {
    switch (rule_.recipe) {
        case Recipe::compare_float:
        case Recipe::compare_signed:
        case Recipe::compare_unsigned:
            return compare();
        case Recipe::logic:
        case Recipe::invert:
            return logic();
        default:
            if (rule_.to == Kind::predicate) return logic();
            for (std::uint32_t part = 0; part < parts(rule_.to); ++part) one_part(part);
    }
}

void WarpEmitter::run() {
    if (step_.is_guarded) {
        registers_.read(step_.guard);
        registers_.read({step_.slot, rule_.to, false});
    }
    compute();
    if (rule_.nan == Nan::any || passes_nan_) registers_.mark_any_nan();
    if (step_.is_guarded) guarded();
    registers_.release();
}

void emit_warp_step(Assembler& out, WarpRegisters& registers, const Step& step) {
    WarpEmitter(out, registers, step).run();
}

}  // namespace soft::compile
