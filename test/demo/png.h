// Writes an RGB picture as PNG with nothing but the standard library: the pixels go into stored
// (uncompressed) zlib blocks. Used by the Mandelbrot demo. Files are large; that is the price of no
// dependency.
//
//   signature, IHDR, one IDAT = zlib header, stored blocks of at most 65535 bytes, Adler-32; IEND
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace demo {

using Bytes = std::vector<std::uint8_t>;

inline void append_u32(Bytes& out, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        out.push_back(static_cast<std::uint8_t>(value >> shift));
    }
}

inline std::uint32_t crc32(const std::uint8_t* bytes, std::size_t size) {
    std::uint32_t crc = ~0u;
    for (std::size_t index = 0; index < size; ++index) {
        crc ^= bytes[index];
        for (int bit = 0; bit < 8; ++bit) {
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0u);
        }
    }
    return ~crc;
}

inline std::uint32_t adler32(const Bytes& bytes) {
    std::uint32_t low = 1, high = 0;
    for (std::uint8_t byte : bytes) {
        low = (low + byte) % 65521;
        high = (high + low) % 65521;
    }
    return high << 16 | low;
}

inline void append_chunk(Bytes& out, const char* type, const Bytes& body) {
    append_u32(out, static_cast<std::uint32_t>(body.size()));
    const std::size_t start = out.size();
    out.insert(out.end(), type, type + 4);
    out.insert(out.end(), body.begin(), body.end());
    append_u32(out, crc32(out.data() + start, out.size() - start));
}

inline Bytes stored_zlib(const Bytes& raw) {
    constexpr std::size_t kBlock = 65535;
    Bytes out = {0x78, 0x01};
    for (std::size_t offset = 0; offset < raw.size(); offset += kBlock) {
        const std::size_t size = raw.size() - offset < kBlock ? raw.size() - offset : kBlock;
        const bool is_last = offset + size == raw.size();
        const auto low = static_cast<std::uint8_t>(size), high = static_cast<std::uint8_t>(size >> 8);
        const auto not_low = static_cast<std::uint8_t>(~low), not_high = static_cast<std::uint8_t>(~high);
        out.insert(out.end(), {static_cast<std::uint8_t>(is_last), low, high, not_low, not_high});
        out.insert(out.end(), raw.begin() + static_cast<std::ptrdiff_t>(offset),
                   raw.begin() + static_cast<std::ptrdiff_t>(offset + size));
    }
    append_u32(out, adler32(raw));
    return out;
}

// `pixels` is row-major [height][width] of 3 bytes. False when the file cannot be written.
inline bool write_png(const std::string& path, const Bytes& pixels, std::uint32_t width,
                      std::uint32_t height) {
    Bytes raw;
    for (std::uint32_t row = 0; row < height; ++row) {
        raw.push_back(0);  // no filter
        const auto start = pixels.begin() + static_cast<std::ptrdiff_t>(row) * width * 3;
        raw.insert(raw.end(), start, start + static_cast<std::ptrdiff_t>(width) * 3);
    }
    Bytes file = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    Bytes header;
    append_u32(header, width);
    append_u32(header, height);
    header.insert(header.end(), {8, 2, 0, 0, 0});  // 8 bits, RGB, the only methods there are, not interlaced
    append_chunk(file, "IHDR", header);
    append_chunk(file, "IDAT", stored_zlib(raw));
    append_chunk(file, "IEND", {});
    std::FILE* out = std::fopen(path.c_str(), "wb");
    if (out == nullptr) {
        return false;
    }
    const bool complete = std::fwrite(file.data(), 1, file.size(), out) == file.size();
    return std::fclose(out) == 0 && complete;
}

}  // namespace demo
