// What calls share between their handlers (call.cc), the functions the engine provides (syscall.cc) and the
// decoder.
#pragma once
#include <cstddef>
#include <cstdint>

#include "soft/launch/insn.h"

namespace soft {

// Variants of Family::call.
constexpr std::uint8_t kCallDirect = 0;
constexpr std::uint8_t kCallIndirect = 1;
constexpr std::uint8_t kCallPrintf = 2;
constexpr std::uint8_t kCallAssert = 3;
constexpr std::uint8_t kCallMalloc = 4;
constexpr std::uint8_t kCallFree = 5;
constexpr std::uint8_t kCallMissing = 6;  // of the device runtime; side and imm are its name

constexpr std::uint8_t kCallSetCondition = 7;

// The first eight bytes of an argument of one lane, at the call.
std::uint64_t read_argument(Warp& w, const CallSite& site, std::size_t index, std::uint32_t lane);
void write_result(Warp& w, const CallSite& site, std::uint32_t lane, std::uint64_t value);

}  // namespace soft
