// Writer and Cursor: the only two ways bytes of a record are produced and consumed. Scalars stand at their
// natural alignment relative to the payload's start, in little-endian order; a byte string is a u64 length,
// the bytes, and zeros up to the next multiple of 8. The Cursor never reads past its end: the first failed
// read makes it sticky-bad and every later read answers zero, so decoders are straight lines checked once,
// with ok().
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "wire/handle.h"
#include "wire/record.h"

namespace wire {

template <typename T>
concept Scalar = std::integral<T> || std::floating_point<T>;

// memcpy for runs that are mostly short, as the arguments of a launch: there the call is what costs. Copies
// the first and the last bytes, which may overlap.
inline void copy_short(std::byte* to, const std::byte* from, std::size_t size) {
    const auto ends = [&]<std::size_t kBytes>(std::integral_constant<std::size_t, kBytes>) {
        std::memcpy(to, from, kBytes);
        std::memcpy(to + size - kBytes, from + size - kBytes, kBytes);
    };
    if (size > 64) {
        std::memcpy(to, from, size);
    } else if (size >= 32) {
        ends(std::integral_constant<std::size_t, 32>{});
    } else if (size >= 16) {
        ends(std::integral_constant<std::size_t, 16>{});
    } else if (size >= 8) {
        ends(std::integral_constant<std::size_t, 8>{});
    } else if (size >= 4) {
        ends(std::integral_constant<std::size_t, 4>{});
    } else {
        for (std::size_t at = 0; at < size; ++at) to[at] = from[at];
    }
}

// Writes into memory that the caller has already reserved: encoded_size() of the same request says how much.
//
// It counts bytes instead of moving a pointer: inlined, the places of all fields are then constants.
class Writer {
public:
    explicit Writer(std::byte* begin) : begin_(begin) {}

    template <Scalar T>
    void scalar(T value) {
        pad_to(alignof(T));
        std::memcpy(begin_ + size_, &value, sizeof value);
        size_ += sizeof value;
    }
    void handle(Handle handle) { scalar(handle.value); }
    void bytes(std::span<const std::byte> data) {
        filled(data.size(), [&](std::byte* at) { copy_short(at, data.data(), data.size()); });
    }
    // A byte string that `fill(at)` writes where it is to stand, `size` bytes and no fewer.
    template <class Fill>
    void filled(std::size_t size, Fill&& fill) {
        scalar(std::uint64_t{size});
        const std::size_t end = align_up(size_ + size, kRecordAlignment);
        // All zeros there may be at once, before the bytes in front of them.
        if (end != size_ + size) std::memset(begin_ + end - kRecordAlignment, 0, kRecordAlignment);
        fill(begin_ + size_);
        size_ = end;
    }
    // Zeros up to the next multiple of `alignment`, so that no uninitialised byte of the guest ever travels.
    // Alignments are at most 8, and a loop is made into a call of memset.
    void pad_to(std::size_t alignment) {
        const std::size_t padding = align_up(size_, alignment) - size_;
        if ((padding & 1) != 0) zeros<std::uint8_t>();
        if ((padding & 2) != 0) zeros<std::uint16_t>();
        if ((padding & 4) != 0) zeros<std::uint32_t>();
    }
    std::size_t size() const { return size_; }

private:
    template <class T>
    void zeros() {
        std::memset(begin_ + size_, 0, sizeof(T));
        size_ += sizeof(T);
    }

    std::byte* begin_;
    std::size_t size_ = 0;
};

// The same arithmetic as Writer, without memory: what an encoding will need.
class Measure {
public:
    template <Scalar T>
    void scalar(T) {
        size_ = align_up(size_, alignof(T)) + sizeof(T);
    }
    void handle(Handle handle) { scalar(handle.value); }
    void bytes(std::span<const std::byte> data) {
        scalar(std::uint64_t{});
        size_ = align_up(size_ + data.size(), kRecordAlignment);
    }
    void pad_to(std::size_t alignment) { size_ = align_up(size_, alignment); }
    std::size_t size() const { return size_; }

private:
    std::size_t size_ = 0;
};

class Cursor {
public:
    explicit Cursor(std::span<const std::byte> data) : data_(data) {}

    template <Scalar T>
    T scalar() {
        T value{};
        skip_to(alignof(T));
        if (!ok_ || data_.size() - at_ < sizeof value) return fail<T>();
        std::memcpy(&value, data_.data() + at_, sizeof value);
        at_ += sizeof value;
        return value;
    }
    Handle handle() { return Handle{scalar<std::uint64_t>()}; }
    // A view into the record: valid as long as the batch is.
    std::span<const std::byte> bytes() {
        const auto count = scalar<std::uint64_t>();
        if (!ok_ || data_.size() - at_ < count) return fail<std::span<const std::byte>>();
        auto view = data_.subspan(at_, static_cast<std::size_t>(count));
        at_ += static_cast<std::size_t>(count);
        skip_to(kRecordAlignment);
        return view;
    }
    void skip_to(std::size_t alignment) {
        const std::size_t next = align_up(at_, alignment);
        if (next > data_.size()) {
            ok_ = false;
            return;
        }
        at_ = next;
    }
    bool ok() const { return ok_; }
    std::size_t remaining() const { return data_.size() - at_; }

private:
    template <typename T>
    T fail() {
        ok_ = false;
        return T{};
    }
    std::span<const std::byte> data_;
    std::size_t at_ = 0;
    bool ok_ = true;
};

}  // namespace wire
