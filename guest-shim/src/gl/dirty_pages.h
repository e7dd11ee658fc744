// Pages of a piece of memory that have been written since they were last asked for: by the program itself or
// by the system on its behalf, without a signal and without a fault that anybody sees. Where the system does
// not tell (Linux before 6.7), every page counts as written. Any thread, one at a time.
#pragma once
#include <cstddef>
#include <functional>

namespace guest::gl {

class DirtyPages {
  public:
    static constexpr std::size_t kPage = 4096;

    // `memory` begins with a page, and lives longer than this.
    void watch(std::byte* memory, std::size_t size);
    // Calls use(begin, end) for each stretch of pages, in bytes from the beginning; they count as clean from
    // then on. The first time all of them are.
    void take(const std::function<void(std::size_t, std::size_t)>& use);
    // Whether the system tells.
    bool is_told() const { return is_told_; }

  private:
    std::byte* memory_ = nullptr;
    std::size_t size_ = 0;
    bool is_told_ = false;
};

}  // namespace guest::gl
