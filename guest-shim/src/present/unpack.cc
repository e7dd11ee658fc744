// See unpack.h.
#include "present/unpack.h"

#include <zstd.h>

namespace guest::present {

bool unpack(std::span<const std::byte> packed, std::size_t size, ByteBuffer& pixels) {
    pixels.clear();
    std::byte* at = pixels.reserve(size);
    if (at == nullptr || ZSTD_decompress(at, size, packed.data(), packed.size()) != size) return false;
    pixels.commit(size);
    return true;
}

}  // namespace guest::present
