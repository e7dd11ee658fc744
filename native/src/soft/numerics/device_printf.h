// Formats what device code prints: vprintf's buffer as nvcc packs it, and __assertfail's message. Called by
// the interpreter's system calls, once per printing lane. Reads device memory only through the given
// callback and never trusts it: a bad pointer gives text, not a fault. Output is bounded.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace soft::numerics {

// Copies `size` bytes at a device address to `target`; false, with nothing promised of `target`, where it
// may not.
using ReadMemory = std::function<bool(std::uint64_t address, void* target, std::size_t size)>;

struct PrintLimits {
    std::size_t output_size = std::size_t{1} << 20;  // bytes of text per call
    std::size_t string_size = std::size_t{1} << 16;  // bytes taken of the format and of each %s
};

struct Printed {
    std::string text;
    int result;  // what the device's vprintf returns: arguments taken, -1 for a null format, -2 for an
                 // unreadable one
};

// `arguments` is the device address of the buffer: in order, each aligned to its size, 4 bytes for int and
// smaller, 8 for long, long long, size_t, double and pointers. The text is glibc's in the C locale. A
// conversion that C does not know, and %n, are printed as they stand and take no argument.
Printed format_device_printf(const ReadMemory& read, std::uint64_t format, std::uint64_t arguments,
                             const PrintLimits& limits = {});

// The characters at a device address up to a NUL, at most `cap`. False when a byte of it cannot be read.
bool read_device_string(const ReadMemory& read, std::uint64_t address, std::size_t cap, std::string& text);

// `file:line: function: block: [x,y,z], thread: [x,y,z] Assertion `message` failed.` and a newline.
std::string format_assert(std::string_view message, std::string_view file, std::uint32_t line,
                          std::string_view function, const std::uint32_t (&block)[3],
                          const std::uint32_t (&thread)[3]);

}  // namespace soft::numerics
