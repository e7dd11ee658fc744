// What the program has said about ranges of managed memory, page by page. Owned by the Device, written and
// read by entry_managed.cc. Nothing follows from it but answers: host and device share their memory here.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <set>

namespace soft::driver {

inline constexpr int kHostPlace = -1;     // CU_DEVICE_CPU
inline constexpr int kNoPlace = -2;       // CU_DEVICE_INVALID
inline constexpr std::uint64_t kPageSize = 4096;

// A place is a device's ordinal, kHostPlace or kNoPlace.
struct Advice {
    bool read_mostly = false;
    int preferred = kNoPlace;
    int prefetched = kNoPlace;
    std::set<int> accessed_by;
    bool operator==(const Advice&) const = default;
};

class AdviceMap {
  public:
    // Runs `change(Advice&)` for every stretch of the pages that [lo, hi) touches.
    template <class Change>
    void change(std::uint64_t lo, std::uint64_t hi, Change&& change) {
        const std::lock_guard lock(mutex_);
        const std::uint64_t first = lo / kPageSize * kPageSize;
        const std::uint64_t last = (hi + kPageSize - 1) / kPageSize * kPageSize;
        split(first);
        split(last);
        for (auto at = starts_.find(first); at != starts_.end() && at->first < last; ++at) change(at->second);
    }

    // Runs `visit(const Advice&)` for every stretch that [lo, hi) touches.
    template <class Visit>
    void visit(std::uint64_t lo, std::uint64_t hi, Visit&& visit) const {
        const std::lock_guard lock(mutex_);
        auto at = std::prev(starts_.upper_bound(lo));
        for (; at != starts_.end() && at->first < hi; ++at) visit(at->second);
    }

    // The memory is free: what was said about it does not hold for what comes there next.
    void forget(std::uint64_t lo, std::uint64_t hi) {
        change(lo, hi, [](Advice& advice) { advice = Advice{}; });
    }

  private:
    // Lets a stretch begin at `at`, with what held there.
    void split(std::uint64_t at) {
        const auto before = std::prev(starts_.upper_bound(at));
        if (before->first != at) starts_.emplace_hint(std::next(before), at, before->second);
    }

    mutable std::mutex mutex_;
    std::map<std::uint64_t, Advice> starts_{{0, Advice{}}};  // each holds up to the next
};

}  // namespace soft::driver
