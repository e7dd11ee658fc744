// See known_images.h.
#include "known_images.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "wire/limits.h"
#include "wire/protobuf.h"

namespace guest {

bool KnownImages::add(std::span<const std::byte> message) {
    if (images_.size() == wire::limits::kOfferedImages) return true;
    KnownImage known;
    const auto copy = [](std::vector<std::byte>& out, std::span<const std::byte> bytes) {
        out.assign(bytes.begin(), bytes.end());
    };
    wire::ProtoReader reader(message);
    bool hashed = false;
    for (wire::ProtoField field; reader.next(field);) {
        if (field.number == 1) {
            hashed = field.bytes.size() == sizeof known.image.hash;
            if (hashed) memcpy(known.image.hash.data(), field.bytes.data(), sizeof known.image.hash);
        }
        if (field.number == 2) known.image.size = field.value;
        if (field.number == 3) known.library = field.boolean();
        if (field.number == 4) known.device = field.integer32();
        if (field.number == 5) copy(known.options, field.bytes);
        if (field.number == 6) copy(known.log, field.bytes);
        if (field.number == 7) copy(known.kernels, field.bytes);
    }
    if (!reader.ok() || !hashed) return false;
    images_.push_back(std::move(known));
    return true;
}

namespace {

template <class Images>
const KnownImage* find_in(const Images& images, std::span<const std::byte> image, bool library,
                          std::int32_t device, std::span<const std::byte> options) {
    std::optional<wire::ContentHash> hash;
    for (const KnownImage& known : images) {
        const bool possible = known.image.size == image.size() && known.library == library &&
                              known.device == device && std::ranges::equal(known.options, options);
        if (!possible) continue;
        if (!hash) hash = wire::content_hash(image);
        if (known.image.hash == *hash) return &known;
    }
    return nullptr;
}

}  // namespace

const KnownImage* KnownImages::find(std::span<const std::byte> image, bool library, std::int32_t device,
                                    std::span<const std::byte> options) const {
    return find_in(images_, image, library, device, options);
}

void OwnImages::add(KnownImage known, std::span<const std::byte> image) {
    const std::size_t size = known.options.size() + known.log.size() + known.kernels.size();
    known.image = {wire::content_hash(image), image.size()};
    Guard guard(mutex_);
    const bool full = images_.size() == wire::limits::kOfferedImages;
    if (full || size > wire::limits::kOfferedImageBytes - bytes_) return;
    bytes_ += size;
    images_.push_back(std::move(known));
}

const KnownImage* OwnImages::find(std::span<const std::byte> image, bool library, std::int32_t device,
                                  std::span<const std::byte> options) {
    Guard guard(mutex_);
    return find_in(images_, image, library, device, options);
}

}  // namespace guest
