// See window.h.
#include "window.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace guest {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
// Far from where the kernel puts programs, libraries and stacks, outside the shadow of AddressSanitizer, and
// above the 64 TiB over which V8 scatters the heap of the worker that has to map the same addresses.
constexpr std::uint64_t kBases[] = {0x4000'0000'0000, 0x4800'0000'0000, 0x2000'0000'0000};
// `ulimit -v` and ThreadSanitizer refuse large reservations. Sixteenths of these are multiples of 2 MiB.
constexpr std::uint64_t kSizes[] = {1024 * kGiB, 64 * kGiB, 8 * kGiB};
// Of the lanes of OpenGL, beyond all of those.
constexpr std::uint64_t kLaneBase = 0x5000'0000'0000;
constexpr std::uint64_t kLaneStep = 64 * kGiB;
constexpr std::uint64_t kLaneSizes[] = {4 * kGiB, kGiB, kGiB / 4};
constexpr std::uint64_t kLanePlaces = 1024;

bool reserve(std::uint64_t base, std::uint64_t size) {
    // Past libc: a sanitizer's mmap ends the process when it is asked for addresses it wants for itself.
    const long got = syscall(SYS_mmap, base, size, PROT_NONE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (got == static_cast<long>(base)) return true;
    // A kernel older than the flag took the address as a hint.
    if (got != -1) syscall(SYS_munmap, got, size);
    return false;
}

}  // namespace

AddressWindow reserve_window() {
    for (const std::uint64_t size : kSizes) {
        for (const std::uint64_t base : kBases) {
            if (!reserve(base, size)) continue;
            const std::uint64_t arena = size / 16;
            return {base, size - arena, base + size - arena, arena};
        }
    }
    return {};
}

AddressWindow reserve_arena(std::uint32_t number) {
    const std::uint64_t base = kLaneBase + number % kLanePlaces * kLaneStep;
    for (const std::uint64_t size : kLaneSizes) {
        if (reserve(base, size)) return {0, 0, base, size};
    }
    return {};
}

void adopt_window(AddressWindow& window, std::uint64_t base, std::uint64_t size) {
    if (window.base == base && window.size == size) return;
    if (window.size != 0) syscall(SYS_munmap, window.base, window.size);
    window.base = window.size = 0;
    if (size == 0 || base + size <= base || !reserve(base, size)) return;
    window.base = base;
    window.size = size;
}

void trim_arena(AddressWindow& window, std::uint64_t kept) {
    if (window.arena_size > kept) syscall(SYS_munmap, window.arena_base + kept, window.arena_size - kept);
    window.arena_size = kept;
}

}  // namespace guest
