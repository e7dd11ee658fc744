// Decompression of fatbin entries: zstd (the default of nvcc) and LZ4 blocks (older toolkits,
// --compress-mode=speed). Called by image.cc with sizes from an untrusted image; never reads or writes
// outside the spans.
#pragma once
#include <cstddef>
#include <span>

namespace soft::driver {

// Whether `source` can hold `size` bytes at all: asked before room is made for what an image claims.
bool can_hold_lz4(std::span<const std::byte> source, std::size_t size);
bool can_hold_zstd(std::span<const std::byte> source, std::size_t size);

// Both answer true when `source` decodes to exactly target.size() bytes.
bool decompress_lz4(std::span<const std::byte> source, std::span<std::byte> target);
bool decompress_zstd(std::span<const std::byte> source, std::span<std::byte> target);

}  // namespace soft::driver
