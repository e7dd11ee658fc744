// Frames that the host has packed for the way.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "byte_buffer.h"

namespace guest::present {

// The `size` bytes that were packed. False: they are not what was packed, or there is no memory.
bool unpack(std::span<const std::byte> packed, std::size_t size, ByteBuffer& pixels);

}  // namespace guest::present
