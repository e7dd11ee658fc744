// See recipes.h. Every recipe asks for all its registers before it touches a scratch register: asking may
// emit code that uses those.
#include "soft/compile/recipes.h"

namespace soft::compile {
namespace {

constexpr Vector kMove = {Map::x0f, Prefix::none, 0x28};
constexpr Vector kAddWords = {Map::x0f, Prefix::x66, 0xfe};
constexpr Vector kAddWides = {Map::x0f, Prefix::x66, 0xd4, true};
constexpr Vector kAnd = {Map::x0f, Prefix::x66, 0xdb};
constexpr Vector kXor = {Map::x0f, Prefix::x66, 0xef};
constexpr Vector kCompareFloats = {Map::x0f, Prefix::none, 0xc2};
constexpr Vector kEqualWords = {Map::x0f, Prefix::x66, 0x76};
constexpr Vector kGreaterWords = {Map::x0f, Prefix::x66, 0x66};
constexpr Vector kLeastUnsigned = {Map::x0f38, Prefix::x66, 0x3b};
constexpr Vector kMostUnsigned = {Map::x0f38, Prefix::x66, 0x3f};
constexpr Vector kSignExtend = {Map::x0f38, Prefix::x66, 0x25};
constexpr Vector kZeroExtend = {Map::x0f38, Prefix::x66, 0x35};
constexpr Vector kUpperHalf = {Map::x0f3a, Prefix::x66, 0x39};  // vextracti128, the other way
constexpr Vector kShuffle = {Map::x0f, Prefix::none, 0xc6};
constexpr Vector kPermute = {Map::x0f3a, Prefix::x66, 0x00, true};
constexpr Vector kBlend = {Map::x0f3a, Prefix::x66, 0x4a};
constexpr Vector kTruncateFloats = {Map::x0f, Prefix::xf3, 0x5b};

class Emitter {
  public:
    Emitter(Assembler& out, Registers& registers, const Step& step)
        : out_(out), registers_(registers), step_(step), rule_(*step.rule) {}

    void run();

  private:
    std::uint8_t read(std::size_t n, std::uint32_t half = 0);
    Place look(std::size_t n, std::uint32_t half = 0);
    std::uint8_t target(std::uint32_t half = 0) { return registers_.define(step_.slot, rule_.to, half); }
    void op(const Vector& what, std::uint8_t to, std::uint8_t left, const Place& right) {
        out_.vector(what, to, left, right);
    }
    void op(const Vector& what, std::uint8_t to, std::uint8_t left, const Place& right, unsigned last) {
        out_.vector(what, to, left, right, static_cast<std::uint8_t>(last));
    }
    // to = mask ? chosen : other
    void blend(std::uint8_t to, std::uint8_t other, std::uint8_t chosen, std::uint8_t mask) {
        out_.vector(kBlend, to, other, Place::reg(chosen), static_cast<std::uint8_t>(mask << 4));
    }

    void compute();
    void each_half();
    void fused();
    void multiply_add();
    void multiply_wide();
    void extended(const Vector& how, std::uint8_t to, std::uint8_t from, std::uint32_t half);
    void extend();
    void truncate();
    void shift_wide();
    void select();
    void compare_float();
    void compare_integer(bool is_signed);
    void extreme();
    void to_integer();
    void logic();
    void guarded();

    Assembler& out_;
    Registers& registers_;
    const Step& step_;
    const Rule& rule_;
    bool passes_nan_ = false;
};

std::uint8_t Emitter::read(std::size_t n, std::uint32_t half) {
    const std::uint8_t reg = registers_.read(step_.sources[n], half);
    if (rule_.nan == Nan::exact) registers_.make_exact(step_.sources[n]);
    passes_nan_ |= rule_.nan == Nan::moves && registers_.has_any_nan(step_.sources[n]);
    return reg;
}

Place Emitter::look(std::size_t n, std::uint32_t half) {
    const Place place = registers_.look(step_.sources[n], half);
    if (!place.is_memory) read(n, half);
    return place;
}

void Emitter::each_half() {
    for (std::uint32_t half = 0; half < halves(rule_.to); ++half) {
        switch (rule_.recipe) {
            case Recipe::binary: {
                const std::uint8_t left = read(0, half);
                const Place right = look(1, half);
                op(rule_.op, target(half), left, right);
                break;
            }
            case Recipe::on_constant: {
                const std::uint8_t left = read(0, half);
                op(rule_.op, target(half), left, place_of(rule_.constant));
                break;
            }
            case Recipe::from_constant: {
                const Place right = look(0, half);
                const std::uint8_t to = target(half);
                op(kMove, kScratch, 0, place_of(rule_.constant));
                op(rule_.op, to, kScratch, right);
                break;
            }
            case Recipe::from_constant_of: {
                const Place from = look(0, half);
                const std::uint8_t to = target(half);
                op(rule_.second, to, 0, from);
                op(kMove, kScratch, 0, place_of(rule_.constant));
                op(rule_.op, to, kScratch, Place::reg(to));
                break;
            }
            default: {
                const Place from = look(0, half);
                op(rule_.op, target(half), 0, from);
                break;
            }
        }
    }
}

void Emitter::fused() {
    const std::uint8_t a = read(0);
    const Place b = look(1);
    const Place c = look(2);
    op(kMove, target(), 0, c);
    op(rule_.op, target(), a, b);
}

void Emitter::multiply_add() {
    const std::uint8_t a = read(0);
    const Place b = look(1);
    const Place c = look(2);
    op(rule_.op, target(), a, b);
    op(kAddWords, target(), target(), c);
}

// Four lanes of a word's register, widened.
void Emitter::extended(const Vector& how, std::uint8_t to, std::uint8_t from, std::uint32_t half) {
    if (half == 1) op(kUpperHalf, from, 0, Place::reg(to), 1);
    op(how, to, 0, Place::reg(half == 1 ? to : from));
}

void Emitter::multiply_wide() {
    const std::uint8_t a = read(0);
    const std::uint8_t b = read(1);
    const bool adds = rule_.recipe == Recipe::multiply_wide_add;
    const Place addends[2] = {adds ? look(2, 0) : Place{}, adds ? look(2, 1) : Place{}};
    target();
    for (std::uint32_t half = 0; half < 2; ++half) {
        extended(rule_.op, kScratch, a, half);
        extended(rule_.op, kScratch2, b, half);
        op(rule_.second, target(half), kScratch, Place::reg(kScratch2));
        if (adds) op(kAddWides, target(half), target(half), addends[half]);
    }
}

void Emitter::extend() {
    const std::uint8_t a = read(0);
    for (std::uint32_t half = 0; half < 2; ++half) extended(rule_.op, target(half), a, half);
}

void Emitter::truncate() {
    const std::uint8_t low = read(0, 0);
    const std::uint8_t high = read(0, 1);
    op(kShuffle, target(), low, Place::reg(high), 0x88);
    op(kPermute, target(), 0, Place::reg(target()), 0xd8);
}

void Emitter::shift_wide() {
    read(0);
    const std::uint8_t count = read(1);
    target();
    for (std::uint32_t half = 0; half < 2; ++half) {
        extended(kZeroExtend, kScratch, count, half);
        op(rule_.op, target(half), read(0, half), Place::reg(kScratch));
    }
}

void Emitter::select() {
    const std::uint8_t mask = read(2);
    read(0);
    read(1);
    target();
    if (rule_.to == Kind::word) {
        blend(target(), read(1), read(0), mask);
        return;
    }
    for (std::uint32_t half = 0; half < 2; ++half) {
        extended(kSignExtend, kScratch, mask, half);
        blend(target(half), read(1, half), read(0, half), kScratch);
    }
}

void Emitter::compare_float() {
    const std::uint8_t a = read(0);
    const Place b = look(1);
    op(kCompareFloats, target(), a, b, rule_.extra);
}

void Emitter::compare_integer(bool is_signed) {
    const auto how = static_cast<Comparison>(rule_.extra);
    const std::uint8_t a = read(0);
    const std::uint8_t b = read(1);
    const std::uint8_t to = target();
    bool inverted = how == not_equal;
    if (how == equal || how == not_equal) {
        op(kEqualWords, to, a, Place::reg(b));
    } else if (is_signed) {
        const bool swaps = how == less || how == greater_equal;
        op(kGreaterWords, to, swaps ? b : a, Place::reg(swaps ? a : b));
        inverted = how == less_equal || how == greater_equal;
    } else {
        // a <= b where the lesser of both is a.
        const bool least = how == less_equal || how == greater;
        op(least ? kLeastUnsigned : kMostUnsigned, kScratch, a, Place::reg(b));
        op(kEqualWords, to, a, Place::reg(kScratch));
        inverted = how == greater || how == less;
    }
    if (inverted) op(kXor, to, to, place_of(Constant::ones));
}

// The processor's own min and max answer the second operand when either is a NaN or both are zeros; PTX wants
// the operand that is a number, and -0 below +0.
void Emitter::extreme() {
    const std::uint8_t a = read(0);
    const std::uint8_t b = read(1);
    const std::uint8_t to = target();
    op(rule_.op, to, a, Place::reg(b));
    op(kCompareFloats, kScratch, a, Place::reg(b), 0x00);
    op(rule_.second, kScratch2, a, Place::reg(b));
    blend(to, to, kScratch2, kScratch);
    op(kCompareFloats, kScratch, b, Place::reg(b), 0x03);
    blend(to, to, a, kScratch);
}

// The processor answers 0x80000000 for all that does not fit; PTX the nearest integer, and 0 for a NaN.
void Emitter::to_integer() {
    const std::uint8_t a = read(0);
    const std::uint8_t to = target();
    op(kTruncateFloats, to, 0, Place::reg(a));
    op(kCompareFloats, kScratch, a, place_of(Constant::two_to_31), 0x1d);
    op(kXor, to, to, Place::reg(kScratch));
    op(kCompareFloats, kScratch, a, Place::reg(a), 0x07);
    op(kAnd, to, to, Place::reg(kScratch));
}

void Emitter::logic() {
    const bool flips_a = step_.sources[0].is_flipped != (rule_.recipe == Recipe::invert);
    const std::uint8_t a = read(0);
    const std::uint8_t b = rule_.recipe == Recipe::logic ? read(1) : a;
    const std::uint8_t to = target();
    op(kMove, to, 0, Place::reg(a));
    if (flips_a) op(kXor, to, to, place_of(Constant::ones));
    if (rule_.recipe != Recipe::logic) return;
    op(kMove, kScratch, 0, Place::reg(b));
    if (step_.sources[1].is_flipped) op(kXor, kScratch, kScratch, place_of(Constant::ones));
    op(rule_.op, to, to, Place::reg(kScratch));
}

// Lanes whose guard does not hold keep what the slot had, which may be a NaN of any payload that was loaded:
// what is made canonical later must not hold such lanes.
void Emitter::guarded() {
    const Source old = {step_.slot, rule_.to, false};
    const std::uint8_t guard = registers_.read(step_.guard);
    registers_.make_exact(old);
    registers_.make_new_exact();
    for (std::uint32_t half = 0; half < halves(rule_.to); ++half) {
        const std::uint8_t kept = registers_.read(old, half);
        std::uint8_t mask = guard;
        if (rule_.to == Kind::wide) {
            mask = kScratch;
            extended(kSignExtend, mask, guard, half);
        }
        const std::uint8_t made = target(half);
        if (step_.guard.is_flipped)
            blend(made, made, kept, mask);
        else
            blend(made, kept, made, mask);
    }
}

void Emitter::compute() {
    switch (rule_.recipe) {
        case Recipe::fused:
            return fused();
        case Recipe::multiply_add:
            return multiply_add();
        case Recipe::multiply_wide:
        case Recipe::multiply_wide_add:
            return multiply_wide();
        case Recipe::extend:
            return extend();
        case Recipe::truncate:
            return truncate();
        case Recipe::shift_wide:
            return shift_wide();
        case Recipe::select:
            return select();
        case Recipe::compare_float:
            return compare_float();
        case Recipe::compare_signed:
            return compare_integer(true);
        case Recipe::compare_unsigned:
            return compare_integer(false);
        case Recipe::extreme:
            return extreme();
        case Recipe::to_integer:
            return to_integer();
        case Recipe::logic:
        case Recipe::invert:
            return logic();
        case Recipe::move:
            return rule_.to == Kind::predicate ? logic() : each_half();
        default:
            return each_half();
    }
}

void Emitter::run() {
    if (step_.is_guarded) {
        registers_.read(step_.guard);
        registers_.read({step_.slot, rule_.to, false});
    }
    compute();
    if (rule_.nan == Nan::any || passes_nan_) registers_.mark_any_nan();
    if (step_.is_guarded) guarded();
    registers_.release();
}

}  // namespace

void emit_step(Assembler& out, Registers& registers, const Step& step) {
    Emitter(out, registers, step).run();
}

}  // namespace soft::compile
