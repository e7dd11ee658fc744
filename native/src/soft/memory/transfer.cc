// Copies and fills.
#include "soft/memory/transfer.h"

#include <algorithm>

#include "soft/memory/bytes_unsafe.h"

namespace soft::driver {
namespace {

template <class T>
void fill_row(std::uint64_t target, T value, std::size_t count) {
    // SAFETY: the API refuses targets that are not aligned to the element.
    T* const first = as_pointer<T*>(host_view(target));
    std::fill_n(first, count, value);
}

}  // namespace

void perform(const Copy& copy) {
    for (std::size_t row = 0; row < copy.rows; ++row) {
        move_exact(host_view(copy.target + row * copy.target_pitch),
                   host_view(copy.source + row * copy.source_pitch), copy.width);
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
