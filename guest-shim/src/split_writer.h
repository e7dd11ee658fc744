// SplitWriter: writes a record like wire::Writer, but for one run of bytes that is only referred to. Used by
// the lane for long copies, whose bytes go to the socket from where the program has them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "wire/cursor.h"

namespace guest {

class SplitWriter {
public:
    // Of what is written, the bytes that are `foreign` are left out.
    SplitWriter(std::byte* begin, std::span<const std::byte> foreign) : at_(begin), foreign_(foreign) {}

    template <wire::Scalar T>
    void scalar(T value) {
        pad_to(alignof(T));
        put(&value, sizeof value);
    }
    void handle(wire::Handle handle) { scalar(handle.value); }
    void bytes(std::span<const std::byte> data) {
        scalar(std::uint64_t{data.size()});
        if (data.data() == foreign_.data() && data.size() == foreign_.size()) {
            before_ = written_;
            size_ += data.size();
        } else if (!data.empty()) {
            put(data.data(), data.size());
        }
        pad_to(wire::kRecordAlignment);
    }
    void pad_to(std::size_t alignment) {
        constexpr std::byte kZero{0};
        while (size_ % alignment != 0) put(&kZero, 1);
    }
    // Bytes written here, altogether and in front of the foreign ones.
    std::size_t written() const { return written_; }
    std::size_t before() const { return before_; }

private:
    void put(const void* data, std::size_t size) {
        std::memcpy(at_ + written_, data, size);
        written_ += size;
        size_ += size;
    }
    std::byte* at_;
    std::span<const std::byte> foreign_;
    std::size_t written_ = 0;
    std::size_t before_ = 0;
    std::size_t size_ = 0;  // of the encoding, the foreign bytes included: what alignment goes by
};

}  // namespace guest
