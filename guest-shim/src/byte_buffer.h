// A growable run of bytes that reports out-of-memory instead of throwing. The lane packs records into these,
// the carrier sends them, replies are kept in them. Recycled, not freed, on the hot path.
#pragma once
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
    void clear() { size_ = 0; }
    std::byte* data() { return data_; }
    std::size_t size() const { return size_; }
    std::size_t capacity() const { return capacity_; }
    std::span<const std::byte> bytes() const { return {data_, size_}; }

private:
    static constexpr std::size_t kLargestSlack = std::size_t{8} << 20;
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace guest
