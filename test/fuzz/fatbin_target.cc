// Fuzzes what finds PTX in images: the checks of bytes off the wire, and, for images that pass them, the
// reading of entries and their decompression. An image is copied to the heap, so that a byte too far is
// found.
#include <cstring>
#include <vector>

#include "cudart/fatbin_image.h"
#include "soft/module/image.h"
#include "target.h"

extern "C" int LLVMFuzzerInitialize(int*, char***) { return 0; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // Images are aligned to 8 bytes wherever they come from.
    std::vector<std::uint64_t> words((size + 7) / 8);
    if (size != 0) std::memcpy(words.data(), data, size);
    const auto bytes = std::as_bytes(std::span(words));
    const cudart::ImageKind kind = cudart::check_image(bytes.first(size));
    if (kind == cudart::ImageKind::none) return 0;
    soft::driver::read_units(words.data());
    if (kind == cudart::ImageKind::fatbin) cudart::first_fatbin(bytes.first(size));
    return 0;
}
