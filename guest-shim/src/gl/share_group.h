// Contexts that share objects: the names of these, and the order between the contexts' lanes. Records of one
// lane are executed in order; a name that one context has made must exist before another's records use it, so
// whoever uses names first looks whether another lane has changed them since (Follower), and lets its own
// lane wait for that one. Thread-safe.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "futex.h"
#include "gl/buffers.h"
#include "gl/name_table.h"
#include "gl/persistent_maps.h"
#include "gl/program_facts.h"
#include "gl/shadow.h"

namespace guest::gl {

class GlLane;

class ShareGroup {
  public:
    explicit ShareGroup(std::uint32_t number) : number_(number) {}

    std::uint32_t number() const { return number_; }
    void join() { contexts_.fetch_add(1, std::memory_order_relaxed); }
    void leave() { contexts_.fetch_sub(1, std::memory_order_relaxed); }

    // Whether other contexts may change what its objects are.
    bool is_shared() const { return contexts_.load(std::memory_order_relaxed) > 1; }

    // Calls use(NameTable&) with the names of that kind locked.
    template <class Use>
    auto with(NameKind kind, Use&& use) {
        Guard guard(mutex_);
        return use(names_[static_cast<std::size_t>(kind)]);
    }

    // The same with what is known of the buffers.
    template <class Use>
    auto with_buffers(Use&& use) {
        Guard guard(mutex_);
        return use(buffers_);
    }

    // The same with what display lists do.
    template <class Use>
    auto with_lists(Use&& use) {
        Guard guard(mutex_);
        return use(lists_);
    }

    // The same with what is known of programs.
    template <class Use>
    auto with_programs(Use&& use) {
        Guard guard(mutex_);
        return use(programs_);
    }

    // Buffers that the program keeps mapped; with locks of their own.
    PersistentMaps& maps() { return maps_; }

    // `lane` has appended a record that makes or ends names.
    void changed(GlLane& lane);
    // Another number whenever names have changed while several contexts live.
    std::uint64_t epoch() const { return epoch_.load(std::memory_order_acquire); }

    struct Change {
        GlLane* lane;
        std::uint64_t position;
    };
    // The last change by each lane.
    std::vector<Change> changes();

  private:
    const std::uint32_t number_;
    Mutex mutex_;
    NameTable names_[kNameKinds];
    Buffers buffers_;
    PersistentMaps maps_;
    ListTable lists_;
    Programs programs_;
    std::vector<Change> changes_;
    std::atomic<std::uint32_t> contexts_{0};
    std::atomic<std::uint64_t> epoch_{0};
};

}  // namespace guest::gl
