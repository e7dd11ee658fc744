// The code images that the host has loaded before, as the Welcome names them: loading one of them needs no
// image bytes on the wire, no answer, and no waiting. Filled while attaching, immutable afterwards.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "wire/content_hash.h"

namespace guest {

struct KnownImage {
    wire::ImageReference image{};
    bool library = false;
    std::int32_t device = 0;  // host ordinal
    std::vector<std::byte> options;
    std::vector<std::byte> log;
    std::vector<std::byte> kernels;
};

class KnownImages {
public:
    // Reads one ferry.v1.KnownImage; false when it is malformed.
    bool add(std::span<const std::byte> message);
    // Null when the host has not loaded these bytes in this way. They are hashed only when their size is that
    // of a known image.
    const KnownImage* find(std::span<const std::byte> image, bool library, std::int32_t device,
                           std::span<const std::byte> options) const;

private:
    std::vector<KnownImage> images_;
};

}  // namespace guest
