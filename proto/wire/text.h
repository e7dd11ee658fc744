// Strings in records: the bytes with their NUL, so that the host can hand them to the driver as they lie.
// Used by generated codecs (is_text), by the shim (text) and by the engine (c_string).
#pragma once
#include <cstddef>
#include <cstring>
#include <span>

namespace wire {

// One NUL, at the end: what a `text` field must be for decode() to accept its record.
inline bool is_text(std::span<const std::byte> data) {
    return !data.empty() && std::memchr(data.data(), 0, data.size()) == &data.back();
}

// The field for a string of the program; the bytes stay the program's.
inline std::span<const std::byte> text(const char* string) {
    return std::as_bytes(std::span(string, std::strlen(string) + 1));
}

// The string in a decoded `text` field; it lives as long as the batch does.
inline const char* c_string(std::span<const std::byte> text_field) {
    return static_cast<const char*>(static_cast<const void*>(text_field.data()));
}

}  // namespace wire
