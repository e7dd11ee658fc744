// Builders of cp.async.bulk and cp.reduce.async.bulk, without tensors. The copy is done at issue, and so
// are its bytes on an mbarrier. See builders.h.
#include "soft/launch/access.h"
#include "soft/ptx/builders.h"

namespace soft::ptx {
namespace {

// The destination's space and the source's, in the order of the modifiers.
bool find_spaces(const Decoder& d, Space (&spaces)[2]) {
    std::uint32_t found = 0;
    for (std::uint32_t k = 0; k < d.statement().mod_count; ++k) {
        const Mod mod = d.syntax().mods[d.statement().first_mod + k];
        if (mod != Mod::global && mod != Mod::shared) continue;
        if (found == 2) return false;
        spaces[found++] = mod == Mod::global ? Space::global : Space::shared;
    }
    return found == 2;
}

bool build_copy(Decoder& d, Mod op) {
    Space spaces[2] = {Space::global, Space::global};
    if (!d.need(3, 6)) return false;
    if (!find_spaces(d, spaces)) return d.fail("missing state spaces");
    const bool completes = spaces[0] == Space::shared;
    if (completes && d.count() < 4) return d.fail("missing mbarrier");
    MemoryOperand to;
    MemoryOperand from;
    if (!d.memory_operand(d.operand(0), spaces[0], to) || !d.memory_operand(d.operand(1), spaces[1], from))
        return false;
    const std::uint32_t size = d.source(2, Type::u32);
    Insn& insn = d.emit(Family::bulk_copy, Type::none);
    insn.d = to.slot;
    insn.c = static_cast<std::uint32_t>(to.offset);
    insn.a = from.slot;
    insn.imm = from.offset;
    insn.b = size;
    insn.mod[kModSpace] = static_cast<std::uint8_t>(spaces[1]);
    insn.mod[kModVector] = static_cast<std::uint8_t>(spaces[0]);
    insn.mod[kModAddressWidth] = static_cast<std::uint8_t>(from.width);
    insn.mod[kModWidth] = static_cast<std::uint8_t>(to.width);
    insn.mod[kModOp] = static_cast<std::uint8_t>(op);
    insn.mod[kModType] = static_cast<std::uint8_t>(d.type());
    d.use_cache(insn);
    return !completes || emit_completion(d, 3, size);
}

}  // namespace

bool build_bulk_copy(Decoder& d) {
    if (d.one_of({Mod::commit_group, Mod::wait_group, Mod::prefetch}) != Mod::none) return true;
    if (!d.has(Mod::reduce)) return build_copy(d, Mod::none);
    const Mod op =
        d.one_of({Mod::add, Mod::min, Mod::max, Mod::inc, Mod::dec, Mod::and_, Mod::or_, Mod::xor_});
    if (op == Mod::none || type_size(d.type()) < 2) return d.fail("missing operation or type");
    return build_copy(d, op);
}

}  // namespace soft::ptx
