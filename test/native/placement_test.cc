// Placement: the engine thread leaves a core that the guest is on, and only where it is sure that it is.
#include "engine/placement.h"

#include <sched.h>

#include <thread>

#include "check.h"

namespace {

using engine::Company;
using engine::Placement;
using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds kToNobody = 400ns;
constexpr std::chrono::nanoseconds kTurn = 4us;

cpu_set_t allowed() {
    cpu_set_t set;
    CPU_ZERO(&set);
    ::sched_getaffinity(0, sizeof set, &set);
    return set;
}

// A guest that is heard again and again, and how often the thread was told to step aside meanwhile.
struct Talk {
    Company company{[] { return true; }};
    Placement::Clock::time_point now{};

    int hear(int times, std::chrono::nanoseconds yield) {
        int moves = 0;
        for (int time = 0; time < times; ++time) {
            now += yield + 5us;
            moves += company.heard_after(yield, now);
        }
        return moves;
    }
};

TEST(a_guest_on_the_same_core_is_noticed_within_a_burst_of_round_trips) {
    Talk talk;
    CHECK_EQUAL(talk.hear(20, kTurn), 1);
    CHECK_EQUAL(talk.hear(1000, kToNobody), 0);
    // The kernel has put them together again.
    CHECK_EQUAL(talk.hear(20, kTurn), 1);
}

TEST(where_no_core_is_free_it_stays) {
    static bool is_free = false;
    Talk talk{Company([] { return is_free; })};
    CHECK_EQUAL(talk.hear(10'000, kTurn), 0);
    is_free = true;
    CHECK(talk.hear(1000, kTurn) >= 1);
}

TEST(now_and_then_a_long_yield_is_no_company) {
    Talk talk;
    for (int trip = 0; trip < 100; ++trip) {
        CHECK_EQUAL(talk.hear(9, kTurn), 0);
        CHECK_EQUAL(talk.hear(1, kToNobody), 0);
    }
    CHECK_EQUAL(talk.hear(1000, 0ns), 0);
}

TEST(where_the_other_core_computes_it_returns_and_tries_more_and_more_rarely) {
    Talk talk;
    int tries = 0;
    const auto seconds = [&](int count) {
        const auto until = talk.now + std::chrono::seconds(count);
        tries = 0;
        while (talk.now < until) {
            if (talk.hear(1, kTurn) == 0) continue;
            ++tries;
            CHECK_EQUAL(talk.hear(1, 3ms), 1);  // a slice of what computes there: back at once
        }
        return tries;
    };
    CHECK(seconds(1) <= 8);
    CHECK(seconds(10) <= 11);
    CHECK(seconds(10) >= 5);
    // It is over, and patience begins anew.
    while (talk.hear(1, kTurn) == 0) {
    }
    CHECK_EQUAL(talk.hear(1000, kToNobody), 0);
    CHECK_EQUAL(talk.hear(20, kTurn), 1);
}

TEST(it_is_not_told_to_return_before_it_may_move_again) {
    Talk talk;
    while (talk.hear(1, kTurn) == 0) {
    }
    const auto left = talk.now;
    while (talk.hear(1, 2 * kTurn) == 0) {
    }
    CHECK(talk.now - left >= 1ms);
    CHECK(talk.now - left < 2ms);
}

TEST(stepping_aside_leaves_the_core_and_gives_up_none) {
    const cpu_set_t before = allowed();
    if (CPU_COUNT(&before) < 2) return;  // nowhere to go
    // In a thread that nobody else's affinity depends on; the kernel may move it at once, hence some tries.
    std::thread([&] {
        bool left = false;
        Placement placement;
        auto now = Placement::Clock::time_point{} + 1h;
        for (int tries = 0; tries < 20 && !left; ++tries, now += 1s) {
            const unsigned core = engine::current_core();
            CHECK(placement.step_aside(now));
            left = engine::current_core() != core;
        }
        CHECK(left);
        const cpu_set_t after = allowed();
        CHECK(CPU_EQUAL(&before, &after));
        CHECK(!placement.step_aside(now - 1s + 10us));
    }).join();
}

TEST(a_thread_with_one_core_stays) {
    std::thread([] {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(engine::current_core() - 1, &one);
        CHECK_EQUAL(::sched_setaffinity(0, sizeof one, &one), 0);
        Placement placement;
        CHECK(!placement.step_aside(Placement::Clock::time_point{} + 1h));
        const cpu_set_t after = allowed();
        CHECK(CPU_EQUAL(&one, &after));
    }).join();
}

}  // namespace
