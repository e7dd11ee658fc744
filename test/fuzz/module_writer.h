// Makes of any bytes a PTX module that is valid: what module_target.cc runs.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace fuzz {

// What the module's kernel is launched with.
constexpr std::uint32_t kBlocks = 2;
constexpr std::uint32_t kFewThreads = 48;
constexpr std::uint32_t kMostThreads = 64;  // the kernel's .reqntid says which
constexpr std::size_t kBufferBytes = 4096;
// Each thread that gets to its end leaves its registers in this many bytes.
constexpr std::size_t kThreadDumpBytes = 160;
constexpr std::size_t kDumpBytes = kBlocks * kMostThreads * kThreadDumpBytes;
// No module is longer.
constexpr std::size_t kLongestText = 1 << 18;

// One kernel `k(.param .u64 buffer, .param .u64 dump)` for 256 bytes of dynamic shared memory, with loops
// that end. What it computes depends on nothing but the buffer's contents: not on time, not on addresses.
std::string write_module(std::span<const std::uint8_t> bytes);

// The register whose value lies at an offset of the dump, for people.
std::string register_at(std::size_t offset);

}  // namespace fuzz
