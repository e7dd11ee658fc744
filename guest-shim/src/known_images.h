// The code images whose verdict is known. Those that the host has loaded before, as the Welcome names them:
// loading one of them needs no image bytes on the wire, no answer, and no waiting; filled while attaching,
// immutable afterwards. And those that this process has loaded itself: loading one again needs no answer.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "futex.h"
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

// Any thread. Keeps as many, and as many bytes of metadata, as a Welcome may offer: the first ones.
class OwnImages {
public:
    // What the host has answered to a load that went well. `known.image` need not be filled in.
    void add(KnownImage known, std::span<const std::byte> image);
    // As KnownImages::find(); good for ever.
    const KnownImage* find(std::span<const std::byte> image, bool library, std::int32_t device,
                           std::span<const std::byte> options);

private:
    Mutex mutex_;
    std::deque<KnownImage> images_;
    std::size_t bytes_ = 0;
};

}  // namespace guest
