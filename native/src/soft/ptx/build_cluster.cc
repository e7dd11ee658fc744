// Builders of what concerns clusters of blocks, which have one block each here, and of cache policies,
// which change nothing. See builders.h.
#include "soft/ptx/builders.h"

namespace soft::ptx {
namespace {

bool set_to(Decoder& d, std::uint32_t from, Type type) {
    const std::uint32_t to = d.target(0, type);
    Insn& insn = d.emit(Family::mov, slot_width(type) == 8 ? Type::b64 : Type::b32);
    insn.d = to;
    insn.a = from;
    return true;
}

}  // namespace

// createpolicy.*.b64 d, ...: any value is as good as another.
bool build_policy(Decoder& d) {
    if (!d.need(2, 5)) return false;
    return set_to(d, d.constant(0, 8), Type::b64);
}

// mapa{.space}.type d, a, rank: the only block of the cluster is this one.
bool build_mapa(Decoder& d) {
    if (!d.need(3, 3)) return false;
    const Type type = d.type();
    if (type != Type::u32 && type != Type::u64) return d.fail("missing type");
    return set_to(d, d.source(1, type), type);
}

// getctarank{.space}.type d, a
bool build_cluster_rank(Decoder& d) {
    if (!d.need(2, 2)) return false;
    return set_to(d, d.constant(0, 4), Type::u32);
}

// barrier.cluster.{arrive,wait}
bool build_cluster_barrier(Decoder& d) {
    if (!d.need(0, 0)) return false;
    d.emit(Family::cluster_barrier, Type::none, d.has(Mod::arrive) ? 0 : 1);
    return true;
}

}  // namespace soft::ptx
