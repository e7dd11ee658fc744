// Waiter threads: who hears of what they have waited for, and which of them waits next.
#include "engine/waiters.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "check.h"
#include "device/driver.h"
#include "engine/limits.h"

namespace {

using namespace std::chrono_literals;
using engine::Awaited;

// Synchronising takes until it is allowed to end, and notes who did it.
std::atomic<int> allowed{0};
std::atomic<int> begun{0};
std::atomic<std::thread::id> last_thread;

abi::CUresult synchronise_when_allowed(abi::CUstream) {
    last_thread = std::this_thread::get_id();
    const int number = ++begun;
    while (allowed.load() < number) std::this_thread::sleep_for(1ms);
    return abi::CUDA_SUCCESS;
}

bool until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (!done()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

struct Waiting final : engine::Deputy {
    explicit Waiting(std::function<bool(Waiting&)> in_its_stead) : act(std::move(in_its_stead)) {
        allowed = 0;
        begun = 0;
        table.cuStreamSynchronize = synchronise_when_allowed;
        poke.set_deputy(*this);
    }
    ~Waiting() { allowed = 1000; }
    bool stand_in() override { return act(*this); }
    std::size_t collected() {
        waiters.collect(outcomes);
        return outcomes.size();
    }

    static inline const Awaited stream{Awaited::Kind::stream, nullptr, nullptr};
    device::DriverTable table = device::null_driver({});
    engine::Poke poke;
    std::function<bool(Waiting&)> act;
    std::vector<engine::Waiters::Outcome> outcomes;
    engine::Waiters waiters{table, poke};
};

TEST(where_nobody_can_stand_in_the_engine_is_poked) {
    Waiting waiting([](Waiting&) { return false; });
    CHECK(waiting.waiters.start(1, Waiting::stream, true));
    CHECK(!waiting.poke.poked());
    allowed = 1;
    CHECK(until([&] { return waiting.poke.poked(); }));
    CHECK_EQUAL(waiting.collected(), 1u);
}

TEST(who_stands_in_finds_the_outcome_and_pokes_nobody) {
    std::atomic<std::size_t> found{0};
    Waiting waiting([&](Waiting& own) {
        found = own.collected();
        return true;
    });
    CHECK(waiting.waiters.start(1, Waiting::stream, true));
    allowed = 1;
    CHECK(until([&] { return found == 1; }));
    CHECK(!waiting.poke.poked());
}

// The next wait, begun by the thread that stands in and sleeps afterwards, is its own; one begun while it
// goes on is another thread's, which does not have to wait for it.
TEST(who_stands_in_waits_next_itself_unless_it_goes_on) {
    std::atomic<int> stood_in{0};
    std::atomic<bool> gone{false};
    Waiting waiting([&](Waiting& own) {
        const int time = ++stood_in;
        if (time == 1) CHECK(own.waiters.start(2, Waiting::stream, true));
        if (time == 2) {
            CHECK(own.waiters.start(3, Waiting::stream, false));
            CHECK(until([] { return begun == 3; }));
            gone = true;
        }
        return true;
    });
    CHECK(waiting.waiters.start(1, Waiting::stream, true));
    CHECK(until([] { return begun == 1; }));
    const std::thread::id first = last_thread.load();
    allowed = 1;
    CHECK(until([] { return begun == 2; }));
    CHECK(last_thread.load() == first);
    allowed = 2;
    CHECK(until([&] { return gone.load(); }));
    CHECK(last_thread.load() != first);
    allowed = 3;
    CHECK(until([&] { return stood_in == 3; }));
    CHECK_EQUAL(waiting.collected(), 3u);
}

TEST(as_many_wait_as_there_may_be_threads_and_no_more) {
    Waiting waiting([](Waiting&) { return false; });
    std::uint64_t jobs = 0;
    while (waiting.waiters.start(jobs + 1, Waiting::stream, true)) ++jobs;
    CHECK_EQUAL(jobs, engine::kWaiterThreads);
    CHECK(until([&] { return begun == static_cast<int>(jobs); }));
    allowed = static_cast<int>(jobs);
    CHECK(until([&] { return waiting.collected() == jobs; }));
}

}  // namespace
