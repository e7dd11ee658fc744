// A growable run of bytes that reports out-of-memory instead of throwing. The lane packs records into these,
// the carrier sends them, replies are kept in them. Recycled, not freed, on the hot path. One stretch of it
// may be somebody else's memory, which is only referred to: the bytes of a long copy.
#pragma once
#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <span>

namespace guest {

class ByteBuffer {
public:
    ByteBuffer() = default;
    ByteBuffer(const ByteBuffer&) = delete;
    ByteBuffer& operator=(const ByteBuffer&) = delete;
    ~ByteBuffer() { std::free(data_); }

    // Room for `size` more bytes behind what is there; null when there is no memory.
    std::byte* reserve(std::size_t size) {
        if (capacity_ - size_ >= size) return data_ + size_;
        if (size > SIZE_MAX / 4 - size_) return nullptr;
        const std::size_t wanted = std::max(size_ + size, std::min(capacity_ * 2, capacity_ + kLargestSlack));
        auto* grown = static_cast<std::byte*>(std::realloc(data_, wanted));
        if (grown == nullptr) return nullptr;
        data_ = grown;
        capacity_ = wanted;
        return data_ + size_;
    }
    void commit(std::size_t size) { size_ += size; }
    bool assign(std::span<const std::byte> bytes) {
        size_ = 0;
        std::byte* at = reserve(bytes.size());
        if (at == nullptr) return bytes.empty();
        if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
        size_ = bytes.size();
        return true;
    }
    void clear() {
        size_ = 0;
        foreign_ = {};
    }

    // -- a foreign stretch --
    // `bytes` stand between what is here now and what is added from now on; own() or clear() before they go.
    void refer(std::span<const std::byte> bytes) {
        foreign_ = bytes;
        foreign_at_ = size_;
    }
    bool refers() const { return !foreign_.empty(); }
    std::size_t total() const { return size_ + foreign_.size(); }
    // Takes a copy of them. False: no memory.
    bool own() {
        if (!refers()) return true;
        if (reserve(foreign_.size()) == nullptr) return false;
        std::byte* at = data_ + foreign_at_;
        std::memmove(at + foreign_.size(), at, size_ - foreign_at_);
        std::memcpy(at, foreign_.data(), foreign_.size());
        size_ += foreign_.size();
        foreign_ = {};
        return true;
    }
    // The bytes from `from` on, `size` of the total, as pieces to be written; answers how many there are.
    static constexpr std::size_t kPieces = 3;
    std::size_t pieces(std::size_t from, std::size_t size, iovec* out) const {
        const std::size_t middle = refers() ? foreign_at_ : size_;
        const std::span<const std::byte> runs[kPieces] = {
            {data_, middle}, foreign_, {data_ + middle, size_ - middle}};
        std::size_t count = 0;
        for (const auto& run : runs) {
            const std::size_t skip = std::min(from, run.size());
            const std::size_t taken = std::min(run.size() - skip, size);
            from -= skip;
            size -= taken;
            // SAFETY: what writes only reads through these; iovec has no const form.
            if (taken != 0) out[count++] = {const_cast<std::byte*>(run.data() + skip), taken};
        }
        return count;
    }
    std::byte* data() { return data_; }
    std::size_t size() const { return size_; }
    std::size_t capacity() const { return capacity_; }
    std::span<const std::byte> bytes() const { return {data_, size_}; }

private:
    static constexpr std::size_t kLargestSlack = std::size_t{8} << 20;
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
    std::span<const std::byte> foreign_;
    std::size_t foreign_at_ = 0;
};

}  // namespace guest
