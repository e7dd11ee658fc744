// Builders of branches, returns and block barriers. See builders.h.
#include "soft/ptx/builders.h"

namespace soft::ptx {

bool build_bra(Decoder& d) {
    if (!d.need(1, 1)) return false;
    return d.operand(0).kind == OperandKind::label ? d.emit_branch() : d.fail("expected a label");
}

bool build_ret(Decoder& d) {
    d.emit(d.is_entry() ? Family::exit : Family::ret, Type::none);
    return true;
}

bool build_exit(Decoder& d) {
    d.emit(Family::exit, Type::none);
    return true;
}

bool build_trap(Decoder& d) {
    d.emit(Family::fault_trap, Type::none);
    return true;
}

// bar.sync a{, b}; bar.arrive a, b; bar.red.op d, a{, b}, {!}p; bar.warp.sync is in build_warp.cc.
bool build_bar(Decoder& d) {
    if (d.has(Mod::warp)) return build_bar_warp(d);
    if (d.has(Mod::cluster)) return build_cluster_barrier(d);
    const bool reduces = d.has(Mod::red);
    const std::uint32_t first = reduces ? 1 : 0;
    const std::uint32_t last = d.count() - (reduces ? 1 : 0);
    if (!d.need(reduces ? 3 : 0, reduces ? 4 : 2)) return false;
    const std::uint32_t id = last > first ? d.source(first, Type::u32) : d.constant(0, 4);
    const bool has_count = last > first + 1;
    const std::uint32_t threads = has_count ? d.source(first + 1, Type::u32) : 0;
    const PredicateSource p = reduces ? d.predicate(d.operand(d.count() - 1)) : PredicateSource{};
    const bool counts = d.has(Mod::popc);
    const std::uint32_t to = !reduces ? 0
                             : counts ? d.target(0, Type::u32)
                                      : d.predicate_target(d.operand(0));
    const Family family = reduces ? Family::bar_red : d.has(Mod::arrive) ? Family::bar_arrive : Family::bar;
    Insn& insn = d.emit(family, Type::none);
    insn.a = id;
    insn.b = threads;
    insn.c = p.slot;
    insn.e = p.flip;
    insn.mod[0] = has_count ? 1 : 0;
    if (!reduces) return true;
    Insn& result = d.emit(Family::bar_red, Type::none, 1);
    result.d = to;
    result.a = id;
    result.mod[1] = counts ? 0 : d.has(Mod::or_) ? 2 : 1;
    return true;
}

}  // namespace soft::ptx
