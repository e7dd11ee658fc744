// Names code images by what is in them, so that an image which the host has already loaded for somebody need
// not be sent again. MurmurHash3 x64 128 (Austin Appleby's published algorithm), chosen for its speed: the
// guest hashes only an image whose size the host has offered. It withstands accidents (of 2^32 images two
// collide with a chance of 2^-65), not an adversary; see DECISIONS for why that is enough here.
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace wire {

using ContentHash = std::array<std::uint64_t, 2>;

namespace detail {

inline constexpr std::uint64_t kMix1 = 0x87c37b91114253d5;
inline constexpr std::uint64_t kMix2 = 0x4cf5ad432745937f;

constexpr std::uint64_t mix_first(std::uint64_t word) { return std::rotl(word * kMix1, 31) * kMix2; }
constexpr std::uint64_t mix_second(std::uint64_t word) { return std::rotl(word * kMix2, 33) * kMix1; }
constexpr std::uint64_t finish(std::uint64_t word) {
    word = (word ^ word >> 33) * 0xff51afd7ed558ccd;
    word = (word ^ word >> 33) * 0xc4ceb9fe1a85ec53;
    return word ^ word >> 33;
}

}  // namespace detail

// Little-endian, as both ends are.
inline ContentHash content_hash(std::span<const std::byte> bytes) {
    constexpr std::size_t kBlock = 16;
    ContentHash hash{};
    std::uint64_t words[2];
    const std::size_t whole = bytes.size() / kBlock * kBlock;
    for (std::size_t at = 0; at < whole; at += kBlock) {
        std::memcpy(words, bytes.data() + at, kBlock);
        hash[0] = (std::rotl(hash[0] ^ detail::mix_first(words[0]), 27) + hash[1]) * 5 + 0x52dce729;
        hash[1] = (std::rotl(hash[1] ^ detail::mix_second(words[1]), 31) + hash[0]) * 5 + 0x38495ab5;
    }
    words[0] = words[1] = 0;
    if (whole != bytes.size()) std::memcpy(words, bytes.data() + whole, bytes.size() - whole);
    hash[1] ^= detail::mix_second(words[1]) ^ bytes.size();
    hash[0] ^= detail::mix_first(words[0]) ^ bytes.size();
    hash[0] += hash[1];
    hash[1] += hash[0];
    hash = {detail::finish(hash[0]), detail::finish(hash[1])};
    hash[0] += hash[1];
    hash[1] += hash[0];
    return hash;
}

// What stands in a record's image field instead of the bytes of an image that the Welcome has offered:
//   0 "FERRY-BY-CONTENT"  16 u64 hash[2]  32 u64 size of the image in bytes
// No driver takes an image that begins like this.
struct ImageReference {
    ContentHash hash;
    std::uint64_t size;
};
inline constexpr char kReferenceMagic[] = "FERRY-BY-CONTENT";
inline constexpr std::size_t kReferenceSize = 40;
using PackedReference = std::array<std::byte, kReferenceSize>;

inline PackedReference pack_reference(const ImageReference& reference) {
    PackedReference packed;
    std::memcpy(packed.data(), kReferenceMagic, 16);
    std::memcpy(packed.data() + 16, reference.hash.data(), 16);
    std::memcpy(packed.data() + 32, &reference.size, 8);
    return packed;
}

inline bool read_reference(std::span<const std::byte> image, ImageReference& reference) {
    if (image.size() != kReferenceSize || std::memcmp(image.data(), kReferenceMagic, 16) != 0) return false;
    std::memcpy(reference.hash.data(), image.data() + 16, 16);
    std::memcpy(&reference.size, image.data() + 32, 8);
    return true;
}

}  // namespace wire
