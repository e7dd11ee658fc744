// Which operations have a recipe, and with which vector instructions. See step.h.
#include "soft/compile/step.h"

#include <algorithm>
#include <unordered_map>

#include "soft/launch/access.h"
#include "soft/launch/modifiers.h"

namespace soft::compile {
namespace {

using ptx::Mod;
using ptx::Type;

constexpr Vector f32(std::uint8_t code) { return {Map::x0f, Prefix::none, code}; }
constexpr Vector i0f(std::uint8_t code) { return {Map::x0f, Prefix::x66, code}; }
constexpr Vector i38(std::uint8_t code, bool wide = false) { return {Map::x0f38, Prefix::x66, code, wide}; }

constexpr Vector kMove = f32(0x28);
constexpr Vector kAddWords = i0f(0xfe);
constexpr Vector kAddWides = {Map::x0f, Prefix::x66, 0xd4, true};
constexpr Vector kSignExtend = i38(0x25);
constexpr Vector kZeroExtend = i38(0x35);
constexpr Vector kMultiplySigned = i38(0x28, true);
constexpr Vector kMultiplyUnsigned = {Map::x0f, Prefix::x66, 0xf4, true};
constexpr Vector kSubtractWides = {Map::x0f, Prefix::x66, 0xfb, true};
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
constexpr Rule comparing_wide(Recipe recipe, std::uint8_t how) {
    return {recipe, P, {D, D, W}, 2, {}, Nan::exact, Constant::none, how};
}
constexpr Rule extreme(Vector op, Vector zeros) {
    return {Recipe::extreme, W, {W, W, W}, 2, op, Nan::any, Constant::none, 0, zeros};
}
constexpr Rule logic(Vector op) { return {Recipe::logic, P, {P, P, W}, 2, op}; }
constexpr Rule kReciprocal = from(W, f32(0x5e), Constant::one, Nan::any);
constexpr Rule kReciprocalRoot = {
    Recipe::from_constant_of, W, {W, W, W}, 1, f32(0x5e), Nan::any, Constant::one, 0, f32(0x51)};
constexpr Rule kLowByte = with(W, i0f(0xdb), Constant::byte);
constexpr Rule kLowHalf = with(W, i0f(0xdb), Constant::half);
constexpr Rule signed_of(Constant unused) {
    return {Recipe::sign_extend, W, {W, W, W}, 1, i38(0x47), Nan::exact, unused, 0, i38(0x46)};
}

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
    {Family::rcp, Type::f32, 0, kReciprocal},
    {Family::unary_approx, Type::f32, kSqrt, unary(f32(0x51), Nan::any)},
    {Family::unary_approx, Type::f32, kRcp, kReciprocal},
    {Family::unary_approx, Type::f32, kRsqrt, kReciprocalRoot},
    {Family::div_approx, Type::f32, 2, binary_float(f32(0x5e))},
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
    {Family::sub, Type::u64, 0, binary(D, kSubtractWides)},
    {Family::and_, Type::b64, 0, binary(D, i0f(0xdb))},
    {Family::or_, Type::b64, 0, binary(D, i0f(0xeb))},
    {Family::xor_, Type::b64, 0, binary(D, kXor)},
    {Family::not_, Type::b64, 0, with(D, kXor, Constant::ones)},
    {Family::neg, Type::u64, 0, from(D, kSubtractWides, Constant::zero)},
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
    {Family::cvt, Type::u8, v(Type::u16), kLowByte},
    {Family::cvt, Type::u8, v(Type::u32), kLowByte},
    {Family::cvt, Type::u8, v(Type::s32), kLowByte},
    {Family::cvt, Type::u16, v(Type::u8), kLowByte},
    {Family::cvt, Type::u32, v(Type::u8), kLowByte},
    {Family::cvt, Type::s32, v(Type::u8), kLowByte},
    {Family::cvt, Type::u16, v(Type::u32), kLowHalf},
    {Family::cvt, Type::u16, v(Type::s32), kLowHalf},
    {Family::cvt, Type::u32, v(Type::u16), kLowHalf},
    {Family::cvt, Type::s32, v(Type::u16), kLowHalf},
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

// Elements * 16 + bytes of a lane, as in hot_memory.h.
constexpr std::uint8_t elements(std::uint32_t count, std::uint32_t width) {
    return static_cast<std::uint8_t>(count * 16 + width);
}
constexpr Rule loading(Kind kind) { return {Recipe::load, kind}; }
constexpr Rule kStoring = {Recipe::store};

constexpr Row kWholeWarpRows[] = {
    {Family::load_global, Type::b32, elements(1, 4), loading(W)},
    {Family::load_global, Type::b64, elements(1, 8), loading(D)},
    {Family::load_global, Type::b32, elements(2, 4), loading(W)},
    {Family::load_global, Type::b32, elements(4, 4), loading(W)},
    {Family::load_global, Type::b64, elements(2, 8), loading(D)},
    {Family::load_global, Type::u8, elements(1, 4), loading(W)},
    {Family::load_global, Type::s8, elements(1, 4), loading(W)},
    {Family::load_global, Type::u16, elements(1, 4), loading(W)},
    {Family::load_global, Type::s16, elements(1, 4), loading(W)},
    {Family::store_global, Type::b32, elements(1, 4), kStoring},
    {Family::store_global, Type::b64, elements(1, 8), kStoring},
    {Family::store_global, Type::b32, elements(2, 4), kStoring},
    {Family::store_global, Type::b32, elements(4, 4), kStoring},
    {Family::store_global, Type::b64, elements(2, 8), kStoring},
    {Family::store_global, Type::u8, elements(1, 4), kStoring},
    {Family::store_global, Type::u16, elements(1, 4), kStoring},
    {Family::load_shared, Type::b32, elements(1, 4), loading(W)},
    {Family::load_shared, Type::b64, elements(1, 8), loading(D)},
    {Family::load_shared, Type::b32, elements(2, 4), loading(W)},
    {Family::load_shared, Type::b32, elements(4, 4), loading(W)},
    {Family::load_shared, Type::u8, elements(1, 4), loading(W)},
    {Family::load_shared, Type::u16, elements(1, 4), loading(W)},
    {Family::store_shared, Type::b32, elements(1, 4), kStoring},
    {Family::store_shared, Type::b64, elements(1, 8), kStoring},
    {Family::store_shared, Type::b32, elements(2, 4), kStoring},
    {Family::store_shared, Type::b32, elements(4, 4), kStoring},
    {Family::store_shared, Type::u8, elements(1, 4), kStoring},
    {Family::store_shared, Type::u16, elements(1, 4), kStoring},
    {Family::setp, Type::s64, v(Mod::eq), comparing_wide(Recipe::compare_signed, equal)},
    {Family::setp, Type::s64, v(Mod::ne), comparing_wide(Recipe::compare_signed, not_equal)},
    {Family::setp, Type::s64, v(Mod::lt), comparing_wide(Recipe::compare_signed, less)},
    {Family::setp, Type::s64, v(Mod::le), comparing_wide(Recipe::compare_signed, less_equal)},
    {Family::setp, Type::s64, v(Mod::gt), comparing_wide(Recipe::compare_signed, greater)},
    {Family::setp, Type::s64, v(Mod::ge), comparing_wide(Recipe::compare_signed, greater_equal)},
    {Family::setp, Type::u64, v(Mod::eq), comparing_wide(Recipe::compare_unsigned, equal)},
    {Family::setp, Type::u64, v(Mod::ne), comparing_wide(Recipe::compare_unsigned, not_equal)},
    {Family::setp, Type::u64, v(Mod::lt), comparing_wide(Recipe::compare_unsigned, less)},
    {Family::setp, Type::u64, v(Mod::le), comparing_wide(Recipe::compare_unsigned, less_equal)},
    {Family::setp, Type::u64, v(Mod::gt), comparing_wide(Recipe::compare_unsigned, greater)},
    {Family::setp, Type::u64, v(Mod::ge), comparing_wide(Recipe::compare_unsigned, greater_equal)},
    {Family::mul_lo, Type::u64, 0, binary(D, i38(0x40, true))},
    {Family::cvt, Type::s32, v(Type::s8), signed_of(Constant::twenty_four)},
    {Family::cvt, Type::u32, v(Type::s8), signed_of(Constant::twenty_four)},
    {Family::cvt, Type::s8, v(Type::s32), signed_of(Constant::twenty_four)},
    {Family::cvt, Type::s8, v(Type::u32), signed_of(Constant::twenty_four)},
    {Family::cvt, Type::s32, v(Type::s16), signed_of(Constant::sixteen)},
    {Family::cvt, Type::u32, v(Type::s16), signed_of(Constant::sixteen)},
    {Family::cvt, Type::s16, v(Type::s32), signed_of(Constant::sixteen)},
    {Family::cvt, Type::s16, v(Type::u32), signed_of(Constant::sixteen)},
    {Family::cvt, Type::f32, v(Type::u32), unary({Map::x0f, Prefix::xf2, 0x7a}, Nan::exact)},
    {Family::cvt, Type::u32, v(Type::f32), {Recipe::to_unsigned, W, {W, W, W}, 1, {}, Nan::reads}},
    {Family::mul_hi, Type::u32, 0, {Recipe::high, W, {W, W, W}, 2, kMultiplyUnsigned}},
    {Family::mul_hi, Type::s32, 0, {Recipe::high, W, {W, W, W}, 2, kMultiplySigned}},
    {Family::mad_hi, Type::u32, 0, {Recipe::high_add, W, {W, W, W}, 3, kMultiplyUnsigned}},
    {Family::mad_hi, Type::s32, 0, {Recipe::high_add, W, {W, W, W}, 3, kMultiplySigned}},
    {Family::shf_l, Type::b32, 0, {Recipe::funnel_left, W, {W, W, W}, 3}},
    {Family::shf_r, Type::b32, 0, {Recipe::funnel_right, W, {W, W, W}, 3}},
    {Family::shr, Type::s64, 0, shift_wide(i38(0x46, true))},
    {Family::min, Type::u64, 0, binary(D, i38(0x3b, true))},
    {Family::min, Type::s64, 0, binary(D, i38(0x39, true))},
    {Family::max, Type::u64, 0, binary(D, i38(0x3f, true))},
    {Family::max, Type::s64, 0, binary(D, i38(0x3d, true))},
    {Family::clz, Type::b32, 0, unary(i38(0x44), Nan::exact)},
    {Family::lop3, Type::b32, 0, {Recipe::ternary, W, {W, W, W}, 3, {Map::x0f3a, Prefix::x66, 0x25}}},
};

std::uint32_t key_of(Family family, Type type, std::uint8_t variant) {
    return static_cast<std::uint32_t>(family) << 16 | static_cast<std::uint32_t>(type) << 8 | variant;
}

using Rules = std::unordered_map<std::uint32_t, const Rule*>;

const Rule* find_in(const Rules& rules, const OpEntry& entry) {
    const auto found = rules.find(key_of(entry.family, entry.type, entry.variant));
    return found == rules.end() ? nullptr : found->second;
}

Rules rules_of(std::span<const Row> rows) {
    Rules rules;
    for (const Row& row : rows) rules.emplace(key_of(row.family, row.type, row.variant), &row.rule);
    return rules;
}

const Rule* find_rule(const OpEntry& entry, bool whole_warp) {
    static const Rules kRules = rules_of(kRows);
    static const Rules kWholeWarp = rules_of(kWholeWarpRows);
    const Rule* rule = find_in(kRules, entry);
    return rule == nullptr && whole_warp ? find_in(kWholeWarp, entry) : rule;
}

// The address first, then the values.
bool describe_access(const Insn& insn, Step& step) {
    if (insn.imm != static_cast<std::int32_t>(insn.imm) || insn.mod[kModOp] != 0) return false;
    const std::uint32_t count = insn.mod[kModVector];
    const Kind kind = insn.mod[kModWidth] == 8 ? D : W;
    step.sources[0] = {insn.a, insn.mod[kModAddressWidth] == 8 ? D : W, false};
    step.source_count = 1;
    const std::uint32_t slots[] = {insn.d, insn.b, insn.c, insn.e};
    if (step.rule->recipe == Recipe::store) {
        for (std::size_t v = 0; v < count; ++v) step.sources[step.source_count++] = {slots[v], kind, false};
        return true;
    }
    for (std::size_t v = 1; v < count; ++v) step.others[step.other_count++] = slots[v];
    // One slot twice, or the address: in what order they are written would matter.
    for (std::size_t v = 0; v < count; ++v) {
        if (std::count(slots, slots + count, slots[v]) > 1) return false;
    }
    return true;
}

}  // namespace

bool Step::writes(std::uint32_t which, Kind kind) const {
    if (!writes() || rule->to != kind) return false;
    return slot == which ||
           std::find(others.begin(), others.begin() + other_count, which) != others.begin() + other_count;
}

bool Step::reads(std::uint32_t which, Kind kind) const {
    const auto is_it = [&](const Source& source) { return source.slot == which && source.kind == kind; };
    if (std::any_of(sources.begin(), sources.begin() + source_count, is_it)) return true;
    return is_guarded && (is_it(guard) || writes(which, kind));
}

std::uint32_t Uses::next(std::uint32_t at, std::uint32_t slot, Kind kind) const {
    for (std::uint32_t k = at + 1; k < steps_.size(); ++k) {
        if (steps_[k].reads(slot, kind)) return k;
        if (steps_[k].writes(slot, kind)) return kNever;
    }
    return kNever;
}

bool Uses::is_unread(std::uint32_t slot) const { return std::ranges::find(unread_, slot) != unread_.end(); }

bool Uses::is_lost(std::uint32_t at, std::uint32_t slot, Kind kind) const {
    for (std::uint32_t k = at + 1; k < steps_.size(); ++k) {
        if (steps_[k].writes(slot, kind) && !steps_[k].is_guarded) return true;
    }
    return is_unread(slot);
}

bool describe(const OpEntry& entry, const Insn& insn, bool whole_warp, Step& step) {
    step.rule = find_rule(entry, whole_warp);
    if (step.rule == nullptr) return false;
    step.insn = &insn;
    step.entry = &entry;
    step.slot = insn.d;
    if (step.rule->recipe == Recipe::load || step.rule->recipe == Recipe::store)
        return describe_access(insn, step);
    const std::uint32_t slots[] = {insn.a, insn.b, insn.c};
    step.source_count = step.rule->sources;
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
