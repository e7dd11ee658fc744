// How a handler reaches memory: address spaces resolved to host pointers with every access checked.
// memory_slow.cc implements it lane by lane; the hot handlers use it for whatever is not the common case.
#pragma once
#include <cstdint>

#include "soft/launch/warp.h"
#include "soft/ptx/types.h"

namespace soft {

// Insn::mod of loads, stores and atomics.
enum MemoryMod : std::uint8_t {
    kModSpace = 0,         // ptx::Space
    kModSize = 1,          // bytes of one element in memory
    kModSigned = 2,        // 1: sign-extend
    kModWidth = 3,         // bytes of a lane of the register slot: 4 or 8 (16 for b128)
    kModVector = 4,        // elements: 1, 2, 4
    kModAddressWidth = 5,  // bytes of a lane of the address slot: 4 or 8
    kModOp = 6,  // of loads and stores: bytes to be aligned to, when more than they access
    kModType = 7,  // ptx::Type
};

// The slots of a vector access, in order.
static inline std::uint32_t vector_slot(const Insn& i, std::uint32_t element) {
    switch (element) {
        case 0:
            return i.d;
        case 1:
            return i.b;
        case 2:
            return i.c;
        default:
            return i.e;
    }
}

// The address of `lane`, offset included.
std::uint64_t lane_address(Warp& w, const Insn& i, std::uint32_t lane);

// The host pointer for `size` bytes at `address`, or null after raising a fault (700, or 716 when
// misaligned).
std::byte* resolve(Warp& w, const Insn& i, ptx::Space space, std::uint64_t address, std::uint64_t size,
                   std::uint32_t lane);
// The same without the alignment rule, for byte copies.
std::byte* resolve_bytes(Warp& w, const Insn& i, ptx::Space space, std::uint64_t address, std::uint64_t size,
                         std::uint32_t lane);

// Loads and stores of every space, type and shape, one lane at a time. Null after a fault.
const Insn* slow_load(Warp& w, const Insn* i);
const Insn* slow_store(Warp& w, const Insn* i);

// Ends the grid with `error`; the text names the instruction, the block and the thread. Always answers null.
const Insn* raise(Warp& w, const Insn* i, int error, std::uint32_t lane, const char* what);
const Insn* raise_address(Warp& w, const Insn* i, int error, std::uint32_t lane, const char* what,
                          std::uint64_t address);

}  // namespace soft
