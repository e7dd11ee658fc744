// Copies and fills.
#include "soft/memory/transfer.h"

#include <algorithm>

#include "soft/memory/bytes_unsafe.h"

namespace soft::driver {
namespace {

// Shorter copies are not worth it; of longer ones most has left this core's cache by itself.
constexpr std::size_t kShortestStream = 4 << 10;
constexpr std::size_t kLongestStream = 1 << 20;

template <class T>
void fill_row(std::uint64_t target, T value, std::size_t count) {
    // SAFETY: the API refuses targets that are not aligned to the element.
    T* const first = as_pointer<T*>(host_view(target));
    std::fill_n(first, count, value);
}

}  // namespace

void perform(const Copy& copy) {
    const bool streams = copy.is_shared && copy.width >= kShortestStream && copy.width <= kLongestStream;
    for (std::size_t row = 0; row < copy.rows; ++row) {
        std::byte* target = host_view(copy.target + row * copy.target_pitch);
        const std::byte* source = host_view(copy.source + row * copy.source_pitch);
        if (streams) {
            stream_exact(target, source, copy.width);
        } else {
            move_exact(target, source, copy.width);
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
