// Fills the slots that code reads but never writes: constants, kernel parameters, special registers. Once per
// launch for each warp (per block for the block's own), and at each call for the callee's.
#include <cstring>

#include "soft/launch/runtime.h"

namespace soft {
namespace {

std::uint64_t read_parameter(const GridState& grid, const FixedSlot& slot) {
    std::uint64_t value = 0;
    if (slot.index + slot.size > grid.config.params.size()) return 0;
    std::memcpy(&value, grid.config.params.data() + slot.index, slot.size);
    if (slot.is_signed && slot.size < 8) {
        const int shift = 64 - 8 * slot.size;
        value = static_cast<std::uint64_t>(static_cast<std::int64_t>(value << shift) >> shift);
    }
    return value;
}

std::uint64_t lane_mask(Special special, std::uint32_t lane) {
    const std::uint32_t eq = 1u << lane;
    switch (special) {
        case Special::lanemask_eq:
            return eq;
        case Special::lanemask_lt:
            return eq - 1;
        case Special::lanemask_le:
            return eq | (eq - 1);
        case Special::lanemask_ge:
            return ~(eq - 1);
        default:
            return ~(eq | (eq - 1));
    }
}

std::uint64_t thread_value(const Warp& w, Special special, std::uint32_t lane) {
    const auto& block = w.block->grid->config.block;
    const std::uint32_t thread = w.index * kLanes + lane;
    switch (special) {
        case Special::tid_x:
            return thread % block[0];
        case Special::tid_y:
            return thread / block[0] % block[1];
        case Special::tid_z:
            return thread / block[0] / block[1];
        case Special::laneid:
            return lane;
        default:
            return lane_mask(special, lane);
    }
}

bool differs_by_lane(Special special) {
    return special <= Special::tid_z || special == Special::laneid ||
           (special >= Special::lanemask_eq && special <= Special::lanemask_gt);
}

std::uint64_t shared_value(const Warp& w, const FixedSlot& slot) {
    const BlockContext& block = *w.block;
    const GridState& grid = *block.grid;
    const auto at = static_cast<unsigned>(slot.special);
    switch (slot.special) {
        case Special::ntid_x:
        case Special::ntid_y:
        case Special::ntid_z:
            return grid.config.block[at - static_cast<unsigned>(Special::ntid_x)];
        case Special::nctaid_x:
        case Special::nctaid_y:
        case Special::nctaid_z:
            return grid.config.grid[at - static_cast<unsigned>(Special::nctaid_x)];
        case Special::ctaid_x:
        case Special::ctaid_y:
        case Special::ctaid_z:
            return block.index[at - static_cast<unsigned>(Special::ctaid_x)];
        case Special::warpid:
            return w.index;
        case Special::nwarpid:
            return kLanes;
        case Special::smid:
            return block.worker->number;
        case Special::nsmid:
            return 128;
        case Special::gridid:
            return grid.serial;
        case Special::dynamic_smem:
            return grid.config.dynamic_shared;
        case Special::total_smem:
            return grid.own_shared_size();
        case Special::dynamic_shared:
            return grid.dynamic_shared_base() + slot.index;
        case Special::envreg:
            return slot.index == 1   ? grid.workspace >> 32
                   : slot.index == 2 ? grid.workspace & 0xffffffffu
                                     : 0;
        case Special::reserved_begin:
            return grid.reserved_shared_base();
        case Special::reserved_end:
        case Special::reserved_cap:
            return grid.reserved_shared_base() + kReservedShared;
        case Special::reserved_0:
        case Special::reserved_1:
            return grid.reserved_shared_base() +
                   (slot.special == Special::reserved_1 ? kReservedShared / 2 : 0);
        case Special::one:
            return 1;
        case Special::param:
            return read_parameter(grid, slot);
        default:
            return 0;
    }
}

template <class Word>
void fill(std::byte* regs, std::uint32_t slot, std::uint32_t mask, std::uint64_t value) {
    // SAFETY: slots are 64-byte aligned words.
    Word* words = static_cast<Word*>(static_cast<void*>(regs + slot));
    if (mask == kFullMask) {
        for (std::uint32_t l = 0; l < kLanes; ++l) words[l] = static_cast<Word>(value);
        return;
    }
    for (std::uint32_t l = 0; l < kLanes; ++l) {
        if ((mask >> l & 1u) != 0) words[l] = static_cast<Word>(value);
    }
}

void put(std::byte* regs, const FixedSlot& slot, std::uint32_t mask, std::uint64_t value) {
    if (slot.width == 0) {  // a predicate
        auto& word = *static_cast<std::uint32_t*>(static_cast<void*>(regs + slot.slot));
        word = (word & ~mask) | (value != 0 ? mask : 0);
    } else if (slot.width == 8) {
        fill<std::uint64_t>(regs, slot.slot, mask, value);
    } else {
        fill<std::uint32_t>(regs, slot.slot, mask, value);
    }
}

template <class Word>
void fill_by_lane(Warp& w, std::byte* regs, const FixedSlot& slot, std::uint32_t mask) {
    // SAFETY: slots are 64-byte aligned words.
    Word* words = static_cast<Word*>(static_cast<void*>(regs + slot.slot));
    for (std::uint32_t l = 0; l < kLanes; ++l) {
        if ((mask >> l & 1u) != 0) words[l] = static_cast<Word>(thread_value(w, slot.special, l));
    }
}

void fill_slot(Warp& w, std::byte* regs, const FixedSlot& slot, std::uint32_t mask) {
    if (slot.is_constant) return put(regs, slot, mask, slot.value);
    if (!differs_by_lane(slot.special)) return put(regs, slot, mask, shared_value(w, slot));
    if (slot.width == 8) return fill_by_lane<std::uint64_t>(w, regs, slot, mask);
    fill_by_lane<std::uint32_t>(w, regs, slot, mask);
}

}  // namespace

void fill_fixed_slots(Warp& w, const Code& code, std::byte* regs, std::uint32_t mask) {
    for (const FixedSlot& slot : code.fixed) fill_slot(w, regs, slot, mask);
}

void fill_block_slots(Warp& w, const Code& code, std::byte* regs, std::uint32_t mask) {
    for (const FixedSlot& slot : code.per_block) fill_slot(w, regs, slot, mask);
}

}  // namespace soft
