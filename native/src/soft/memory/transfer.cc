// Copies and fills.
#include "soft/memory/transfer.h"

#include <algorithm>

#include "cudart/copy_lines.h"
#include "soft/memory/bytes_unsafe.h"

namespace soft::driver {
namespace {

// Shorter copies are libc's.
constexpr std::size_t kShortestByLines = 4 << 10;
// Half of a core's own cache, and the slices that Ferry cuts longer copies into: of more than that nobody
// finds much in a cache, on this core or another.
constexpr std::size_t kLong = 512 << 10;

copying::WayToOthers way_to_program;

bool overlap(const std::byte* target, const std::byte* source, std::size_t size) {
    return target < source + size && source < target + size;
}

void copy_row(const Copy& copy, std::byte* target, const std::byte* source) {
    const bool by_lines = copy.width >= kShortestByLines && !overlap(target, source, copy.width);
    if (!by_lines) return move_exact(target, source, copy.width);
    if (copy.is_shared && copy.width <= kLong) return way_to_program.copy(target, source, copy.width);
    const bool streams = copy.width >= kLong;
    copying::copy_lines(streams ? copying::Way::streamed : copying::Way::cached, target, source, copy.width);
}

template <class T>
void fill_row(std::uint64_t target, T value, std::size_t count) {
    // SAFETY: the API refuses targets that are not aligned to the element.
    T* const first = as_pointer<T*>(host_view(target));
    std::fill_n(first, count, value);
}

}  // namespace

void perform(const Copy& copy) {
    for (std::size_t slice = 0; slice < copy.slices; ++slice) {
        const std::uint64_t target = copy.target + slice * copy.target_slice;
        const std::uint64_t source = copy.source + slice * copy.source_slice;
        for (std::size_t row = 0; row < copy.rows; ++row) {
            copy_row(copy, host_view(target + row * copy.target_pitch),
                     host_view(source + row * copy.source_pitch));
        }
    }
}

void perform(const Fill& fill) {
    for (std::size_t row = 0; row < fill.rows; ++row) {
        const std::uint64_t target = fill.target + row * fill.pitch;
        if (fill.unit == 1) fill_row(target, static_cast<std::uint8_t>(fill.value), fill.count);
        if (fill.unit == 2) fill_row(target, static_cast<std::uint16_t>(fill.value), fill.count);
        if (fill.unit == 4) fill_row(target, fill.value, fill.count);
    }
}

}  // namespace soft::driver
