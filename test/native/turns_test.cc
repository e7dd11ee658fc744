// Turns: leases that begin, end, and cross each other on their way.
#include "engine/turns.h"

#include "check.h"

namespace {

using engine::Turns;
const Turns::Clock::time_point kNow{};
const Turns::Clock::time_point kLate = kNow + engine::kDrainBound;

TEST(work_is_asked_for_once_and_runs_within_the_lease) {
    Turns turns;
    CHECK(turns.want());
    CHECK(!turns.want());
    CHECK(!turns.held());
    CHECK(turns.grant());
    CHECK(turns.held());
    CHECK(!turns.revoke(kNow));
    CHECK(!turns.held());
    CHECK_EQUAL(turns.drained(false, kNow), 0u);
    CHECK_EQUAL(turns.drained(true, kNow), 1u);
    CHECK(turns.want());
}

TEST(a_drain_ends_when_time_is_up) {
    Turns turns;
    CHECK(turns.grant());
    CHECK(!turns.revoke(kNow));
    CHECK_EQUAL(turns.drained(false, kLate), 1u);
    CHECK_EQUAL(turns.drained(false, kLate), 0u);
}

TEST(a_grant_while_draining_is_the_next_lease) {
    Turns turns;
    CHECK(turns.grant());
    CHECK(!turns.revoke(kNow));
    CHECK(!turns.grant());  // not yet
    CHECK(!turns.held());
    CHECK_EQUAL(turns.drained(true, kNow), 1u);
    CHECK(turns.held());
    CHECK(!turns.want());  // it has what it would ask for
}

TEST(a_lease_that_is_revoked_before_it_begins_is_answered_too) {
    Turns turns;
    CHECK(turns.grant());
    CHECK(!turns.revoke(kNow));
    CHECK(!turns.grant());
    CHECK(!turns.revoke(kNow));
    CHECK_EQUAL(turns.drained(true, kNow), 2u);
    CHECK(!turns.held());
    CHECK(turns.revoke(kNow));  // nothing is held: at once
}

}  // namespace
