// Arena: reservation with fallbacks. Called at cuInit and whenever a granule changes hands.
#include "soft/memory/arena.h"

#include <sys/mman.h>

#include <cstdlib>

#include "soft/memory/bytes_unsafe.h"

namespace soft::driver {
namespace {

// Far from where Linux puts programs, libraries and stacks, outside the address sanitizer's shadow, and above
// the 64 TiB over which V8 scatters its heap; the second is inside what the thread sanitizer allows.
constexpr std::uint64_t kBases[] = {0x4000'0000'0000, 0x7e90'0000'0000};
constexpr std::uint64_t kSizes[] = {std::uint64_t{1} << 40, std::uint64_t{64} << 30, std::uint64_t{8} << 30};

bool parse_window(const char* text, std::uint64_t& base, std::uint64_t& size) {
    char* end = nullptr;
    base = std::strtoull(text, &end, 0);
    if (end == text || *end != ':') return false;
    const char* rest = end + 1;
    size = std::strtoull(rest, &end, 0);
    return end != rest && *end == '\0' && base % kGranule == 0 && size % kGranule == 0 && size != 0;
}

}  // namespace

bool Arena::take(std::uint64_t hint, std::uint64_t size, bool exactly) {
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (exactly ? MAP_FIXED_NOREPLACE : 0);
    const std::uint64_t slack = exactly ? 0 : kGranule;
    void* got = mmap(host_view(hint), size + slack, PROT_NONE, flags, -1, 0);
    if (got == MAP_FAILED) return false;
    // A kernel older than 4.17 ignores NOREPLACE and answers another place.
    if (exactly && address_of(got) != hint) {
        munmap(got, size);
        return false;
    }
    madvise(got, size + slack, MADV_DONTDUMP);
    base_ = (address_of(got) + slack) / kGranule * kGranule;
    size_ = size;
    return true;
}

bool Arena::reserve(const char* request) {
    std::uint64_t base = 0;
    std::uint64_t size = 0;
    if (request != nullptr && parse_window(request, base, size) && take(base, size, true)) return true;
    for (const std::uint64_t wanted : kSizes) {
        if (take(kBases[0], wanted, true) || take(kBases[1], wanted, true)) return true;
    }
    for (const std::uint64_t wanted : kSizes) {
        if (take(0, wanted, false)) return true;
    }
    return false;
}

bool Arena::commit(std::uint64_t lo, std::uint64_t size) const {
    // Long copies and scattered accesses are up to twice as fast with large pages.
    if (size >= kGranule) madvise(host_view(lo), size, MADV_HUGEPAGE);
    return mprotect(host_view(lo), size, PROT_READ | PROT_WRITE) == 0;
}

void Arena::decommit(std::uint64_t lo, std::uint64_t size) const {
    // Anew, not emptied: pages that other processes have, too, must not come back with the addresses.
    constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
    mmap(host_view(lo), size, PROT_NONE, kFlags, -1, 0);
    madvise(host_view(lo), size, MADV_DONTDUMP);
}

}  // namespace soft::driver
