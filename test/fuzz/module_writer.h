// Makes of any bytes a PTX module that is valid: what module_target.cc runs.
#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace fuzz {

// One kernel `k(.param .u64 buffer)` for a buffer of 4 KiB and 256 bytes of dynamic shared memory, with loops
// that end.
std::string write_module(std::span<const std::uint8_t> bytes);

}  // namespace fuzz
