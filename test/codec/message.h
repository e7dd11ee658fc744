// One record or reply payload behind an interface that names its fields, so that the properties in
// properties.cc are written once for all of them. The generated build/gen/test/messages.h lists them.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include "wire/cursor.h"
#include "wire/text.h"

namespace codec_test {

using Bytes = std::span<const std::byte>;

// A view of one field of a message; valid as long as the message is.
struct Field {
    enum class Kind { scalar, bytes, text };
    const char* name;
    Kind kind;
    void* value;        // the scalar, or the Bytes
    std::size_t size;   // of the scalar, in bytes
    std::uint64_t limit;  // of the byte string, in bytes

    Bytes& bytes() const { return *static_cast<Bytes*>(value); }
};

template <typename T>
Field scalar_field(const char* name, T& value) {
    return {name, Field::Kind::scalar, &value, sizeof value, 0};
}
inline Field bytes_field(const char* name, Bytes& value, std::uint64_t limit) {
    return {name, Field::Kind::bytes, &value, 0, limit};
}
inline Field text_field(const char* name, Bytes& value, std::uint64_t limit) {
    return {name, Field::Kind::text, &value, 0, limit};
}

// Encodes without copying: for byte strings as large as a limit, into memory that reads as zeros already.
class SparseWriter {
public:
    explicit SparseWriter(std::byte* begin) : begin_(begin) {}
    template <wire::Scalar T>
    void scalar(T value) {
        at_ = wire::align_up(at_, alignof(T));
        std::memcpy(begin_ + at_, &value, sizeof value);
        at_ += sizeof value;
    }
    void handle(wire::Handle handle) { scalar(handle.value); }
    void bytes(Bytes data) {
        scalar(std::uint64_t{data.size()});
        if (data.size() <= kCopied) {
            std::copy(data.begin(), data.end(), begin_ + at_);
        } else {
            // The last byte ends a text; the others may be any.
            begin_[at_ + data.size() - 1] = data.back();
        }
        at_ = wire::align_up(at_ + data.size(), wire::kRecordAlignment);
    }
    void pad_to(std::size_t alignment) { at_ = wire::align_up(at_, alignment); }

private:
    static constexpr std::size_t kCopied = 4096;  // what stands beside the field that is at its limit
    std::byte* begin_;
    std::size_t at_ = 0;
};

class Message {
public:
    virtual ~Message() = default;
    virtual std::vector<Field> fields() = 0;
    virtual std::size_t measure() const = 0;
    // Answers what the Writer says it wrote.
    virtual std::size_t write(std::byte* at) const = 0;
    virtual void write_sparse(std::byte* at) const = 0;
    virtual bool read(Bytes payload) = 0;
};

struct MessageKind {
    const char* name;
    std::unique_ptr<Message> (*make)();
};

template <typename T>
class TypedMessage final : public Message {
public:
    std::vector<Field> fields() override { return fields_of(value_); }
    std::size_t measure() const override {
        wire::Measure sink;
        encode(sink, value_);
        return sink.size();
    }
    std::size_t write(std::byte* at) const override {
        wire::Writer sink(at);
        encode(sink, value_);
        return sink.size();
    }
    void write_sparse(std::byte* at) const override {
        SparseWriter sink(at);
        encode(sink, value_);
    }
    bool read(Bytes payload) override {
        wire::Cursor cursor(payload);
        return decode(cursor, value_);
    }

private:
    T value_;
};

template <typename T>
std::unique_ptr<Message> make_message() {
    return std::make_unique<TypedMessage<T>>();
}

// Fills every field with random content; the bytes live in `pool`.
class Filler {
public:
    explicit Filler(std::uint32_t seed) : random_(seed) {}
    void fill(Message& message);
    // Another value of the same field, never the one it has.
    void change(const Field& field);

private:
    Bytes random_bytes(const Field& field);
    std::mt19937 random_;
    std::vector<std::unique_ptr<std::vector<std::byte>>> pool_;
};

// The failures of one message, one sentence each; none when every property holds.
std::vector<const char*> check_message(const MessageKind& kind);

}  // namespace codec_test
