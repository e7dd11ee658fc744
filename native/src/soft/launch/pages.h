// A growable run of anonymous pages, committed as they are touched. Backs register files, shared and local
// memory.
#pragma once
#include <cstddef>

namespace soft {

class Pages {
  public:
    Pages() = default;
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;
    ~Pages();

    // Makes at least `size` bytes available; what was there may be lost. False when the system refuses.
    [[nodiscard]] bool reserve(std::size_t size);
    std::byte* data() const { return data_; }
    std::size_t size() const { return size_; }

  private:
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace soft
