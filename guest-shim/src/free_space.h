// Free stretches of an address space: best fit, joined again when neighbours meet. Holds no memory itself.
// Used by the device heap; the caller's lock.
#pragma once
#include <cstdint>
#include <iterator>
#include <map>
#include <set>
#include <utility>

namespace guest {

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
    return (value + unit - 1) / unit * unit;
}

class FreeSpace {
public:
    struct Stretch {
        std::uint64_t start;
        std::uint64_t size;  // bytes
    };

    // Returns the stretch that [start, start + size) has become part of. `may_join(seam)` says whether two
    // stretches that meet there are one.
    template <class MayJoin>
    Stretch add(std::uint64_t start, std::uint64_t size, MayJoin&& may_join) {
        auto next = by_start_.lower_bound(start);
        if (next != by_start_.end() && next->first == start + size && may_join(start + size)) {
            size += next->second;
            next = erase(next);
        }
        if (next != by_start_.begin()) {
            const auto before = std::prev(next);
            if (before->first + before->second == start && may_join(start)) {
                start = before->first;
                size += before->second;
                erase(before);
            }
        }
        insert(start, size);
        return {start, size};
    }

    // The start of the smallest stretch that fits, which shrinks from below; 0 when none does.
    std::uint64_t take(std::uint64_t size) {
        const auto fit = by_size_.lower_bound({size, 0});
        if (fit == by_size_.end()) return 0;
        const Stretch found{fit->second, fit->first};
        erase(by_start_.find(found.start));
        if (found.size != size) insert(found.start + size, found.size - size);
        return found.start;
    }

    // Takes away what is free within [start, start + size); stretches do not reach across its ends.
    void remove_within(std::uint64_t start, std::uint64_t size) {
        auto at = by_start_.lower_bound(start);
        while (at != by_start_.end() && at->first < start + size) at = erase(at);
    }

    void clear() {
        by_start_.clear();
        by_size_.clear();
    }

private:
    using Starts = std::map<std::uint64_t, std::uint64_t>;

    void insert(std::uint64_t start, std::uint64_t size) {
        by_start_.emplace(start, size);
        by_size_.emplace(size, start);
    }
    Starts::iterator erase(Starts::iterator at) {
        by_size_.erase({at->second, at->first});
        return by_start_.erase(at);
    }

    Starts by_start_;
    std::set<std::pair<std::uint64_t, std::uint64_t>> by_size_;
};

}  // namespace guest
