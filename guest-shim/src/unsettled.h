// Copies by reference that are not known to be over: the device reads or writes memory of the arena for them
// whenever their turn comes, and no reply tells. What is known is kept by stream: a successful wait for a
// stream or a context ends all that was noted before the wait was sent. Used where CUDA's frees wait.
// Thread-safe.
#pragma once
#include <atomic>
#include <cstdint>
#include <vector>

#include "futex.h"
#include "wire/handle.h"

namespace guest {

struct Context;

// A stream as a record names it: the per-thread default stream is another one for each thread.
struct StreamName {
    const Context* context = nullptr;
    wire::Handle stream;
    std::uint32_t thread = 0;

    static StreamName of(const Context* context, wire::Handle stream, std::uint32_t thread) {
        if (stream.value == wire::kStreamLegacy) stream.value = wire::kStreamDefault;
        return {context, stream, stream.value == wire::kStreamPerThread ? thread : 0};
    }
    bool operator==(const StreamName& other) const {
        return context == other.context && stream.value == other.stream.value && thread == other.thread;
    }
};

class Unsettled {
public:
    // A copy has been sent. After sending: whoever takes a mark() in between does not claim to have waited
    // for it. `lands`: the device writes to the arena.
    void note(const StreamName& stream, bool lands);
    // Take one before sending a wait, and give it back when the wait has succeeded.
    std::uint64_t mark() const { return last_.load(std::memory_order_acquire); }
    void stream_over(const StreamName& stream, std::uint64_t mark);
    void context_over(const Context* context, std::uint64_t mark);
    // `context` is no more, nor is its work.
    void context_gone(const Context* context) { context_over(context, UINT64_MAX); }

    bool any() const { return count_.load(std::memory_order_acquire) != 0; }
    bool any_landing() const { return landings_.load(std::memory_order_acquire) != 0; }
    std::vector<const Context*> contexts() const;

private:
    struct Entry {
        StreamName name;
        std::uint64_t last;     // number of the latest copy
        std::uint64_t landing;  // of the latest that lands; 0: none
    };
    // Streams kept apart; beyond that only a wait for the context ends anything.
    static constexpr std::size_t kStreams = 64;

    void end(Entry& entry, std::uint64_t mark);
    void sweep();

    mutable Mutex mutex_;
    std::vector<Entry> entries_;
    std::atomic<std::uint64_t> last_{0};
    std::atomic<std::uint32_t> count_{0};
    std::atomic<std::uint32_t> landings_{0};
};

}  // namespace guest
