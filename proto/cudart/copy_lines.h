// Copies of bytes that another core reads next, for both ends of a shared slice, and for long copies. libc's
// memcpy is not it: with `rep movsb` it drops to a third where source and target lie alike within their pages
// (Zen 4, 7 against 23 GB/s), which program and slice often do.
#pragma once
#include <emmintrin.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace copying {

// Through the caches, or past them. Which of them is quicker for bytes that another core takes over is the
// machine's: cores that share a cache take them out of it twice as fast as from memory, cores that share none
// five times slower. A virtual machine's cores are moved between the two at any time.
enum class Way : std::uint8_t { cached, streamed };

// One whole line from anywhere to a target of its own alignment.
template <Way kWay>
inline void copy_line(std::byte* target, const std::byte* source) {
    // SAFETY: 64 bytes lie in both ranges; loads take any alignment.
    const auto* from = reinterpret_cast<const __m128i*>(source);
    auto* to = reinterpret_cast<__m128i*>(target);
    // Each by name: an array of them goes by way of the stack.
    const __m128i first = _mm_loadu_si128(from);
    const __m128i second = _mm_loadu_si128(from + 1);
    const __m128i third = _mm_loadu_si128(from + 2);
    const __m128i fourth = _mm_loadu_si128(from + 3);
    if constexpr (kWay == Way::streamed) {
        _mm_stream_si128(to, first);
        _mm_stream_si128(to + 1, second);
        _mm_stream_si128(to + 2, third);
        _mm_stream_si128(to + 3, fourth);
    } else {
        _mm_store_si128(to, first);
        _mm_store_si128(to + 1, second);
        _mm_store_si128(to + 2, third);
        _mm_store_si128(to + 3, fourth);
    }
}

template <Way kWay>
inline void copy_lines_by(std::byte* target, const std::byte* source, std::size_t size) {
    constexpr std::size_t kLine = 64;
    // SAFETY: only the number of the address is looked at.
    const std::size_t ahead = std::min<std::size_t>(-reinterpret_cast<std::uintptr_t>(target) % kLine, size);
    if (ahead != 0) std::memcpy(target, source, ahead);
    std::size_t at = ahead;
    for (; at + kLine <= size; at += kLine) copy_line<kWay>(target + at, source + at);
    if (at != size) std::memcpy(target + at, source + at, size - at);
    if constexpr (kWay == Way::streamed) _mm_sfence();
}

// Ranges that do not overlap. The bytes are visible to whoever sees what is published afterwards.
inline void copy_lines(Way way, std::byte* target, const std::byte* source, std::size_t size) {
    if (way == Way::streamed) {
        copy_lines_by<Way::streamed>(target, source, size);
    } else {
        copy_lines_by<Way::cached>(target, source, size);
    }
}

// Which way bytes go to another core, from what the writer sees: through the caches costs it ten times as
// much when every line has to be fetched back from a cache that the cores do not share, and about the same
// when they do share one, and then the reader is the quicker for it. Now and then the other way is tried; the
// longer one of them stays the better, the more seldom. Any thread; samples that get lost do no harm.
class WayToOthers {
public:
    Way best() const {
        const std::int64_t streamed = cost_ns_[1].load(kRelaxed);
        return cost_ns_[0].load(kRelaxed) < streamed + streamed / 2 ? Way::cached : Way::streamed;
    }

    // Copies, and measures when `size` is long enough to be worth it.
    void copy(std::byte* target, const std::byte* source, std::size_t size) {
        if (size < kMeasured) return copy_lines(best(), target, source, size);
        const Way way = next();
        const auto began = std::chrono::steady_clock::now();
        copy_lines(way, target, source, size);
        took(way, size, (std::chrono::steady_clock::now() - began) / std::chrono::nanoseconds(1));
    }

    // The way of a copy that is measured.
    Way next() {
        const Way way = best();
        if (until_other_.fetch_sub(1, kRelaxed) != 1) return way;
        const std::uint32_t interval = std::min(interval_.load(kRelaxed) * 2, kLongest);
        interval_.store(interval, kRelaxed);
        until_other_.store(interval, kRelaxed);
        return way == Way::streamed ? Way::cached : Way::streamed;
    }

    void took(Way way, std::size_t size, std::int64_t ns) {
        const Way before = best();
        std::atomic<std::int64_t>& cost = cost_ns_[way == Way::streamed ? 1 : 0];
        const std::int64_t sample = ns * kUnit / static_cast<std::int64_t>(size);
        const std::int64_t known = cost.load(kRelaxed);
        // The best of late, which fades: a copy may have been slow for reasons of its own.
        cost.store(std::min(sample, known + known / 8 + 1), kRelaxed);
        if (best() == before) return;
        interval_.store(kShortest, kRelaxed);
        until_other_.store(kShortest, kRelaxed);
    }

private:
    static constexpr auto kRelaxed = std::memory_order_relaxed;
    static constexpr std::size_t kMeasured = 32 << 10;
    static constexpr std::int64_t kUnit = 1 << 20;  // costs are of a MiB
    static constexpr std::uint32_t kShortest = 16;
    static constexpr std::uint32_t kLongest = 1024;

    // Past the caches until something has been measured: where that is the worse way, it is less so.
    std::atomic<std::int64_t> cost_ns_[2] = {1 << 30, 1};
    std::atomic<std::uint32_t> interval_{kShortest};
    std::atomic<std::uint32_t> until_other_{8};
};

}  // namespace copying
