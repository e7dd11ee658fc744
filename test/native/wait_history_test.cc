// WaitHistory: only a series of long waits makes the next one be slept through, and one short wait ends that.
#include "wire/wait_history.h"

#include "check.h"

namespace {

using wire::WaitHistory;

constexpr std::int64_t kLong = 1'000'000;  // ns
constexpr std::int64_t kShort = 40'000;

TEST(nothing_is_expected_of_the_first_waits) {
    WaitHistory waits;
    CHECK(!waits.expects_long());
    waits.ended(kLong);
    CHECK(!waits.expects_long());
    waits.ended(kLong);
    CHECK(!waits.expects_long());
    waits.ended(kLong);
    CHECK(waits.expects_long());
    waits.ended(kLong);
    CHECK(waits.expects_long());
}

TEST(a_wait_that_looking_would_have_seen_ends_the_series) {
    for (const std::int64_t ended : {std::int64_t{0}, kShort}) {
        WaitHistory waits;
        for (int count = 0; count < 10; ++count) waits.ended(kLong);
        waits.ended(ended);
        CHECK(!waits.expects_long());
        waits.ended(kLong);
        waits.ended(kLong);
        CHECK(!waits.expects_long());
    }
}

}  // namespace
