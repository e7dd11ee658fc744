// The LZ4 block format, decoded with every step bounded; zstd by its own library.
//
// block = sequences: token (high nibble literal count, low nibble match length - 4; 15 means that bytes
// follow, added up until one is not 255), literals, u16 offset backwards, match. The last sequence ends after
// its literals.
#include "soft/module/decompress.h"

#include <cstdint>

#include "soft/memory/bytes_unsafe.h"

// Declared here and not included, so that building needs the library but not its development package.
extern "C" {
std::size_t ZSTD_decompress(void* target, std::size_t capacity, const void* source, std::size_t size);
unsigned ZSTD_isError(std::size_t code);
unsigned long long ZSTD_getFrameContentSize(const void* source, std::size_t size);
}

namespace soft::driver {
namespace {

class Lz4Reader {
  public:
    explicit Lz4Reader(std::span<const std::byte> source) : source_(source) {}

    bool empty() const { return at_ == source_.size(); }
    // False at the end of the source.
    bool byte(std::size_t& value) {
        if (empty()) return false;
        value = std::to_integer<std::size_t>(source_[at_++]);
        return true;
    }
    bool count(std::size_t nibble, std::size_t& total) {
        total = nibble;
        if (nibble != 15) return true;
        for (std::size_t more = 255; more == 255;) {
            if (!byte(more)) return false;
            total += more;
        }
        return true;
    }
    const std::byte* bytes(std::size_t size) {
        if (size > source_.size() - at_) return nullptr;
        at_ += size;
        return source_.data() + at_ - size;
    }

  private:
    std::span<const std::byte> source_;
    std::size_t at_ = 0;
};

}  // namespace

// No byte of a block stands for more than 255 others.
bool can_hold_lz4(std::span<const std::byte> source, std::size_t size) { return size / 256 <= source.size(); }

bool can_hold_zstd(std::span<const std::byte> source, std::size_t size) {
    constexpr unsigned long long kUnknown = ~0ull;  // frames need not say
    const unsigned long long said = ZSTD_getFrameContentSize(source.data(), source.size());
    return said == size || said == kUnknown;
}

bool decompress_lz4(std::span<const std::byte> source, std::span<std::byte> target) {
    Lz4Reader reader(source);
    std::size_t out = 0;
    std::size_t token = 0;
    while (reader.byte(token)) {
        std::size_t literals = 0;
        if (!reader.count(token >> 4, literals) || literals > target.size() - out) return false;
        const std::byte* from = reader.bytes(literals);
        if (from == nullptr) return false;
        copy_exact(target.data() + out, from, literals);
        out += literals;
        if (reader.empty()) return out == target.size();
        std::size_t low = 0;
        std::size_t high = 0;
        std::size_t length = 0;
        if (!reader.byte(low) || !reader.byte(high) || !reader.count(token & 15, length)) return false;
        const std::size_t offset = high << 8 | low;
        length += 4;
        if (offset == 0 || offset > out || length > target.size() - out) return false;
        // A match may overlap what it produces, so it is copied forwards, byte by byte.
        for (const std::size_t end = out + length; out < end; ++out) target[out] = target[out - offset];
    }
    return false;
}

bool decompress_zstd(std::span<const std::byte> source, std::span<std::byte> target) {
    const std::size_t size = ZSTD_decompress(target.data(), target.size(), source.data(), source.size());
    return ZSTD_isError(size) == 0 && size == target.size();
}

}  // namespace soft::driver
