// PoolFile: a sparse file that grows by granules.
#include "soft/api/pool_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "soft/memory/arena.h"

namespace soft::driver {
namespace {

constexpr std::uint64_t kMark = 0x4665'7272'7950'6f6fULL;

struct Head {
    std::uint64_t mark = 0;
    std::uint64_t device_number = 0;
};

constexpr std::uint64_t whole(std::uint64_t size) { return (size + kGranule - 1) / kGranule * kGranule; }

}  // namespace

std::unique_ptr<PoolFile> PoolFile::create(unsigned device_number) {
    const int file = memfd_create("ferry-soft-pool", MFD_CLOEXEC);
    if (file < 0) return nullptr;
    const Head head{kMark, device_number};
    struct stat facts {};
    const bool good = pwrite(file, &head, sizeof head, 0) == sizeof head && ftruncate(file, kGranule) == 0 &&
                      fstat(file, &facts) == 0;
    if (!good) {
        close(file);
        return nullptr;
    }
    auto made = std::unique_ptr<PoolFile>(new PoolFile(file, facts.st_ino, device_number, false));
    made->size_ = kGranule;
    return made;
}

std::unique_ptr<PoolFile> PoolFile::adopt(int descriptor) {
    struct stat facts {};
    Head head;
    if (fstat(descriptor, &facts) != 0 || !S_ISREG(facts.st_mode)) return nullptr;
    if (pread(descriptor, &head, sizeof head, 0) != sizeof head || head.mark != kMark) return nullptr;
    const int own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (own < 0) return nullptr;
    const auto number = static_cast<unsigned>(head.device_number);
    return std::unique_ptr<PoolFile>(new PoolFile(own, facts.st_ino, number, true));
}

PoolFile::~PoolFile() { close(descriptor_); }

bool PoolFile::reaches(std::uint64_t offset, std::uint64_t size) const {
    struct stat facts {};
    if (size == 0 || fstat(descriptor_, &facts) != 0) return false;
    const auto end = static_cast<std::uint64_t>(facts.st_size);
    return offset <= end && size <= end - offset;
}

std::uint64_t PoolFile::take(std::uint64_t size) {
    if (const auto found = free_.take(whole(size))) return *found;
    const std::uint64_t offset = size_;
    if (ftruncate(descriptor_, static_cast<off_t>(offset + whole(size))) != 0) return 0;
    size_ += whole(size);
    return offset;
}

void PoolFile::give(std::uint64_t offset, std::uint64_t size) {
    constexpr int kMode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    (void)fallocate(descriptor_, kMode, static_cast<off_t>(offset), static_cast<off_t>(whole(size)));
    free_.add(offset, whole(size));
}

}  // namespace soft::driver
