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

const KnownImage* KnownImages::find(std::span<const std::byte> image, bool library, std::int32_t device,
                                    std::span<const std::byte> options) const {
    std::optional<wire::ContentHash> hash;
    for (const KnownImage& known : images_) {
        const bool possible = known.image.size == image.size() && known.library == library &&
                              known.device == device && std::ranges::equal(known.options, options);
        if (!possible) continue;
        if (!hash) hash = wire::content_hash(image);
        if (known.image.hash == *hash) return &known;
    }
    return nullptr;
}

}  // namespace guest
