// What the decoder and atomic.cc agree on beyond access.h.
#pragma once
#include <cstdint>

namespace soft {

// In Insn::mod[kModVector] of atom and red.
constexpr std::uint8_t kAtomicHasResult = 0x80;

}  // namespace soft
