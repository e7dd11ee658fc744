// See window.h.
#include "window.h"

#include <sys/mman.h>

namespace guest {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
// Far from where the kernel puts programs, libraries and stacks, and outside the shadow of AddressSanitizer.
constexpr std::uint64_t kBases[] = {0x2000'0000'0000, 0x3000'0000'0000, 0x1800'0000'0000};
// `ulimit -v` and ThreadSanitizer refuse large reservations.
constexpr std::uint64_t kSizes[] = {1024 * kGiB, 64 * kGiB, 8 * kGiB};

bool reserve(std::uint64_t base, std::uint64_t size) {
    // SAFETY: no memory is touched; MAP_FIXED_NOREPLACE never takes what is in use.
    void* wanted = reinterpret_cast<void*>(base);
    void* got = mmap(wanted, size, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (got == wanted) return true;
    if (got != MAP_FAILED) munmap(got, size);  // a kernel older than the flag took it as a hint
    return false;
}

}  // namespace

Window reserve_window() {
    for (const std::uint64_t size : kSizes) {
        for (const std::uint64_t base : kBases) {
            if (reserve(base, size)) return {base, size};
        }
    }
    return {};
}

void adopt_window(Window& window, std::uint64_t base, std::uint64_t size) {
    if (window.base == base && window.size == size) return;
    // SAFETY: gives back exactly what reserve() took.
    if (window.size != 0) munmap(reinterpret_cast<void*>(window.base), window.size);
    window = {};
    if (size != 0 && base + size > base && reserve(base, size)) window = {base, size};
}

}  // namespace guest
