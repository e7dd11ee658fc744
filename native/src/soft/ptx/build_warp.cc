// Builders of warp-wide operations, atomics, fences and the small instructions about the machine. See
// builders.h.
#include "soft/launch/access.h"
#include "soft/launch/atomic.h"
#include "soft/launch/sync.h"
#include "soft/ptx/builders.h"

namespace soft::ptx {
namespace {

// `d|p` or `d`: the slot of each; the predicate's is kNoSlot when absent.
struct Pair {
    std::uint32_t value = 0;
    std::uint32_t predicate = kNoSlot;
};

Pair pair_target(Decoder& d, Type type) {
    const Operand& to = d.operand(0);
    Pair pair;
    if (to.kind != OperandKind::pair) {
        pair.value = d.target(to, type);
        return pair;
    }
    pair.value = d.target(d.child(to, 0), type);
    pair.predicate = d.predicate_target(d.child(to, 1));
    return pair;
}

void set_predicate(Insn& insn, const Pair& pair) {
    if (pair.predicate == kNoSlot) return;
    insn.imm = pair.predicate;
    insn.mod[kSyncHasPredicate] = 1;
}

// The member mask is the last operand of a .sync form; older forms have none.
std::uint32_t member_mask(Decoder& d, bool is_sync) {
    return is_sync ? d.source(d.count() - 1, Type::b32) : d.constant(kFullMask, 4);
}

std::uint8_t byte_of(Mod mod) { return static_cast<std::uint8_t>(mod); }

Space atomic_space(const Decoder& d) {
    switch (d.one_of({Mod::global, Mod::shared})) {
        case Mod::global:
            return Space::global;
        case Mod::shared:
            return Space::shared;
        default:
            return Space::generic;
    }
}

bool is_atomic_type(Type type) { return type_size(type) >= 2 && type_size(type) <= 8 && type != Type::f32x2; }

// The common operations have handlers of their own, by how they look at values; the rest share one.
Insn& emit_operation(Decoder& d, Mod op, const MemoryOperand& address) {
    const Type type = d.type();
    const bool is_shared = address.space == Space::shared;
    const bool is_float = type == Type::f32 || type == Type::f64;
    const bool is_ordered = op == Mod::min || op == Mod::max;
    const bool is_packed = type == Type::f16x2 || type == Type::bf16x2;
    Type as = Type::none;
    if (type_size(type) == 4 && !is_packed) as = is_ordered && is_signed(type) ? Type::s32 : Type::u32;
    if (type_size(type) == 8) as = is_ordered && is_signed(type) ? Type::s64 : Type::u64;
    if (is_float) as = type;
    const Family hot = is_shared ? Family::atom_shared : Family::atom;
    const bool is_hot =
        as != Type::none && address.width == (is_shared ? 4 : 8) && find_op(hot, as, byte_of(op)) != nullptr;
    if (is_hot) return d.emit(hot, as, byte_of(op));
    return d.emit(Family::atom, Type::none, type == Type::b128 ? 1 : 0);
}

Insn& emit_atom(Decoder& d, Mod op, const MemoryOperand& address, std::uint32_t to, std::uint32_t b) {
    const Type type = d.type();
    Insn& insn = emit_operation(d, op, address);
    insn.d = to;
    insn.a = address.slot;
    insn.b = b;
    insn.imm = address.offset;
    insn.mod[kModSpace] = static_cast<std::uint8_t>(address.space);
    insn.mod[kModSize] = static_cast<std::uint8_t>(type_size(type));
    insn.mod[kModAddressWidth] = static_cast<std::uint8_t>(address.width);
    insn.mod[kModVector] = kAtomicHasResult;
    insn.mod[kModOp] = byte_of(op);
    insn.mod[kModType] = static_cast<std::uint8_t>(type);
    d.use_cache(insn);
    return insn;
}

// Elements are atomic each on its own, as PTX has it.
bool build_vector_atom(Decoder& d, Mod op, MemoryOperand address, bool is_red) {
    const Operand& values = d.operand(is_red ? 1 : 2);
    const Operand& results = d.operand(0);
    if (!is_red && (results.kind != OperandKind::vector || results.count != values.count))
        return d.fail("the vectors differ");
    for (std::uint32_t k = 0; k < values.count; ++k) {
        const std::uint32_t b = d.source(d.child(values, k), d.type());
        const std::uint32_t to = is_red ? 0 : d.target(d.child(results, k), d.type());
        Insn& insn = emit_atom(d, op, address, to, b);
        if (is_red) insn.mod[kModVector] = 0;
        address.offset += type_size(d.type());
    }
    return true;
}

}  // namespace

bool build_shfl(Decoder& d) {
    const bool is_sync = d.has(Mod::sync);
    if (!d.need(is_sync ? 5 : 4, is_sync ? 5 : 4)) return false;
    const Pair to = pair_target(d, Type::b32);
    const std::uint32_t a = d.source(1, Type::b32);
    const std::uint32_t b = d.source(2, Type::u32);
    const std::uint32_t c = d.source(3, Type::u32);
    const std::uint32_t members = member_mask(d, is_sync);
    const Mod mode = d.one_of({Mod::up, Mod::down, Mod::bfly, Mod::idx});
    if (mode == Mod::none) return d.fail("missing mode");
    Insn& insn = d.emit(Family::shfl, Type::none, byte_of(mode));
    insn.d = to.value;
    insn.a = a;
    insn.b = b;
    insn.c = c;
    insn.e = members;
    insn.mod[kSyncMode] = byte_of(mode);
    insn.mod[kSyncLegacy] = is_sync ? 0 : 1;
    set_predicate(insn, to);
    return true;
}

bool build_vote(Decoder& d) {
    const bool is_sync = d.has(Mod::sync);
    if (!d.need(is_sync ? 3 : 2, is_sync ? 3 : 2)) return false;
    const Mod mode = d.one_of({Mod::all, Mod::any, Mod::uni, Mod::ballot});
    if (mode == Mod::none) return d.fail("missing mode");
    const std::uint32_t to = mode == Mod::ballot ? d.target(0, Type::b32) : d.predicate_target(d.operand(0));
    const PredicateSource p = d.predicate(d.operand(1));
    const std::uint32_t members = member_mask(d, is_sync);
    Insn& insn = d.emit(Family::vote, Type::none);
    insn.d = to;
    insn.a = p.slot;
    insn.imm = p.flip;
    insn.e = members;
    insn.mod[kSyncMode] = byte_of(mode);
    insn.mod[kSyncLegacy] = is_sync ? 0 : 1;
    return true;
}

bool build_match(Decoder& d) {
    if (!d.need(3, 3)) return false;
    const Mod mode = d.one_of({Mod::any, Mod::all});
    if (mode == Mod::none || slot_width(d.type()) == 0) return d.fail("missing mode or type");
    const Pair to = pair_target(d, Type::b32);
    const std::uint32_t a = d.source(1, d.type());
    const std::uint32_t members = d.source(2, Type::b32);
    const auto width = static_cast<std::uint8_t>(slot_width(d.type()));
    Insn& insn = d.emit(Family::match, Type::none, width);
    insn.d = to.value;
    insn.a = a;
    insn.e = members;
    insn.mod[kSyncMode] = byte_of(mode);
    insn.mod[kSyncWidth] = width;
    set_predicate(insn, to);
    return true;
}

bool build_redux(Decoder& d) {
    if (!d.need(3, 3)) return false;
    const Mod op = d.one_of({Mod::add, Mod::min, Mod::max, Mod::and_, Mod::or_, Mod::xor_});
    if (op == Mod::none) return d.fail("missing operation");
    const std::uint32_t to = d.target(0, d.type());
    const std::uint32_t a = d.source(1, d.type());
    const std::uint32_t members = d.source(2, Type::b32);
    // Only the order of values depends on the sign.
    const bool is_ordered = op == Mod::min || op == Mod::max;
    const Type as = is_ordered && is_signed(d.type()) ? Type::s32 : Type::u32;
    Insn& insn =
        d.type() == Type::f32 ? d.emit(Family::redux, Type::none) : d.emit(Family::redux, as, byte_of(op));
    insn.d = to;
    insn.a = a;
    insn.e = members;
    insn.mod[kSyncMode] = byte_of(op);
    insn.mod[kSyncSigned] = d.type() == Type::f32 ? kReduceFloat
                            : is_signed(d.type()) ? kReduceSigned
                                                  : std::uint8_t{0};
    if (d.has(Mod::abs)) insn.mod[kSyncSigned] |= kReduceAbs;
    if (d.has(Mod::NaN)) insn.mod[kSyncSigned] |= kReduceNan;
    return true;
}

bool build_elect(Decoder& d) {
    if (!d.need(2, 2)) return false;
    const Pair to = pair_target(d, Type::b32);
    if (to.predicate == kNoSlot) return d.fail("elect.sync writes a predicate");
    const std::uint32_t members = d.source(1, Type::b32);
    Insn& insn = d.emit(Family::sync_elect, Type::none);
    insn.d = to.value;
    insn.imm = to.predicate;
    insn.e = members;
    return true;
}

bool build_bar_warp(Decoder& d) {
    if (!d.need(1, 1)) return false;
    const std::uint32_t members = d.source(0, Type::b32);
    d.emit(Family::bar_warp, Type::none).e = members;
    return true;
}

bool build_activemask(Decoder& d) {
    if (!d.need(1, 1)) return false;
    const std::uint32_t to = d.target(0, Type::b32);
    d.emit(Family::activemask, Type::none).d = to;
    return true;
}

// atom d, [a], b{, c}; red [a], b.
bool build_atom(Decoder& d) {
    const bool is_red = d.statement().opcode == "red";
    const std::uint32_t first = is_red ? 0 : 1;
    if (!d.need(first + 2, first + 4)) return false;
    const Mod op = d.one_of({Mod::cas, Mod::exch, Mod::add, Mod::and_, Mod::or_, Mod::xor_, Mod::inc,
                             Mod::dec, Mod::min, Mod::max});
    const Type type = d.type();
    if (op == Mod::none || type == Type::none) return d.fail("missing operation or type");
    const bool is_wide = type == Type::b128 && !is_red && (op == Mod::cas || op == Mod::exch);
    if (!is_wide && !is_atomic_type(type)) return d.emit_unsupported(), true;
    MemoryOperand address;
    if (!d.memory_operand(d.operand(first), atomic_space(d), address)) return false;
    if (op == Mod::cas && d.count() < first + 3) return d.fail("cas takes two values");
    const Operand& value = d.operand(first + 1);
    if (value.kind == OperandKind::vector) return build_vector_atom(d, op, address, is_red);
    const std::uint32_t to = is_red ? 0 : d.target(0, type);
    const std::uint32_t b = d.source(value, type);
    Insn& insn = emit_atom(d, op, address, to, b);
    insn.c = op == Mod::cas ? d.source(first + 2, type) : 0;
    if (is_red || d.operand(0).kind == OperandKind::sink) insn.mod[kModVector] = 0;
    const bool completes = is_red && d.has(Mod::async) && d.count() == 3;
    return !completes || emit_completion(d, 2, d.constant(type_size(type), 4));
}

bool build_fence(Decoder& d) {
    d.emit(Family::fence, Type::none);
    return true;
}

bool build_nanosleep(Decoder& d) {
    d.emit(Family::nanosleep, Type::none);
    return d.need(1, 1);
}

bool build_isspacep(Decoder& d) {
    if (!d.need(2, 2)) return false;
    Space space = Space::global;
    switch (d.one_of({Mod::global, Mod::shared, Mod::local, Mod::const_, Mod::param})) {
        case Mod::shared:
            space = Space::shared;
            break;
        case Mod::local:
            space = Space::local;
            break;
        case Mod::const_:
            space = Space::constant;
            break;
        case Mod::param:
            space = Space::param;
            break;
        default:
            break;
    }
    const std::uint32_t to = d.predicate_target(d.operand(0));
    const std::uint32_t a = d.source(1, Type::b64);
    Insn& insn = d.emit(Family::isspacep, Type::pred);
    insn.d = to;
    insn.a = a;
    insn.mod[0] = static_cast<std::uint8_t>(space);
    return true;
}

}  // namespace soft::ptx
