// Anonymous pages. See pages.h.
#include "soft/launch/pages.h"

#include <sys/mman.h>

namespace soft {

Pages::~Pages() {
    if (data_ != nullptr) munmap(data_, size_);
}

bool Pages::reserve(std::size_t size) {
    if (size <= size_) return true;
    const std::size_t rounded = (size + 65535) / 65536 * 65536;
    void* mapped =
        mmap(nullptr, rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) return false;
    if (data_ != nullptr) munmap(data_, size_);
    data_ = static_cast<std::byte*>(mapped);
    size_ = rounded;
    return true;
}

}  // namespace soft
