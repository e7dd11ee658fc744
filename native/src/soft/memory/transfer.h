// What a copy or a fill does once its turn has come: plain loops over memory that the caller has checked.
// Made by api/, run by stream/ on whatever thread executes the command.
#pragma once
#include <cstddef>
#include <cstdint>

namespace soft::driver {

// Row-major [slices][rows][width bytes], rows `pitch` and slices `slice` bytes apart on each side; a linear
// copy has one row.
struct Copy {
    std::uint64_t target = 0;
    std::uint64_t source = 0;
    std::size_t width = 0;
    std::size_t rows = 1;
    std::size_t target_pitch = 0;
    std::size_t source_pitch = 0;
    std::size_t slices = 1;
    std::size_t target_slice = 0;
    std::size_t source_slice = 0;
    bool is_shared = false;  // other cores read the target next
};

// Row-major [rows][count elements of `unit` bytes], rows `pitch` bytes apart.
struct Fill {
    std::uint64_t target = 0;
    std::uint32_t value = 0;
    std::size_t unit = 1;  // 1, 2 or 4 bytes
    std::size_t count = 0;
    std::size_t rows = 1;
    std::size_t pitch = 0;
};

void perform(const Copy& copy);
void perform(const Fill& fill);

}  // namespace soft::driver
