// OutBuffer: bytes on their way out, with room kept in front for what is only known once they are complete
// (the gRPC prefix and the batch head). Filled by the engine's reply writer, sent by the link, recycled by
// the send queue so that steady traffic allocates nothing.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <utility>

namespace transport {

inline constexpr std::size_t kHeadroom = 64;
// A recycled buffer larger than this is given back to the system instead.
inline constexpr std::size_t kKeptCapacity = std::size_t{4} << 20;

class OutBuffer {
public:
    OutBuffer() = default;
    OutBuffer(OutBuffer&& other) noexcept { swap(other); }
    OutBuffer& operator=(OutBuffer&& other) noexcept {
        swap(other);
        return *this;
    }
    OutBuffer(const OutBuffer&) = delete;
    OutBuffer& operator=(const OutBuffer&) = delete;
    ~OutBuffer() { std::free(memory_); }

    // Room for `size` more bytes behind what is there; the caller writes all of them. Valid until the next
    // call.
    std::byte* extend(std::size_t size) {
        reserve(end_ + size);
        std::byte* at = memory_ + end_;
        end_ += size;
        return at;
    }
    void append(std::span<const std::byte> data) {
        if (!data.empty()) std::memcpy(extend(data.size()), data.data(), data.size());
    }
    // Puts `data` directly before what is there; at most kHeadroom bytes altogether.
    void prepend(std::span<const std::byte> data) {
        reserve(end_);
        begin_ -= data.size();
        std::memcpy(memory_ + begin_, data.data(), data.size());
    }
    void clear() {
        begin_ = kHeadroom;
        end_ = kHeadroom;
        if (capacity_ <= kKeptCapacity) return;
        std::free(std::exchange(memory_, nullptr));
        capacity_ = 0;
    }
    bool empty() const { return begin_ == end_; }
    std::size_t size() const { return end_ - begin_; }
    std::span<const std::byte> bytes() const { return {memory_ + begin_, size()}; }
    std::span<std::byte> bytes() { return {memory_ + begin_, size()}; }

private:
    void swap(OutBuffer& other) {
        std::swap(memory_, other.memory_);
        std::swap(capacity_, other.capacity_);
        std::swap(begin_, other.begin_);
        std::swap(end_, other.end_);
    }
    void reserve(std::size_t size) {
        if (size <= capacity_) return;
        const std::size_t wanted = std::max<std::size_t>({size, capacity_ * 2, 4096});
        auto* grown = static_cast<std::byte*>(std::realloc(memory_, wanted));
        if (grown == nullptr) std::abort();  // only our own replies grow here, and their sizes are limited
        memory_ = grown;
        capacity_ = wanted;
    }
    std::byte* memory_ = nullptr;
    std::size_t capacity_ = 0;
    std::size_t begin_ = kHeadroom;
    std::size_t end_ = kHeadroom;
};

// Who owns the body of a message that is sent without being copied; told once the kernel has taken all of it.
class BodyOwner {
public:
    virtual void body_sent(std::uint32_t token) = 0;

protected:
    ~BodyOwner() = default;
};

// One gRPC message: `head`, then `body` (somebody else's bytes, may be empty), then `padding` zeros (0..7).
struct OutMessage {
    OutBuffer head;
    std::span<const std::byte> body = {};
    std::size_t padding = 0;
    BodyOwner* owner = nullptr;
    std::uint32_t token = 0;
    std::uint64_t sequence = 0;  // of the batch; 0: nothing that would ever be sent again

    std::size_t size() const { return head.size() + body.size() + padding; }
};

}  // namespace transport
