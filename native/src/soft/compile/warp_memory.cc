// See warp_memory.h.
#include "soft/compile/warp_memory.h"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "soft/compile/registers.h"
#include "soft/launch/access.h"
#include "soft/launch/warp.h"

namespace soft::compile {
namespace {

constexpr Vector kLoad = {Map::x0f, Prefix::none, 0x10};   // vmovups
constexpr Vector kStore = {Map::x0f, Prefix::none, 0x11};  // vmovups, the other way
// vmovupd: the same with a mask's bit for eight bytes.
constexpr Vector kLoadWides = {Map::x0f, Prefix::x66, 0x10, true};
constexpr Vector kStoreWides = {Map::x0f, Prefix::x66, 0x11, true};
constexpr Vector kMove = {Map::x0f, Prefix::none, 0x28};
constexpr Vector kBroadcastWord = {Map::x0f38, Prefix::x66, 0x18};
constexpr Vector kBroadcastWide = {Map::x0f38, Prefix::x66, 0x19, true};
constexpr Lanes kLowest = {0, false, false, 0};

// How a lane of an address is taken apart.
struct AddressOps {
    Vector first_lane, broadcast, subtract, compare, test, compress;
};
constexpr AddressOps kNarrow = {{Map::x0f, Prefix::x66, 0x7e},  {Map::x0f38, Prefix::x66, 0x58},
                                {Map::x0f, Prefix::x66, 0xfa},  {Map::x0f3a, Prefix::x66, 0x1f},
                                {Map::x0f, Prefix::none, 0x98}, {Map::x0f38, Prefix::x66, 0x8b}};
constexpr AddressOps kWide = {{Map::x0f, Prefix::x66, 0x7e, true}, {Map::x0f38, Prefix::x66, 0x59, true},
                              {Map::x0f, Prefix::x66, 0xfb, true}, {Map::x0f3a, Prefix::x66, 0x1f, true},
                              {Map::x0f, Prefix::x66, 0x98},       {Map::x0f38, Prefix::x66, 0x8b, true}};
constexpr std::uint8_t kEqual = 0;
constexpr std::uint8_t kNotEqual = 4;
constexpr Vector kOrMasks = {Map::x0f, Prefix::x66, 0x45, true};

std::int32_t at(std::size_t offset) { return static_cast<std::int32_t>(offset); }
std::int32_t memo_of(const Step& step, std::size_t field) {
    return at(step.insn->pattern.memo * sizeof(AddressMemo) + field);
}
std::int32_t cache_of(const Step& step, std::size_t field) {
    return at(step.insn->cache * sizeof(RangeCache) + field);
}

bool is_load(const Step& step) { return step.rule->recipe == Recipe::load; }
std::uint32_t element_size(const Step& step) { return step.insn->mod[kModSize]; }
std::uint32_t elements(const Step& step) { return step.insn->mod[kModVector]; }
std::uint32_t access_size(const Step& step) { return element_size(step) * elements(step); }
bool is_shared(const Step& step) { return step.sources[0].kind == Kind::word; }

// Between memory and a register, by the bytes in memory.
Vector mover(const Step& step) {
    const std::uint32_t size = element_size(step);
    if (size == 8) return is_load(step) ? kLoadWides : kStoreWides;
    if (size == 4) return is_load(step) ? kLoad : kStore;
    const auto code = static_cast<std::uint8_t>(size == 1 ? 0x31 : 0x33);
    if (!is_load(step)) return {Map::x0f38, Prefix::xf3, code};  // vpmovdb, vpmovdw
    const bool is_signed = step.insn->mod[kModSigned] != 0;
    return {Map::x0f38, Prefix::x66, static_cast<std::uint8_t>(is_signed ? code - 0x10 : code)};
}

}  // namespace

void emit_warp_entry(Assembler& out) {
    out.load64(kWindow, kWarp, at(offsetof(Warp, regs)));
    out.set64(kWarpConstants, constants_address());
    out.load64(kMemos, kWarp, at(offsetof(Warp, memos)));
    out.load64(kCaches, kWarp, at(offsetof(Warp, caches)));
}

bool WarpMemory::moves_consecutive(const Step& step) const { return elements(step) == 1; }
bool WarpMemory::loads_same(const Step& step) const { return is_load(step) && element_size(step) >= 4; }

// The first lane's address to rax. Answers the jump that is taken unless all differ from it as they did last.
std::size_t WarpMemory::compare_pattern(const Step& step, std::span<const std::uint8_t> address) {
    const AddressOps& ops = is_shared(step) ? kNarrow : kWide;
    out_.wide(ops.first_lane, address[0], 0, Place::reg(rax), kLowest);
    out_.wide(ops.broadcast, kTemporary, 0, Place::reg(address[0]));
    for (std::uint32_t part = 0; part < parts(step.sources[0].kind); ++part) {
        out_.wide(ops.subtract, kTemporary2, address[part], Place::reg(kTemporary));
        const Place delta =
            Place::at(kMemos, memo_of(step, offsetof(AddressMemo, delta)) + at(part * kPartBytes));
        const std::uint8_t so_far = part == 0 ? 0 : kTemporaryMask;
        out_.wide(ops.compare, kTemporaryMask, kTemporary2, delta, kEqual, Lanes{so_far});
    }
    out_.mask(ops.test, kTemporaryMask, 0, Place::reg(kTemporaryMask), false);
    return out_.jump(Condition::above_equal);
}

// The same where lanes are not active: to rax what the first lane's address would be. To the detour unless
// the active lanes have the pattern.
void WarpMemory::compare_pattern_of_active(const Step& step) {
    const Source& address = step.sources[0];
    const AddressOps& ops = is_shared(step) ? kNarrow : kWide;
    const auto difference = [&](std::uint32_t part) {
        const Place delta =
            Place::at(kMemos, memo_of(step, offsetof(AddressMemo, delta)) + at(part * kPartBytes));
        registers_.load_active(kTemporaryMask, address.kind, part);
        out_.wide(ops.subtract, kTemporary2, registers_.read(address, part), delta);
    };
    // Each takes the place of what a later part had.
    for (std::uint32_t part = parts(address.kind); part-- > 0;) {
        difference(part);
        out_.wide(ops.compress, kTemporary2, 0, Place::reg(kTemporary), Lanes{kTemporaryMask});
    }
    out_.wide(ops.first_lane, kTemporary, 0, Place::reg(rax), kLowest);
    out_.wide(ops.broadcast, kTemporary, 0, Place::reg(kTemporary));
    for (std::uint32_t part = 0; part < parts(address.kind); ++part) {
        difference(part);
        const std::uint8_t to = part == 0 ? kTemporaryMask2 : kTemporaryMask;
        out_.wide(ops.compare, to, kTemporary2, Place::reg(kTemporary), kNotEqual, Lanes{kTemporaryMask});
        if (part != 0)
            out_.mask(kOrMasks, kTemporaryMask2, kTemporaryMask2, Place::reg(kTemporaryMask), true);
    }
    out_.mask(ops.test, kTemporaryMask2, 0, Place::reg(kTemporaryMask2), false);
    detour_if(Condition::not_equal);
}

// The same where the pattern is known.
void WarpMemory::take_first_address(const Step& step) {
    const Place first = registers_.look(step.sources[0]);
    if (!first.is_memory)
        return out_.wide(is_shared(step) ? kNarrow.first_lane : kWide.first_lane, first.number, 0,
                         Place::reg(rax), kLowest);
    if (is_shared(step)) return out_.load32(rax, kWindow, first.offset);
    out_.load64(rax, kWindow, first.offset);
}

// The first lane's host pointer to rdx, offset included, where every lane may access its bytes.
void WarpMemory::check_range(const Step& step, const Step& leader) {
    const std::uint32_t size = access_size(step);
    out_.add_offset(rdx, rax, static_cast<std::int32_t>(step.insn->imm));
    out_.move64(rcx, rdx);
    out_.add64(rcx, kMemos, memo_of(leader, offsetof(AddressMemo, low)));
    out_.add_offset(rax, rdx, static_cast<std::int32_t>(size));
    out_.add64(rax, kMemos, memo_of(leader, offsetof(AddressMemo, high)));
    out_.compare64(rcx, rax);
    detour_if(Condition::above);
    if (is_shared(step)) {
        out_.compare64(rax, kWarp, at(offsetof(Warp, shared_size)));
        detour_if(Condition::above);
    } else {
        out_.compare64(rcx, kCaches, cache_of(step, offsetof(RangeCache, lo)));
        detour_if(Condition::below);
        out_.compare64(rax, kCaches, cache_of(step, offsetof(RangeCache, hi)));
        detour_if(Condition::above);
    }
    if (size > 1) {
        out_.test8(rdx, static_cast<std::uint8_t>(size - 1));
        detour_if(Condition::not_equal);
    }
    if (is_shared(step)) out_.add64(rdx, kWarp, at(offsetof(Warp, shared)));
}

std::size_t WarpMemory::jump_unless_shape(const Step& leader, std::uint8_t shape) {
    const std::uint32_t width = is_shared(leader) ? 4 : 8;
    const std::uint32_t key =
        access_size(leader) | width << 8 | std::uint32_t{shape} << 16 | std::uint32_t{shape} << 24;
    out_.compare_memory32(kMemos, memo_of(leader, offsetof(AddressMemo, size)), key);
    return out_.jump(Condition::not_equal);
}

// From the first lane to the second half's first, to rcx.
void WarpMemory::distance_of_half(const Step& leader) {
    const std::uint32_t width = is_shared(leader) ? 4 : 8;
    const std::int32_t from = memo_of(leader, offsetof(AddressMemo, delta)) + at(kLanes / 2 * width);
    if (is_shared(leader))
        out_.load_signed32(rcx, kMemos, from);
    else
        out_.load64(rcx, kMemos, from);
}

void WarpMemory::move_consecutive(const Step& step, const Step& leader) {
    const Source value = is_load(step) ? Source{step.slot, step.rule->to, false} : step.sources[1];
    const Vector op = mover(step);
    const std::uint32_t a_half = parts(value.kind) / 2;
    distance_of_half(leader);
    for (std::uint32_t part = 0; part < 2 * a_half; ++part) {
        const std::int32_t offset = at(part % a_half * kPartBytes);
        const std::uint8_t reg =
            is_load(step) ? registers_.define(value.slot, value.kind, part) : registers_.read(value, part);
        const bool is_masked = is_partial_ && !is_load(step);  // all that is read may be
        if (is_masked) registers_.load_active(kTemporaryMask, value.kind, part);
        out_.wide(op, reg, 0, Place::at(rdx, offset, part < a_half ? 0 : 1),
                  Lanes{is_masked ? kTemporaryMask : std::uint8_t{0}});
    }
}

void WarpMemory::load_same(const Step& step, const Step& leader) {
    distance_of_half(leader);
    for (std::uint32_t v = 0; v < elements(step); ++v) {
        const std::uint32_t slot = v == 0 ? step.slot : step.others[v - 1];
        const Kind kind = step.rule->to;
        const std::uint32_t a_half = parts(kind) / 2;
        for (std::uint32_t part = 0; part < 2 * a_half; ++part) {
            const std::uint8_t reg = registers_.define(slot, kind, part);
            if (part % a_half != 0) {
                out_.wide(kMove, reg, 0, Place::reg(registers_.define(slot, kind, part - 1)));
                continue;
            }
            const Place from = Place::at(rdx, at(v * element_size(step)), part < a_half ? 0 : 1);
            out_.wide(kind == Kind::wide ? kBroadcastWide : kBroadcastWord, reg, 0, from);
        }
    }
}

void WarpMemory::move(const Step& step, const Step& leader) {
    std::size_t done = 0;
    if (moves_consecutive(step)) {
        const std::size_t other = jump_unless_shape(leader, kConsecutive);
        move_consecutive(step, leader);
        if (!loads_same(step)) return detours_.back().jumps.push_back(other);
        done = out_.jump();
        out_.land(other);
    }
    if (!loads_same(step)) return detours_.back().jumps.push_back(out_.jump());
    detours_.back().jumps.push_back(jump_unless_shape(leader, kSame));
    load_same(step, leader);
    if (done != 0) out_.land(done);
}

WarpMemory::Detour& WarpMemory::begin_detour(const Step& step) {
    Detour& detour = detours_.emplace_back();
    detour.step = &step;
    detour.held = registers_.held();
    detour.made = registers_.made();
    return detour;
}

void WarpMemory::emit(std::size_t at) {
    const Step& step = steps_[at];
    const Source& address = step.sources[0];
    const std::uint32_t family = family_of(address.slot);
    const Step* known = is_partial_ ? nullptr : leader_of(family, access_size(step));
    const Step& leader = known == nullptr ? step : *known;
    for (std::size_t k = known == nullptr ? 0 : 1; k < step.source_count; ++k) {
        registers_.read(step.sources[k]);
        registers_.make_exact(step.sources[k]);
    }
    if (is_load(step)) {
        registers_.define(step.slot, step.rule->to);
        for (std::size_t k = 0; k < step.other_count; ++k) registers_.define(step.others[k], step.rule->to);
    }
    if (known != nullptr) take_first_address(step);
    begin_detour(step);
    if (is_partial_)
        compare_pattern_of_active(step);
    else if (known == nullptr)
        detours_.back().jumps.push_back(compare_pattern(step, registers_.all(address)));
    for (Detour& detour : detours_) detour.has_followers |= known != nullptr && detour.step == &leader;
    check_range(step, leader);
    move(step, leader);
    detours_.back().back = out_.size();
    registers_.release();
    const bool keeps_address = !step.writes(address.slot, address.kind);
    if (known == nullptr && keeps_address) leaders_.push_back({family, &step});
    forget(step);
}

std::uint32_t WarpMemory::family_of(std::uint32_t slot) {
    const auto found = std::ranges::find(members_, slot, &Member::slot);
    if (found != members_.end()) return found->family;
    members_.push_back({slot, families_});
    return families_++;
}

const Step* WarpMemory::leader_of(std::uint32_t family, std::uint32_t size) const {
    const auto found = std::ranges::find_if(leaders_, [&](const Leader& leader) {
        return leader.family == family && (size == 0 || access_size(*leader.step) == size);
    });
    return found == leaders_.end() ? nullptr : found->step;
}

// What the step writes is of no family and has not one value any more.
void WarpMemory::forget(const Step& step) {
    if (!step.writes()) return;
    const auto is_written = [&](std::uint32_t slot) { return step.writes(slot, step.rule->to); };
    std::erase_if(members_, [&](const Member& member) { return is_written(member.slot); });
    std::erase_if(found_same_, is_written);
}

// Whether what the step makes is accessed as the family has been.
bool WarpMemory::is_address_later(std::size_t at, std::uint32_t family) const {
    const Step& made = steps_[at];
    for (const Step& step : steps_.subspan(at + 1)) {
        const bool is_access = touches_memory(step) && step.sources[0].slot == made.slot;
        if (is_access && leader_of(family, access_size(step)) != nullptr) return true;
        if (step.writes(made.slot, made.rule->to)) return false;
    }
    return false;
}

bool WarpMemory::is_same(std::uint32_t slot) const {
    return std::ranges::find(same_, slot) != same_.end() ||
           std::ranges::find(found_same_, slot) != found_same_.end();
}

// The way out, before the step, unless all lanes hold the same.
void WarpMemory::require_same(const Step& step, const Source& source) {
    if (is_same(source.slot)) return;
    const AddressOps& ops = source.kind == Kind::word ? kNarrow : kWide;
    const std::uint8_t first = registers_.read(source);
    begin_detour(step);
    out_.wide(ops.broadcast, kTemporary, 0, Place::reg(first));
    for (std::uint32_t part = 0; part < parts(source.kind); ++part) {
        const std::uint8_t so_far = part == 0 ? 0 : kTemporaryMask;
        const std::uint8_t reg = registers_.read(source, part);
        out_.wide(ops.compare, kTemporaryMask, reg, Place::reg(kTemporary), kEqual, Lanes{so_far});
    }
    out_.mask(ops.test, kTemporaryMask, 0, Place::reg(kTemporaryMask), false);
    detour_if(Condition::above_equal);
    found_same_.push_back(source.slot);
}

void WarpMemory::follow(std::size_t at) {
    const Step& step = steps_[at];
    const bool adds =
        step.rule->recipe == Recipe::binary && (step.rule->op.code == 0xd4 || step.rule->op.code == 0xfe);
    std::uint32_t family = families_;
    for (std::size_t k = 0; k < 2 && adds && !step.is_guarded && family == families_; ++k) {
        const Source& other = step.sources[1 - k];
        const std::uint32_t of = family_of(step.sources[k].slot);
        family = families_;
        if (is_same(other.slot) || (!is_partial_ && is_address_later(at, of))) {
            require_same(step, other);
            family = of;
        }
    }
    forget(step);
    if (family != families_) members_.push_back({step.slot, family});
}

// To the interpreter, which goes on at the instruction.
void WarpMemory::leave_at(const Insn* insn) {
    out_.add_offset(rax, kInsn, at(static_cast<std::size_t>(insn - first_) * sizeof(Insn)));
    out_.leave();
}

// The handler finds its operands in their slots, and all that is in registers comes back from there.
void WarpMemory::call(const Detour& detour) {
    const Insn* insn = detour.step->insn;
    out_.clear_upper();
    for (const General saved : {kWarp, kInsn, kInsn}) out_.push(saved);  // an odd number aligns the stack
    out_.add_offset(kInsn, kInsn, at(static_cast<std::size_t>(insn - first_) * sizeof(Insn)));
    const Handler handler = is_partial_ ? detour.step->entry->partial : detour.step->entry->full;
    out_.set64(rax, std::bit_cast<std::uint64_t>(handler));
    out_.call(rax);
    for (const General saved : {kInsn, kInsn, kWarp}) out_.pop(saved);
    out_.test64(rax);
    const std::size_t fine = out_.jump(Condition::not_equal);
    out_.leave();  // with null
    out_.land(fine);
    emit_warp_entry(out_);
    registers_.load(detour.held);
    registers_.load(detour.made);
}

void WarpMemory::finish() {
    for (Detour& each : detours_) {
        for (const std::size_t jump : each.jumps) out_.land(jump);
        registers_.write(each.held);
        if (!touches_memory(*each.step)) {
            leave_at(each.step->insn);
            continue;
        }
        call(each);
        if (!each.has_followers) {
            out_.land(out_.jump(), each.back);
            continue;
        }
        const auto address =
            std::ranges::find(each.held, each.step->sources[0].slot, &WarpRegisters::Held::slot);
        const std::size_t other = compare_pattern(*each.step, address->reg);
        out_.land(out_.jump(), each.back);
        out_.land(other);
        leave_at(each.step->insn + 1);
    }
    detours_.clear();
}

}  // namespace soft::compile
