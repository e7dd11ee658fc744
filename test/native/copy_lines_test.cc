// Copies by lines, at every alignment, and the choice between their two ways.
#include "cudart/copy_lines.h"

#include <vector>

#include "check.h"

namespace {

using copying::Way;
using copying::WayToOthers;

constexpr std::size_t kMiB = 1 << 20;
constexpr std::int64_t kQuick = 50'000;  // ns for a MiB
constexpr std::int64_t kSlow = 500'000;

std::vector<std::byte> numbered(std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t index = 0; index < size; ++index) bytes[index] = static_cast<std::byte>(index * 7 + 1);
    return bytes;
}

TEST(a_copy_by_lines_writes_its_target_and_nothing_else) {
    const std::vector<std::byte> source = numbered(1024);
    for (const Way way : {Way::cached, Way::streamed}) {
        for (std::size_t skew = 0; skew < 70; ++skew) {
            for (const std::size_t size : {0, 1, 15, 63, 64, 65, 127, 128, 200, 511, 700}) {
                std::vector<std::byte> target(1024, std::byte{0xee});
                const std::size_t from = (skew * 13) % 64;
                copying::copy_lines(way, target.data() + skew, source.data() + from, size);
                std::vector<std::byte> expected(1024, std::byte{0xee});
                std::copy_n(source.begin() + static_cast<std::ptrdiff_t>(from), size,
                            expected.begin() + static_cast<std::ptrdiff_t>(skew));
                CHECK(target == expected);
            }
        }
    }
}

// `copies` of a MiB on a machine where each way takes that long. Answers how many went through the caches.
int run(WayToOthers& ways, int copies, std::int64_t cached_ns, std::int64_t streamed_ns) {
    int cached = 0;
    for (int copy = 0; copy < copies; ++copy) {
        const Way way = ways.next();
        ways.took(way, kMiB, way == Way::cached ? cached_ns : streamed_ns);
        cached += way == Way::cached ? 1 : 0;
    }
    return cached;
}

TEST(cores_that_share_no_cache_are_written_to_past_it) {
    WayToOthers ways;
    CHECK(ways.best() == Way::streamed);
    const int tries = run(ways, 1000, kSlow, kQuick);
    CHECK(ways.best() == Way::streamed);
    CHECK(tries > 0 && tries < 20);
}

TEST(cores_that_share_a_cache_use_it_even_where_that_costs_the_writer_a_little) {
    WayToOthers ways;
    CHECK(run(ways, 1000, kQuick + kQuick / 4, kQuick) > 900);
    CHECK(ways.best() == Way::cached);
}

TEST(the_choice_follows_cores_that_are_moved) {
    WayToOthers ways;
    run(ways, 1000, kQuick, kQuick);
    CHECK(ways.best() == Way::cached);
    CHECK(run(ways, 200, kSlow, kQuick) < 60);
    CHECK(ways.best() == Way::streamed);
    run(ways, 3000, kQuick, kQuick);
    CHECK(ways.best() == Way::cached);
}

TEST(one_copy_that_was_held_up_changes_nothing) {
    WayToOthers ways;
    run(ways, 1000, kQuick, kQuick);
    ways.took(Way::cached, kMiB, 100 * kSlow);
    CHECK(ways.best() == Way::cached);
}

}  // namespace
