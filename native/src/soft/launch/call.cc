// Calls and returns of device functions, indirect branches, and the stack in local memory. A call pushes a
// frame for the running fragment: its register window starts where the caller's ends, and so does its part of
// local memory.
#include "soft/launch/call.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "soft/launch/access.h"
#include "soft/launch/registry.h"
#include "soft/launch/runtime.h"
#include "soft/launch/tables.h"

namespace soft {
namespace {

std::byte* register_bytes(std::byte* window, std::uint32_t slot, std::uint32_t width, std::uint32_t lane) {
    return window + slot + lane * width;
}

std::byte* local_bytes(const Warp& w, std::uint64_t offset, std::uint32_t lane) {
    return w.local + lane * w.local_stride + offset;
}

// One side of a value that crosses a call.
struct Place {
    bool in_register = false;
    bool is_predicate = false;
    std::uint32_t width = 4;
    std::uint32_t at = 0;
    std::byte* window = nullptr;
    std::uint64_t frame = 0;
};

// Registers of 16 bytes do not cross calls; the decoder says so.
std::uint32_t width_of(std::uint32_t size) { return size <= 4 ? 4 : 8; }

std::uint64_t read_register(const Place& from, std::uint32_t lane) {
    std::uint64_t bits = 0;
    if (from.is_predicate) {
        std::uint32_t lanes = 0;
        std::memcpy(&lanes, from.window + from.at, sizeof lanes);
        return lanes >> lane & 1;
    }
    std::memcpy(&bits, register_bytes(from.window, from.at, from.width, lane), from.width);
    return bits;
}

void write_register(const Place& to, std::uint32_t lane, std::uint64_t bits) {
    if (!to.is_predicate) {
        std::memcpy(register_bytes(to.window, to.at, to.width, lane), &bits, to.width);
        return;
    }
    std::uint32_t lanes = 0;
    std::memcpy(&lanes, to.window + to.at, sizeof lanes);
    lanes = (lanes & ~(1u << lane)) | static_cast<std::uint32_t>(bits & 1) << lane;
    std::memcpy(to.window + to.at, &lanes, sizeof lanes);
}

void copy_value(Warp& w, const Place& from, const Place& to, std::uint32_t size) {
    for (std::uint32_t mask = w.active; mask != 0; mask &= mask - 1) {
        const auto lane = static_cast<std::uint32_t>(std::countr_zero(mask));
        std::uint64_t bits = from.in_register ? read_register(from, lane) : 0;
        const std::byte* source = local_bytes(w, from.frame + from.at, lane);
        if (!to.in_register) {
            std::byte* target = local_bytes(w, to.frame + to.at, lane);
            if (from.in_register)
                std::memcpy(target, &bits, std::min<std::size_t>(size, 8));
            else
                std::memmove(target, source, size);
            continue;
        }
        if (!from.in_register) std::memcpy(&bits, source, std::min<std::size_t>(size, 8));
        write_register(to, lane, bits);
    }
}

Place formal_place(const Warp& w, const Formal& formal, const Frame& frame) {
    return {formal.in_register, formal.is_predicate,           width_of(formal.size),
            formal.at,          w.registers + frame.registers, frame.local};
}

Place site_place(const Warp& w, bool in_register, const CallMove& move, const Frame& frame) {
    return {in_register, move.is_predicate, width_of(move.size), move.from, w.registers + frame.registers,
            frame.local};
}

const Insn* enter(Warp& w, const Insn* i, const Code& callee) {
    const auto* site = static_cast<const CallSite*>(i->side);
    Frame* caller = w.frame;
    Frame* frame = w.block->take_frame();
    frame->parent = caller;  // the fragment's reference to it becomes the frame's
    frame->return_to = i + 1;
    frame->code = &callee;
    frame->site = site;
    frame->depth = caller->depth + 1;
    frame->registers = caller->registers + caller->code->frame_bytes;
    frame->local = (caller->local_top + 15) / 16 * 16;
    frame->local_top = frame->local + callee.local_bytes;
    const bool fits = frame->registers + std::uint64_t{callee.frame_bytes} <= w.register_bytes &&
                      frame->local_top <= w.local_stride;
    if (!fits)
        return raise(w, i, 719, static_cast<std::uint32_t>(std::countr_zero(w.active)), "stack overflow");
    std::byte* window = w.registers + frame->registers;
    fill_fixed_slots(w, callee, window, w.active);
    fill_block_slots(w, callee, window, w.active);
    const std::size_t count = std::min(site->args.size(), callee.params.size());
    for (std::size_t k = 0; k < count; ++k) {
        const std::uint32_t size = std::min(site->args[k].size, callee.params[k].size);
        copy_value(w, site_place(w, site->args[k].from_register, site->args[k], *caller),
                   formal_place(w, callee.params[k], *frame), size);
    }
    w.frame = frame;
    w.regs = window;
    w.local_frame = frame->local;
    return callee.insns.data();
}

const Insn* call_direct(Warp& w, const Insn* i) {
    return enter(w, i, *static_cast<const CallSite*>(i->side)->callee);
}

// Lanes may hold different targets: those that agree with the first go now, the others come back to this
// instruction.
const Insn* call_indirect(Warp& w, const Insn* i) {
    const auto* targets = static_cast<const std::uint64_t*>(static_cast<const void*>(w.regs + i->a));
    const auto first = static_cast<std::uint32_t>(std::countr_zero(w.active));
    std::uint32_t same = 0;
    for (std::uint32_t l = 0; l < kLanes; ++l) same |= targets[l] == targets[first] ? 1u << l : 0u;
    same &= w.active;
    const Code* callee = w.block->grid->function->functions->find(targets[first]);
    if (callee == nullptr || !callee->has_body || callee->is_entry) {
        return raise_address(w, i, 718, first, "call of something that is not a function", targets[first]);
    }
    if (same != w.active) {
        ++w.frame->references;
        push_fragment(w, i, w.active & ~same, w.turn, w.frame);
        set_active(w, same);
    }
    return enter(w, i, *callee);
}

const Insn* ret(Warp& w, const Insn*) {
    Frame* frame = w.frame;
    Frame* caller = frame->parent;
    if (caller == nullptr) {
        retire_lanes(w, w.active);
        return resume(w);
    }
    const CallSite& site = *frame->site;
    const std::size_t count = std::min(site.results.size(), frame->code->results.size());
    for (std::size_t k = 0; k < count; ++k) {
        const std::uint32_t size = std::min(site.results[k].size, frame->code->results[k].size);
        copy_value(w, formal_place(w, frame->code->results[k], *frame),
                   site_place(w, site.results[k].to_register, site.results[k], *caller), size);
    }
    const Insn* next = frame->return_to;
    ++caller->references;
    w.block->drop_frame(frame);
    w.frame = caller;
    w.regs = w.registers + caller->registers;
    w.local_frame = caller->local;
    return next;
}

// brx.idx: every distinct target becomes a fragment.
const Insn* branch_indexed(Warp& w, const Insn* i) {
    const auto& targets = *static_cast<const std::vector<const Insn*>*>(i->side);
    const auto* index = static_cast<const std::uint32_t*>(static_cast<const void*>(w.regs + i->a));
    const std::uint32_t lanes = w.active;
    for (std::uint32_t mask = lanes; mask != 0;) {
        const auto lane = static_cast<std::uint32_t>(std::countr_zero(mask));
        if (index[lane] >= targets.size()) return raise(w, i, 718, lane, "brx.idx past the end of its list");
        std::uint32_t same = 0;
        for (std::uint32_t l = 0; l < kLanes; ++l) same |= index[l] == index[lane] ? 1u << l : 0u;
        same &= mask;
        mask &= ~same;
        if (same == lanes) return targets[index[lane]];
        ++w.frame->references;
        push_fragment(w, targets[index[lane]], same, w.turn, w.frame);
    }
    w.block->drop_frame(w.frame);
    return resume(w);
}

template <class Word>
const Insn* address_of_local(Warp& w, const Insn* i) {
    auto* d = static_cast<Word*>(static_cast<void*>(w.regs + i->d));
    const auto value = static_cast<Word>(w.local_frame + static_cast<std::uint64_t>(i->imm));
    for (std::uint32_t l = 0; l < kLanes; ++l) {
        if ((w.active >> l & 1u) != 0) d[l] = value;
    }
    return i + 1;
}

// Lanes of a frame share its stack pointer, so all get the largest size asked for. mod[0]: width of a,
// mod[1]: of d.
const Insn* alloca_bytes(Warp& w, const Insn* i) {
    std::uint64_t size = 0;
    for (std::uint32_t mask = w.active; mask != 0; mask &= mask - 1) {
        const auto lane = static_cast<std::uint32_t>(std::countr_zero(mask));
        std::uint64_t wanted = 0;
        std::memcpy(&wanted, register_bytes(w.regs, i->a, i->mod[0], lane), i->mod[0]);
        size = std::max(size, wanted);
    }
    const std::uint64_t align = static_cast<std::uint64_t>(i->imm);
    const std::uint64_t at = (w.frame->local_top + align - 1) / align * align;
    if (size > w.local_stride || at + size > w.local_stride) return raise(w, i, 719, 0, "stack overflow");
    w.frame->local_top = static_cast<std::uint32_t>(at + size);
    for (std::uint32_t mask = w.active; mask != 0; mask &= mask - 1) {
        const auto lane = static_cast<std::uint32_t>(std::countr_zero(mask));
        std::memcpy(register_bytes(w.regs, i->d, i->mod[1], lane), &at, i->mod[1]);
    }
    return i + 1;
}

const Insn* stack_save(Warp& w, const Insn* i) {
    const std::uint64_t top = w.frame->local_top;
    for (std::uint32_t mask = w.active; mask != 0; mask &= mask - 1) {
        const auto lane = static_cast<std::uint32_t>(std::countr_zero(mask));
        std::memcpy(register_bytes(w.regs, i->d, i->mod[1], lane), &top, i->mod[1]);
    }
    return i + 1;
}

// Only while no other lanes of the warp are elsewhere: they may still use what is above.
const Insn* stack_restore(Warp& w, const Insn* i) {
    std::uint64_t top = 0;
    const auto lane = static_cast<std::uint32_t>(std::countr_zero(w.active));
    std::memcpy(&top, register_bytes(w.regs, i->a, i->mod[0], lane), i->mod[0]);
    const bool is_sane = top >= w.frame->local + w.frame->code->local_bytes && top <= w.frame->local_top;
    if (w.waiting == 0 && is_sane) w.frame->local_top = static_cast<std::uint32_t>(top);
    return i + 1;
}

const OpEntry kEntries[] = {
    FERRY_PLAIN(call, none, kCallDirect, call_direct),
    FERRY_PLAIN(call, none, kCallIndirect, call_indirect),
    FERRY_PLAIN(ret, none, 0, ret),
    FERRY_PLAIN(brx, none, 0, branch_indexed),
    FERRY_PLAIN(addr_local, b64, 0, address_of_local<std::uint64_t>),
    FERRY_PLAIN(addr_local, b32, 0, address_of_local<std::uint32_t>),
    FERRY_PLAIN(alloca, none, 0, alloca_bytes),
    FERRY_PLAIN(stacksave, none, 0, stack_save),
    FERRY_PLAIN(stackrestore, none, 0, stack_restore),
};

}  // namespace

std::span<const OpEntry> call_entries() { return kEntries; }

std::uint64_t read_argument(Warp& w, const CallSite& site, std::size_t index, std::uint32_t lane) {
    std::uint64_t bits = 0;
    if (index >= site.args.size()) return 0;
    const CallMove& move = site.args[index];
    const std::uint32_t width = width_of(move.size);
    const std::byte* from = move.from_register ? register_bytes(w.regs, move.from, width, lane)
                                               : local_bytes(w, w.local_frame + move.from, lane);
    std::memcpy(&bits, from, std::min<std::size_t>(move.size, 8));
    return bits;
}

void read_argument_bytes(const Warp& w, const CallSite& site, std::size_t index, std::uint32_t lane, void* to,
                         std::size_t size) {
    if (index >= site.args.size()) return;
    const CallMove& move = site.args[index];
    if (move.from_register) return;
    std::memcpy(to, local_bytes(w, w.local_frame + move.from, lane), std::min<std::size_t>(move.size, size));
}

void write_result(Warp& w, const CallSite& site, std::uint32_t lane, std::uint64_t value) {
    if (site.results.empty()) return;
    const CallMove& move = site.results[0];
    std::byte* to = move.to_register ? register_bytes(w.regs, move.from, width_of(move.size), lane)
                                     : local_bytes(w, w.local_frame + move.from, lane);
    std::memcpy(to, &value, std::min<std::size_t>(move.size, 8));
}

}  // namespace soft
