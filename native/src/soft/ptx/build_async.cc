// Builders of cp.async and mbarrier, the asynchronous copies of sm_80 and the barriers that count them. See
// builders.h.
#include "soft/launch/access.h"
#include "soft/launch/mbarrier.h"
#include "soft/ptx/builders.h"

namespace soft::ptx {
namespace {

// The fourth operand of cp.async says how many bytes to read, the rest are zeros; as a predicate it says to
// read none.
std::uint32_t copied_size(Decoder& d, std::uint32_t count) {
    const std::uint32_t whole = d.constant(d.operand(2).value, 4);
    if (count < 4) return whole;
    const Operand& fourth = d.operand(3);
    if (fourth.kind != OperandKind::reg || d.register_type(fourth.index) != Type::pred)
        return d.source(fourth, Type::u32);
    const PredicateSource ignores = d.predicate(fourth);
    const std::uint32_t size = d.temporary(4);
    Insn& insn = d.emit(Family::selp, Type::b32);
    insn.d = size;
    insn.a = ignores.flip != 0 ? whole : d.constant(0, 4);
    insn.b = ignores.flip != 0 ? d.constant(0, 4) : whole;
    insn.c = ignores.slot;
    return size;
}

MbarrierOp operation_of(const Decoder& d) {
    if (d.has(Mod::init)) return MbarrierOp::init;
    if (d.has(Mod::inval)) return MbarrierOp::inval;
    if (d.has(Mod::arrive)) return MbarrierOp::arrive;
    if (d.has(Mod::arrive_drop)) return MbarrierOp::arrive_drop;
    if (d.has(Mod::test_wait) || d.has(Mod::try_wait)) return MbarrierOp::wait;
    if (d.has(Mod::expect_tx)) return MbarrierOp::expect_tx;
    if (d.has(Mod::complete_tx)) return MbarrierOp::complete_tx;
    return MbarrierOp::pending_count;
}

// The instruction on the barrier at operand `n`; the slots of values are the caller's to set.
Insn* emit_on_barrier(Decoder& d, std::uint32_t n, MbarrierOp operation) {
    MemoryOperand at;
    if (!d.memory_operand(d.operand(n), d.has(Mod::shared) ? Space::shared : Space::generic, at))
        return nullptr;
    Insn& insn = d.emit(Family::mbarrier, Type::none);
    insn.a = at.slot;
    insn.imm = at.offset;
    insn.mod[kModSpace] = static_cast<std::uint8_t>(at.space);
    insn.mod[kModAddressWidth] = static_cast<std::uint8_t>(at.width);
    insn.mod[kModOp] = static_cast<std::uint8_t>(operation);
    d.use_cache(insn);
    return &insn;
}

// cp.async.mbarrier.arrive{.noinc} [a]: the copies before it are done, so it arrives at once. Without .noinc
// it first adds the arrival it makes, which leaves nothing to do.
bool build_async_arrive(Decoder& d) {
    if (!d.need(1, 1)) return false;
    if (!d.has(Mod::noinc)) return true;
    const std::uint32_t one = d.constant(1, 4);
    Insn* insn = emit_on_barrier(d, 0, MbarrierOp::arrive);
    if (insn != nullptr) insn->b = one;
    return insn != nullptr;
}

// mbarrier.arrive{_drop} state, [a]{, count}, or with .expect_tx state, [a], bytes.
bool build_arrival(Decoder& d, MbarrierOp operation) {
    if (!d.need(2, 3)) return false;
    const bool expects = d.has(Mod::expect_tx);
    const std::uint32_t one = d.constant(1, 4);
    const std::uint32_t given = d.count() > 2 ? d.source(2, Type::u32) : one;
    const std::uint32_t state = d.target(0, Type::b64);
    Insn* insn = emit_on_barrier(d, 1, operation);
    if (insn == nullptr) return false;
    insn->d = state;
    insn->b = expects ? one : given;
    insn->c = given;
    insn->mod[kMbarrierFlags] =
        static_cast<std::uint8_t>(kMbarrierHasState | (expects ? kMbarrierExpects : 0));
    return true;
}

// mbarrier.{test,try}_wait{.parity} p, [a], state or parity{, hint}
bool build_wait(Decoder& d) {
    if (!d.need(3, 4)) return false;
    const bool is_parity = d.has(Mod::parity);
    const std::uint32_t holds = d.predicate_target(d.operand(0));
    const std::uint32_t phase = d.source(2, is_parity ? Type::u32 : Type::b64);
    Insn* insn = emit_on_barrier(d, 1, MbarrierOp::wait);
    if (insn == nullptr) return false;
    insn->d = holds;
    insn->c = phase;
    insn->mod[kMbarrierFlags] = is_parity ? kMbarrierParity : std::uint8_t{0};
    return true;
}

}  // namespace

bool emit_completion(Decoder& d, std::uint32_t n, std::uint32_t size) {
    MemoryOperand at;
    if (!d.memory_operand(d.operand(n), Space::shared, at)) return false;
    Insn& insn = d.emit(Family::mbarrier, Type::none);
    insn.a = at.slot;
    insn.imm = at.offset;
    insn.b = size;
    insn.c = size;
    insn.mod[kModSpace] = static_cast<std::uint8_t>(Space::shared);
    insn.mod[kModAddressWidth] = static_cast<std::uint8_t>(at.width);
    insn.mod[kModOp] = static_cast<std::uint8_t>(MbarrierOp::complete_tx);
    d.use_cache(insn);
    return true;
}

// cp.async copies at issue, so committing and waiting have nothing to do. Tensors are not copied.
bool build_cp(Decoder& d) {
    if (d.has(Mod::mbarrier) && d.has(Mod::arrive)) return build_async_arrive(d);
    const bool is_beyond = d.is_unknown_modifier() || d.has(Mod::tensor) || !d.has(Mod::async);
    if (is_beyond) return d.emit_unsupported(), true;
    if (d.has(Mod::bulk)) return build_bulk_copy(d);
    if (d.one_of({Mod::commit_group, Mod::wait_group, Mod::wait_all}) != Mod::none) return true;
    const std::uint32_t count = d.count() - (d.has(Mod::cache_hint) ? 1 : 0);  // the policy changes nothing
    if (count < 3 || count > 4) return d.fail("wrong number of operands");
    MemoryOperand to;
    MemoryOperand from;
    if (!d.memory_operand(d.operand(0), Space::shared, to)) return false;
    if (!d.memory_operand(d.operand(1), Space::global, from)) return false;
    if (d.operand(2).kind != OperandKind::integer) return d.fail("the size must be a constant");
    const std::uint32_t size = copied_size(d, count);
    Insn& insn = d.emit(Family::cp_async, Type::none);
    insn.d = to.slot;
    insn.c = static_cast<std::uint32_t>(to.offset);
    insn.a = from.slot;
    insn.imm = from.offset;
    insn.b = size;
    insn.mod[kModSize] = static_cast<std::uint8_t>(d.operand(2).value);
    insn.mod[kModAddressWidth] = static_cast<std::uint8_t>(from.width);
    insn.mod[kModWidth] = static_cast<std::uint8_t>(to.width);
    insn.mod[kModSpace] = static_cast<std::uint8_t>(Space::global);
    d.use_cache(insn);
    return true;
}

bool build_mbarrier(Decoder& d) {
    const MbarrierOp operation = operation_of(d);
    if (operation == MbarrierOp::wait) return build_wait(d);
    if (operation == MbarrierOp::arrive || operation == MbarrierOp::arrive_drop)
        return build_arrival(d, operation);
    if (operation == MbarrierOp::pending_count) {
        if (!d.need(2, 2)) return false;
        const std::uint32_t state = d.source(1, Type::b64);
        const std::uint32_t count = d.target(0, Type::u32);
        Insn& insn = d.emit(Family::mbarrier, Type::none, 1);
        insn.d = count;
        insn.c = state;
        return true;
    }
    const bool has_count = operation != MbarrierOp::inval;
    if (!d.need(has_count ? 2 : 1, has_count ? 2 : 1)) return false;
    const std::uint32_t count = has_count ? d.source(1, Type::u32) : 0;
    Insn* insn = emit_on_barrier(d, 0, operation);
    if (insn == nullptr) return false;
    insn->b = count;
    insn->c = count;
    return true;
}

}  // namespace soft::ptx
