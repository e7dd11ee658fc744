// What atomic.cc shares beyond access.h.
#pragma once
#include <cstddef>
#include <cstdint>

#include "soft/launch/warp.h"
#include "soft/ptx/types.h"

namespace soft {

// In Insn::mod[kModVector] of atom and red.
constexpr std::uint8_t kAtomicHasResult = 0x80;

// atom and red of every space and type, one lane at a time. Null after a fault.
const Insn* slow_atomic(Warp& w, const Insn* i);

// Combines `value` into the element at `at`. `is_private`: only this thread touches it.
void update_element(std::byte* at, ptx::Mod op, ptx::Type type, std::uint64_t value, bool is_private);

}  // namespace soft
