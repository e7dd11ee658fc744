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
constexpr std::uint8_t kCallGetBuffer = 7;
constexpr std::uint8_t kCallLaunch = 8;
constexpr std::uint8_t kCallCreateStream = 9;
constexpr std::uint8_t kCallDestroyStream = 10;
constexpr std::uint8_t kCallLastError = 11;
constexpr std::uint8_t kCallPeekError = 12;
constexpr std::uint8_t kCallSetCondition = 13;

// The first eight bytes of an argument of one lane, at the call.
std::uint64_t read_argument(Warp& w, const CallSite& site, std::size_t index, std::uint32_t lane);
// A longer argument, from its start; it must lie in a .param variable.
void read_argument_bytes(const Warp& w, const CallSite& site, std::size_t index, std::uint32_t lane, void* to,
                         std::size_t size);
void write_result(Warp& w, const CallSite& site, std::uint32_t lane, std::uint64_t value);

// What a lane's generic pointer points to; null where it may not.
std::byte* find_generic(const Warp& w, std::uint32_t lane, std::uint64_t address, std::size_t size);

}  // namespace soft
