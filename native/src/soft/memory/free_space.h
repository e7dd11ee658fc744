// Free stretches of an address space: best fit, joined again when neighbours meet.
// Used for granules, for small blocks inside granules and for the device's malloc heap. Holds no memory
// itself.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace soft::driver {

class FreeSpace {
  public:
    struct Stretch {
        std::uint64_t lo;
        std::uint64_t size;
    };

    // Stretches never join across a multiple of `fence` (0: they always may).
    explicit FreeSpace(std::uint64_t fence = 0) : fence_(fence) {}

    // Returns the stretch that [lo, lo + size) has become part of.
    Stretch add(std::uint64_t lo, std::uint64_t size) {
        auto next = by_address_.lower_bound(lo);
        if (next != by_address_.end() && next->first == lo + size && may_join(lo + size)) {
            size += next->second;
            next = erase(next);
        }
        if (next != by_address_.begin() && may_join(lo)) {
            const auto before = std::prev(next);
            if (before->first + before->second == lo) {
                lo = before->first;
                size += before->second;
                erase(before);
            }
        }
        insert(lo, size);
        return {lo, size};
    }

    // The lowest address of the smallest stretch that fits, which shrinks from below.
    std::optional<std::uint64_t> take(std::uint64_t size) {
        const auto fit = by_size_.lower_bound({size, 0});
        if (fit == by_size_.end()) return std::nullopt;
        const Stretch found{fit->second, fit->first};
        erase(by_address_.find(found.lo));
        if (found.size != size) insert(found.lo + size, found.size - size);
        return found.lo;
    }

    // Takes away a stretch that add() has just reported.
    void remove(Stretch stretch) { erase(by_address_.find(stretch.lo)); }

    void clear() {
        by_address_.clear();
        by_size_.clear();
    }

  private:
    using Addresses = std::map<std::uint64_t, std::uint64_t>;

    bool may_join(std::uint64_t seam) const { return fence_ == 0 || seam % fence_ != 0; }
    void insert(std::uint64_t lo, std::uint64_t size) {
        by_address_.emplace(lo, size);
        by_size_.emplace(size, lo);
    }
    Addresses::iterator erase(Addresses::iterator at) {
        by_size_.erase({at->second, at->first});
        return by_address_.erase(at);
    }

    std::uint64_t fence_;
    Addresses by_address_;
    std::set<std::pair<std::uint64_t, std::uint64_t>> by_size_;
};

}  // namespace soft::driver
