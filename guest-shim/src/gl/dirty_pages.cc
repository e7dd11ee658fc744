// See dirty_pages.h. The kernel's asynchronous write protection: a first write only clears a bit of the page,
// and one ioctl reads and sets the bits of a range. The numbers are the kernel's (linux/userfaultfd.h,
// linux/fs.h of 6.7), which older headers do not have.
#include "gl/dirty_pages.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace guest::gl {
namespace {

constexpr int kUserModeOnly = 1;                       // UFFD_USER_MODE_ONLY
constexpr std::uint64_t kWpUnpopulated = 1ULL << 13;   // UFFD_FEATURE_WP_UNPOPULATED
constexpr std::uint64_t kWpAsync = 1ULL << 15;         // UFFD_FEATURE_WP_ASYNC
constexpr std::uint64_t kIsWritten = 1 << 1;           // PAGE_IS_WRITTEN
constexpr std::uint64_t kProtect = 1 << 0;             // PM_SCAN_WP_MATCHING
constexpr std::uint64_t kOnlyWhereProtected = 1 << 1;  // PM_SCAN_CHECK_WPASYNC

struct Region {
    std::uint64_t start;
    std::uint64_t end;
    std::uint64_t categories;
};

struct Scan {
    std::uint64_t size = sizeof(Scan);
    std::uint64_t flags = 0;
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    std::uint64_t walk_end = 0;
    std::uint64_t vec = 0;
    std::uint64_t vec_len = 0;
    std::uint64_t max_pages = 0;
    std::uint64_t category_inverted = 0;
    std::uint64_t category_mask = 0;
    std::uint64_t category_anyof_mask = 0;
    std::uint64_t return_mask = 0;
};

constexpr unsigned long kPagemapScan = _IOWR('f', 16, Scan);

// The process's own; -1 where the system has none. A program that closes descriptors it does not know takes
// them away: then the scan fails, and all pages count as written.
struct Watch {
    int faults = -1;
    int pagemap = -1;
};

Watch open_watch() {
    Watch watch;
    watch.faults = static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | kUserModeOnly));
    if (watch.faults < 0) return watch;
    uffdio_api api{};
    api.api = UFFD_API;
    api.features = kWpAsync | kWpUnpopulated;
    if (ioctl(watch.faults, UFFDIO_API, &api) == 0)
        watch.pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (watch.pagemap < 0) close(watch.faults);
    return watch;
}

const Watch& the_watch() {
    static const Watch watch = open_watch();
    return watch;
}

std::uint64_t address_of(const void* memory) {
    // SAFETY: the kernel takes addresses as numbers.
    return reinterpret_cast<std::uint64_t>(memory);
}

}  // namespace

void DirtyPages::watch(std::byte* memory, std::size_t size) {
    memory_ = memory;
    size_ = size;
    if (the_watch().pagemap < 0) return;
    uffdio_register range{};
    range.range = {address_of(memory), (size + kPage - 1) / kPage * kPage};
    range.mode = UFFDIO_REGISTER_MODE_WP;
    is_told_ = ioctl(the_watch().faults, UFFDIO_REGISTER, &range) == 0;
}

void DirtyPages::take(const std::function<void(std::size_t, std::size_t)>& use) {
    std::array<Region, 32> found;
    const std::uint64_t base = address_of(memory_);
    Scan scan;
    scan.flags = kProtect | kOnlyWhereProtected;
    scan.start = base;
    scan.end = base + (size_ + kPage - 1) / kPage * kPage;
    scan.vec = address_of(found.data());
    scan.vec_len = found.size();
    scan.category_mask = scan.return_mask = kIsWritten;
    while (is_told_ && scan.start < scan.end) {
        const int count = ioctl(the_watch().pagemap, kPagemapScan, &scan);
        if (count < 0 || scan.walk_end <= scan.start) is_told_ = false;
        for (int at = 0; at < count; ++at) {
            const Region& region = found[static_cast<std::size_t>(at)];
            use(region.start - base, std::min<std::size_t>(region.end - base, size_));
        }
        scan.start = scan.walk_end;
    }
    if (!is_told_) use(0, size_);
}

}  // namespace guest::gl
