// What Ferry's own software device can be told beside the libcuda ABI: which parts of a block that was lent
// to a guest are in use. It keeps its exact answer to a wild access that way. A driver without it (NVIDIA's)
// is told nothing, and checks whole blocks only, as a GPU does.
#pragma once
#include <cstdint>

#include "cudart/abi.h"

namespace device {

// All of them answer INVALID_VALUE to what is not so. Sizes in bytes.
struct LentMemory {
    // The block at `address`, a multiple of 2 MiB in size, holds nothing until something is carved out of it.
    abi::CUresult (*lend)(std::uint64_t address);
    // [address, address + size) of a lent block is in use: less than 1 MiB within one granule of 2 MiB and
    // aligned to 512 bytes, more than that aligned to 2 MiB.
    abi::CUresult (*carve)(std::uint64_t address, std::uint64_t size);
    abi::CUresult (*uncarve)(std::uint64_t address);
    // Nothing more is carved out of the block: only what is in use counts as used any more.
    abi::CUresult (*close)(std::uint64_t address);
};

inline constexpr const char* kLentMemorySymbol = "ferry_soft_lent_memory";
using LentMemoryEntry = const LentMemory* (*)();

}  // namespace device
