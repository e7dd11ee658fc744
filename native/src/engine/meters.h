// Meters: what a session has spent. Counted on the engine thread; published to memory the daemon's side
// reads. The order of `Meter` is the layout of the shared array, which the worker's TypeScript reads by the
// same names.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace engine {

enum class Meter : std::size_t {
    records,
    batches,
    replies,
    bytes_in,
    bytes_out,
    device_bytes,
    launches,
    leases,
    resumes,
    presents,
    gl_switches
};

inline constexpr std::size_t kMeterCount = 11;
inline constexpr std::size_t kMeterSlots = 16;  // the shared array has room for more

class Meters {
public:
    // `shared` may be null; otherwise it has kMeterSlots words and outlives this.
    explicit Meters(std::uint64_t* shared) : shared_(shared) {}

    std::uint64_t& operator[](Meter meter) { return counts_[static_cast<std::size_t>(meter)]; }
    std::uint64_t operator[](Meter meter) const { return counts_[static_cast<std::size_t>(meter)]; }
    // Others count into the same memory from now on: what is published is added to it.
    void join() { joined_ = true; }
    void publish() {
        if (shared_ == nullptr) return;
        // SAFETY: readers want each number whole, not a consistent set, and order nothing by them.
        for (std::size_t index = 0; index < kMeterCount; ++index) {
            std::atomic_ref<std::uint64_t> word(shared_[index]);
            if (!joined_) {
                word.store(counts_[index], std::memory_order_relaxed);
            } else if (counts_[index] != published_[index]) {
                word.fetch_add(counts_[index] - published_[index], std::memory_order_relaxed);
            }
            published_[index] = counts_[index];
        }
    }

private:
    std::array<std::uint64_t, kMeterCount> counts_{};
    std::array<std::uint64_t, kMeterCount> published_{};
    std::uint64_t* shared_;
    bool joined_ = false;
};

}  // namespace engine
