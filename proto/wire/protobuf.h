// Just enough protobuf (proto3 wire format) for Ferry's own frames: a bounded writer and a bounded reader.
// Used by the shim, and by the engine, for the messages of proto/ferry.proto; the daemon uses an ordinary
// library. Neither allocates nor throws. What the reader yields are views into the caller's bytes, checked
// against their end; the first malformed field makes it sticky-bad, so callers loop on next() and ask ok()
// once.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace wire {

enum class ProtoType : std::uint32_t { varint = 0, fixed64 = 1, length = 2, fixed32 = 5 };

inline constexpr std::size_t kMaxVarint = 10;

constexpr std::size_t varint_size(std::uint64_t value) {
    std::size_t size = 1;
    while (value >= 0x80) {
        value >>= 7;
        ++size;
    }
    return size;
}

inline std::span<const std::byte> as_proto_bytes(std::string_view text) {
    return std::as_bytes(std::span<const char>(text.data(), text.size()));
}

// Writes into the caller's buffer; when it is too small nothing more is written and ok() is false.
class ProtoWriter {
public:
    explicit ProtoWriter(std::span<std::byte> buffer) : buffer_(buffer) {}

    void varint(std::uint32_t field, std::uint64_t value) {
        if (value == 0) return;  // proto3: a zero is not written
        tag(field, ProtoType::varint);
        raw_varint(value);
    }
    // int32 and int64: a negative number travels as its 64-bit two's complement.
    void integer(std::uint32_t field, std::int64_t value) {
        varint(field, static_cast<std::uint64_t>(value));
    }
    void boolean(std::uint32_t field, bool value) { varint(field, value ? 1 : 0); }
    void bytes(std::uint32_t field, std::span<const std::byte> data) {
        if (data.empty()) return;
        length(field, data.size());
        raw(data);
    }
    void string(std::uint32_t field, std::string_view text) { bytes(field, as_proto_bytes(text)); }
    // Opens a length-delimited field whose `size` bytes the caller writes next (a sub-message; it may be
    // empty).
    void length(std::uint32_t field, std::uint64_t size) {
        tag(field, ProtoType::length);
        raw_varint(size);
    }
    void raw(std::span<const std::byte> data) {
        if (!ok_ || buffer_.size() - at_ < data.size()) {
            ok_ = false;
            return;
        }
        if (!data.empty()) std::memcpy(buffer_.data() + at_, data.data(), data.size());
        at_ += data.size();
    }
    void raw_varint(std::uint64_t value) {
        std::byte encoded[kMaxVarint];
        std::size_t count = 0;
        while (value >= 0x80) {
            encoded[count++] = static_cast<std::byte>(value | 0x80);
            value >>= 7;
        }
        encoded[count++] = static_cast<std::byte>(value);
        raw(std::span<const std::byte>(encoded, count));
    }

    bool ok() const { return ok_; }
    std::size_t size() const { return at_; }
    std::span<const std::byte> written() const { return buffer_.first(at_); }

private:
    void tag(std::uint32_t field, ProtoType type) {
        raw_varint(std::uint64_t{field} << 3 | static_cast<std::uint32_t>(type));
    }
    std::span<std::byte> buffer_;
    std::size_t at_ = 0;
    bool ok_ = true;
};

struct ProtoField {
    std::uint32_t number = 0;
    ProtoType type = ProtoType::varint;
    std::uint64_t value = 0;                // varint, fixed64 and fixed32
    std::span<const std::byte> bytes = {};  // length-delimited

    std::int64_t integer() const { return static_cast<std::int64_t>(value); }
    std::int32_t integer32() const { return static_cast<std::int32_t>(static_cast<std::uint32_t>(value)); }
    bool boolean() const { return value != 0; }
    // SAFETY: any byte sequence may be viewed as chars.
    std::string_view text() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

class ProtoReader {
public:
    explicit ProtoReader(std::span<const std::byte> data) : data_(data) {}

    // The next field; false at the end and after a malformed one (then ok() is false).
    bool next(ProtoField& field) {
        if (!ok_ || at_ == data_.size()) return false;
        const std::uint64_t tag = raw_varint();
        if (!ok_ || tag >> 3 == 0 || tag >> 3 > 0x1FFFFFFF) return fail();
        field = ProtoField{};
        field.number = static_cast<std::uint32_t>(tag >> 3);
        field.type = static_cast<ProtoType>(tag & 7);
        switch (field.type) {
            case ProtoType::varint:
                field.value = raw_varint();
                return ok_;
            case ProtoType::fixed64:
                return fixed(8, field);
            case ProtoType::fixed32:
                return fixed(4, field);
            case ProtoType::length:
                return delimited(field);
        }
        return fail();  // groups and unknown wire types
    }
    // A bare varint, for the elements of a packed repeated field.
    std::uint64_t raw_varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 70; shift += 7) {
            if (!ok_ || at_ == data_.size()) break;
            const auto byte = static_cast<std::uint64_t>(data_[at_++]);
            if (shift == 63 && byte > 1) break;
            value |= (byte & 0x7F) << shift;
            if (byte < 0x80) return value;
        }
        ok_ = false;
        return 0;
    }
    bool ok() const { return ok_; }
    bool at_end() const { return at_ == data_.size(); }
    // Bytes read so far.
    std::size_t position() const { return at_; }

private:
    bool fail() {
        ok_ = false;
        return false;
    }
    bool fixed(std::size_t size, ProtoField& field) {
        if (data_.size() - at_ < size) return fail();
        std::memcpy(&field.value, data_.data() + at_,
                    size);  // little-endian hosts only, as everywhere in wire/
        at_ += size;
        return true;
    }
    bool delimited(ProtoField& field) {
        const std::uint64_t size = raw_varint();
        if (!ok_ || data_.size() - at_ < size) return fail();
        field.bytes = data_.subspan(at_, static_cast<std::size_t>(size));
        at_ += static_cast<std::size_t>(size);
        return true;
    }
    std::span<const std::byte> data_;
    std::size_t at_ = 0;
    bool ok_ = true;
};

// A repeated scalar arrives packed (one length-delimited field) or one by one; `each(value)` sees every
// element.
template <class Each>
bool for_each_scalar(const ProtoField& field, Each&& each) {
    if (field.type == ProtoType::varint) {
        each(field.value);
        return true;
    }
    if (field.type != ProtoType::length) return false;
    ProtoReader reader(field.bytes);
    while (reader.ok() && !reader.at_end()) {
        const std::uint64_t value = reader.raw_varint();
        if (reader.ok()) each(value);
    }
    return reader.ok();
}

}  // namespace wire
