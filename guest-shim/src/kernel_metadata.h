// What a host says about the kernels of an image: names, attributes, parameter layouts. Called by modules.cc
// and module_names.cc with bytes off the wire.
//
//   u32 count, then per kernel, 8-aligned:
//   bytes name with its NUL | 16 x i32 attribute | u32 n | n x {u32 offset, u32 size}
#pragma once
#include <cstddef>
#include <span>

#include "objects.h"

namespace guest {

// Adds the kernels to the image; false when the bytes are malformed or over the limits.
bool read_kernels(std::span<const std::byte> bytes, Image& image);

}  // namespace guest
