// Pace: looks become rare in a burst, and are at once for what comes alone or is waited for.
#include "engine/pace.h"

#include "check.h"

namespace {

using engine::Pace;

constexpr std::size_t kLaunch = 112;  // bytes
constexpr std::size_t kDense = 20;    // bytes that a burst brings per pause

// `looks` of them, each after its rest, while a program does nothing but call.
void burst(Pace& pace, int looks) {
    for (int look = 0; look < looks; ++look) pace.found(kLaunch + pace.pauses() * kDense, false);
}

TEST(a_burst_is_left_alone_longer_and_longer_but_not_for_ever) {
    Pace pace;
    CHECK_EQUAL(pace.pauses(), 0u);
    burst(pace, 1);
    const unsigned first = pace.pauses();
    CHECK(first > 0 && first < 32);
    burst(pace, 3);
    CHECK(pace.pauses() > 4 * first);
    burst(pace, 100);
    const unsigned longest = pace.pauses();
    burst(pace, 1);
    CHECK_EQUAL(pace.pauses(), longest);
    CHECK(longest <= 2048);
}

TEST(a_look_that_finds_plenty_is_rare_enough) {
    Pace pace;
    burst(pace, 2);
    const unsigned before = pace.pauses();
    pace.found(64 << 10, false);
    CHECK_EQUAL(pace.pauses(), before);
}

TEST(records_that_come_one_by_one_are_looked_for_without_a_long_rest) {
    Pace pace;
    burst(pace, 100);
    for (int look = 0; look < 20; ++look) pace.found(kLaunch, false);
    CHECK(pace.pauses() < 64);
}

TEST(what_somebody_waits_for_ends_all_patience) {
    Pace pace;
    burst(pace, 100);
    pace.found(kLaunch, true);
    CHECK_EQUAL(pace.pauses(), 0u);
}

}  // namespace
