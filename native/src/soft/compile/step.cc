// Which operations have a recipe, and with which vector instructions. See step.h.
#include "soft/compile/step.h"

#include <unordered_map>

namespace soft::compile {
namespace {

using ptx::Mod;
using ptx::Type;

constexpr Vector f32(std::uint8_t code) { return {Map::x0f, Prefix::none, code}; }
constexpr Vector i0f(std::uint8_t code) { return {Map::x0f, Prefix::x66, code}; }
constexpr Vector i38(std::uint8_t code, bool wide = false) { return {Map::x0f38, Prefix::x66, code, wide}; }

constexpr Vector kMove = f32(0x28);
constexpr Vector kAddWords = i0f(0xfe);
constexpr Vector kAddWides = i0f(0xd4);
constexpr Vector kSignExtend = i38(0x25);
constexpr Vector kZeroExtend = i38(0x35);
constexpr Vector kMultiplySigned = i38(0x28);
constexpr Vector kMultiplyUnsigned = i0f(0xf4);
constexpr Vector kXor = i0f(0xef);

constexpr Kind W = Kind::word;
constexpr Kind D = Kind::wide;
constexpr Kind P = Kind::predicate;

constexpr Rule binary(Kind kind, Vector op) { return {Recipe::binary, kind, {kind, kind, W}, 2, op}; }
constexpr Rule binary_float(Vector op) { return {Recipe::binary, W, {W, W, W}, 2, op, Nan::any}; }
constexpr Rule with(Kind kind, Vector op, Constant constant) {
    return {Recipe::on_constant, kind, {kind, W, W}, 1, op, Nan::exact, constant};
}
constexpr Rule from(Kind kind, Vector op, Constant constant, Nan nan = Nan::exact) {
    return {Recipe::from_constant, kind, {kind, W, W}, 1, op, nan, constant};
}
constexpr Rule shift_wide(Vector op) { return {Recipe::shift_wide, D, {D, W, W}, 2, op}; }
constexpr Rule extend(Vector op) { return {Recipe::extend, D, {W, W, W}, 1, op}; }
constexpr Rule widen(Recipe recipe, Vector extends, Vector multiplies) {
    const std::uint8_t sources = recipe == Recipe::multiply_wide ? 2 : 3;
    return {recipe, D, {W, W, D}, sources, extends, Nan::exact, Constant::none, 0, multiplies};
}
constexpr Rule moving(Kind kind) { return {Recipe::move, kind, {kind, W, W}, 1, kMove, Nan::moves}; }
constexpr Rule unary(Vector op, Nan nan) { return {Recipe::unary, W, {W, W, W}, 1, op, nan}; }
constexpr Rule selecting(Kind kind) { return {Recipe::select, kind, {kind, kind, P}, 3}; }
constexpr Rule comparing(Recipe recipe, std::uint8_t how) {
    const Nan nan = recipe == Recipe::compare_float ? Nan::reads : Nan::exact;
    return {recipe, P, {W, W, W}, 2, {}, nan, Constant::none, how};
}
constexpr Rule extreme(Vector op, Vector zeros) {
    return {Recipe::extreme, W, {W, W, W}, 2, op, Nan::any, Constant::none, 0, zeros};
}
constexpr Rule logic(Vector op) { return {Recipe::logic, P, {P, P, W}, 2, op}; }

struct Row {
    Family family;
    Type type;
    std::uint8_t variant;
    Rule rule;
};

constexpr std::uint8_t v(Mod mod) { return static_cast<std::uint8_t>(mod); }
constexpr std::uint8_t v(Type type) { return static_cast<std::uint8_t>(type); }

constexpr Row kRows[] = {
    {Family::mov, Type::b32, 0, moving(W)},
    {Family::mov, Type::b64, 0, moving(D)},
    {Family::add, Type::f32, 0, binary_float(f32(0x58))},
    {Family::sub, Type::f32, 0, binary_float(f32(0x5c))},
    {Family::mul_lo, Type::f32, 0, binary_float(f32(0x59))},
    {Family::div, Type::f32, 0, binary_float(f32(0x5e))},
    {Family::fma, Type::f32, 0, {Recipe::fused, W, {W, W, W}, 3, i38(0xb8), Nan::any}},
    {Family::sqrt, Type::f32, 0, unary(f32(0x51), Nan::any)},
    {Family::rcp, Type::f32, 0, from(W, f32(0x5e), Constant::one, Nan::any)},
    {Family::neg, Type::f32, 0, with(W, kXor, Constant::sign)},
    {Family::abs, Type::f32, 0, with(W, i0f(0xdb), Constant::magnitude)},
    {Family::min, Type::f32, 0, extreme(f32(0x5d), i0f(0xeb))},
    {Family::max, Type::f32, 0, extreme(f32(0x5f), i0f(0xdb))},
    {Family::add, Type::u32, 0, binary(W, kAddWords)},
    {Family::sub, Type::u32, 0, binary(W, i0f(0xfa))},
    {Family::mul_lo, Type::u32, 0, binary(W, i38(0x40))},
    {Family::mad_lo, Type::u32, 0, {Recipe::multiply_add, W, {W, W, W}, 3, i38(0x40)}},
    {Family::and_, Type::b32, 0, binary(W, i0f(0xdb))},
    {Family::or_, Type::b32, 0, binary(W, i0f(0xeb))},
    {Family::xor_, Type::b32, 0, binary(W, kXor)},
    {Family::not_, Type::b32, 0, with(W, kXor, Constant::ones)},
    {Family::neg, Type::u32, 0, from(W, i0f(0xfa), Constant::zero)},
    {Family::abs, Type::s32, 0, unary(i38(0x1e), Nan::exact)},
    {Family::shl, Type::b32, 0, binary(W, i38(0x47))},
    {Family::shr, Type::u32, 0, binary(W, i38(0x45))},
    {Family::shr, Type::s32, 0, binary(W, i38(0x46))},
    {Family::min, Type::u32, 0, binary(W, i38(0x3b))},
    {Family::min, Type::s32, 0, binary(W, i38(0x39))},
    {Family::max, Type::u32, 0, binary(W, i38(0x3f))},
    {Family::max, Type::s32, 0, binary(W, i38(0x3d))},
    {Family::add, Type::u64, 0, binary(D, kAddWides)},
    {Family::sub, Type::u64, 0, binary(D, i0f(0xfb))},
    {Family::and_, Type::b64, 0, binary(D, i0f(0xdb))},
    {Family::or_, Type::b64, 0, binary(D, i0f(0xeb))},
    {Family::xor_, Type::b64, 0, binary(D, kXor)},
    {Family::not_, Type::b64, 0, with(D, kXor, Constant::ones)},
    {Family::neg, Type::u64, 0, from(D, i0f(0xfb), Constant::zero)},
    {Family::shl, Type::b64, 0, shift_wide(i38(0x47, true))},
    {Family::shr, Type::u64, 0, shift_wide(i38(0x45, true))},
    {Family::mul_wide, Type::s32, 0, widen(Recipe::multiply_wide, kSignExtend, kMultiplySigned)},
    {Family::mul_wide, Type::u32, 0, widen(Recipe::multiply_wide, kZeroExtend, kMultiplyUnsigned)},
    {Family::mad_wide, Type::s32, 0, widen(Recipe::multiply_wide_add, kSignExtend, kMultiplySigned)},
    {Family::mad_wide, Type::u32, 0, widen(Recipe::multiply_wide_add, kZeroExtend, kMultiplyUnsigned)},
    {Family::cvt, Type::s64, v(Type::s32), extend(kSignExtend)},
    {Family::cvt, Type::u64, v(Type::s32), extend(kSignExtend)},
    {Family::cvt, Type::s64, v(Type::u32), extend(kZeroExtend)},
    {Family::cvt, Type::u64, v(Type::u32), extend(kZeroExtend)},
    {Family::cvt, Type::u32, v(Type::u64), {Recipe::truncate, W, {D, W, W}, 1}},
    {Family::cvt, Type::u32, v(Type::s64), {Recipe::truncate, W, {D, W, W}, 1}},
    {Family::cvt, Type::s32, v(Type::u64), {Recipe::truncate, W, {D, W, W}, 1}},
    {Family::cvt, Type::s32, v(Type::s64), {Recipe::truncate, W, {D, W, W}, 1}},
    {Family::cvt, Type::u32, v(Type::s32), moving(W)},
    {Family::cvt, Type::s32, v(Type::u32), moving(W)},
    {Family::cvt, Type::f32, v(Type::s32), unary(f32(0x5b), Nan::exact)},
    {Family::cvt, Type::s32, v(Type::f32), {Recipe::to_integer, W, {W, W, W}, 1, {}, Nan::reads}},
    {Family::selp, Type::b32, 0, selecting(W)},
    {Family::selp, Type::b64, 0, selecting(D)},
    {Family::setp, Type::f32, v(Mod::eq), comparing(Recipe::compare_float, 0x00)},
    {Family::setp, Type::f32, v(Mod::ne), comparing(Recipe::compare_float, 0x0c)},
    {Family::setp, Type::f32, v(Mod::lt), comparing(Recipe::compare_float, 0x11)},
    {Family::setp, Type::f32, v(Mod::le), comparing(Recipe::compare_float, 0x12)},
    {Family::setp, Type::f32, v(Mod::gt), comparing(Recipe::compare_float, 0x1e)},
    {Family::setp, Type::f32, v(Mod::ge), comparing(Recipe::compare_float, 0x1d)},
    {Family::setp, Type::f32, v(Mod::equ), comparing(Recipe::compare_float, 0x08)},
    {Family::setp, Type::f32, v(Mod::neu), comparing(Recipe::compare_float, 0x04)},
    {Family::setp, Type::f32, v(Mod::ltu), comparing(Recipe::compare_float, 0x19)},
    {Family::setp, Type::f32, v(Mod::leu), comparing(Recipe::compare_float, 0x1a)},
    {Family::setp, Type::f32, v(Mod::gtu), comparing(Recipe::compare_float, 0x16)},
    {Family::setp, Type::f32, v(Mod::geu), comparing(Recipe::compare_float, 0x15)},
    {Family::setp, Type::f32, v(Mod::num), comparing(Recipe::compare_float, 0x07)},
    {Family::setp, Type::f32, v(Mod::nan), comparing(Recipe::compare_float, 0x03)},
    {Family::setp, Type::s32, v(Mod::eq), comparing(Recipe::compare_signed, equal)},
    {Family::setp, Type::s32, v(Mod::ne), comparing(Recipe::compare_signed, not_equal)},
    {Family::setp, Type::s32, v(Mod::lt), comparing(Recipe::compare_signed, less)},
    {Family::setp, Type::s32, v(Mod::le), comparing(Recipe::compare_signed, less_equal)},
    {Family::setp, Type::s32, v(Mod::gt), comparing(Recipe::compare_signed, greater)},
    {Family::setp, Type::s32, v(Mod::ge), comparing(Recipe::compare_signed, greater_equal)},
    {Family::setp, Type::u32, v(Mod::eq), comparing(Recipe::compare_unsigned, equal)},
    {Family::setp, Type::u32, v(Mod::ne), comparing(Recipe::compare_unsigned, not_equal)},
    {Family::setp, Type::u32, v(Mod::lt), comparing(Recipe::compare_unsigned, less)},
    {Family::setp, Type::u32, v(Mod::le), comparing(Recipe::compare_unsigned, less_equal)},
    {Family::setp, Type::u32, v(Mod::gt), comparing(Recipe::compare_unsigned, greater)},
    {Family::setp, Type::u32, v(Mod::ge), comparing(Recipe::compare_unsigned, greater_equal)},
    {Family::pred_and, Type::pred, 0, logic(i0f(0xdb))},
    {Family::pred_or, Type::pred, 0, logic(i0f(0xeb))},
    {Family::pred_xor, Type::pred, 0, logic(kXor)},
    {Family::pred_mov, Type::pred, 0, moving(P)},
    {Family::pred_not, Type::pred, 0, {Recipe::invert, P, {P, W, W}, 1, kXor}},
};

std::uint32_t key_of(Family family, Type type, std::uint8_t variant) {
    return static_cast<std::uint32_t>(family) << 16 | static_cast<std::uint32_t>(type) << 8 | variant;
}

const Rule* find_rule(const OpEntry& entry) {
    static const auto kRules = [] {
        std::unordered_map<std::uint32_t, const Rule*> rules;
        for (const Row& row : kRows) rules.emplace(key_of(row.family, row.type, row.variant), &row.rule);
        return rules;
    }();
    const auto found = kRules.find(key_of(entry.family, entry.type, entry.variant));
    return found == kRules.end() ? nullptr : found->second;
}

}  // namespace

bool describe(const OpEntry& entry, const Insn& insn, Step& step) {
    step.rule = find_rule(entry);
    if (step.rule == nullptr) return false;
    step.slot = insn.d;
    const std::uint32_t slots[] = {insn.a, insn.b, insn.c};
    for (std::size_t k = 0; k < step.rule->sources; ++k)
        step.sources[k] = {slots[k], step.rule->from[k], false};
    // Only operations on predicates alone flip them; see predicates.cc.
    if (step.rule->to == Kind::predicate && step.rule->from[0] == Kind::predicate) {
        step.sources[0].is_flipped = insn.imm != 0;
        step.sources[1].is_flipped = insn.e != 0;
    }
    return true;
}

}  // namespace soft::compile
