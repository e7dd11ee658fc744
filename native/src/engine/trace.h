// The engine's half of `ferry trace`: a ring of spans in memory that the worker's JavaScript made and reads.
// Written on the engine thread only. Without memory it is off, and a span costs one branch.
//
//   0 u64 events written since the beginning   64 the events, event n at (n modulo their count)
#pragma once
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "wire/trace.h"

namespace engine {

inline constexpr std::size_t kTraceHead = 64;

class Trace {
public:
    Trace() = default;
    // `memory` outlives this; empty: off. It starts at a multiple of 8.
    explicit Trace(std::span<std::byte> memory) {
        if (memory.size() < kTraceHead + sizeof(wire::TraceEvent)) return;
        // SAFETY: eight aligned bytes of zeros are a counter that stands at 0.
        written_ = reinterpret_cast<std::uint64_t*>(memory.data());
        events_ = memory.data() + kTraceHead;
        count_ = (memory.size() - kTraceHead) / sizeof(wire::TraceEvent);
    }

    bool on() const { return written_ != nullptr; }
    // The time, or 0 when nobody wants it.
    std::int64_t now() const {
        if (!on()) [[likely]]
            return 0;
        return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
    }
    // From `begin_ns`, which now() has given, until now.
    void add(std::int64_t begin_ns, wire::TraceKind kind, std::uint16_t call, std::uint32_t thread,
             std::uint64_t amount = 0) {
        if (begin_ns == 0) [[likely]]
            return;
        const wire::TraceEvent event{begin_ns, now(), kind, call, thread, amount};
        std::memcpy(events_ + number_ % count_ * sizeof event, &event, sizeof event);
        ++number_;
        // SAFETY: the reader takes what lies below the counter and looks at it again afterwards: what has
        // been overwritten meanwhile it counts as lost.
        std::atomic_ref<std::uint64_t>(*written_).store(number_, std::memory_order_release);
    }

private:
    std::uint64_t* written_ = nullptr;
    std::byte* events_ = nullptr;
    std::size_t count_ = 0;
    std::uint64_t number_ = 0;
};

}  // namespace engine
