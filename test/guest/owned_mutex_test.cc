// The mutex that comes to belong to a thread: two are never inside at once, whenever the second comes, and an
// owner that has lost it goes the others' way.
#include "owned_mutex.h"

#include <atomic>
#include <cstdio>
#include <thread>

#include "unit.h"

namespace {

// Whether this kernel knows the barriers; says so where it does not.
bool has_barriers() {
    const bool known = wire::register_for_barriers();
    if (!known) std::printf("skipped: no membarrier(2) here\n");
    return known;
}

// Comes until it owns the mutex; how often that took, or 0 when it never does.
int come_until_owner(guest::OwnedMutex& mutex) {
    for (int visit = 1; visit <= 1000; ++visit) {
        const bool as_owner = mutex.lock();
        mutex.unlock(as_owner);
        if (as_owner) return visit;
    }
    return 0;
}

// What nobody but who is inside may touch. Plain, so that a second one inside is seen in it.
struct Inside {
    int here = 0;
    std::uint64_t visits = 0;
    bool alone = true;

    void visit() {
        if (++here != 1) alone = false;
        ++visits;
        asm volatile("" ::: "memory");
        --here;
    }
};

// An owner at work, and a second thread that comes at some time.
void interrupt_owner(unit::Random& random) {
    guest::OwnedMutex mutex;
    mutex.allow_owner();
    Inside inside;
    constexpr std::uint64_t kVisits = 300;
    std::atomic<bool> owned{false};
    std::atomic<bool> over{false};
    std::uint64_t owners = 0;
    std::thread owner([&] {
        while (!over.load(std::memory_order_relaxed)) {
            const guest::OwnedGuard guard(mutex);
            inside.visit();
            if (++owners == 1000) owned.store(true);
        }
    });
    while (!owned.load()) std::this_thread::yield();
    for (std::size_t pause = random.below(3000); pause != 0; --pause) asm volatile("");
    for (std::uint64_t visit = 0; visit < kVisits; ++visit) {
        const guest::OwnedGuard guard(mutex);
        inside.visit();
    }
    over.store(true);
    owner.join();
    CHECK(inside.alone);
    CHECK(inside.visits == owners + kVisits);
}

}  // namespace

TEST("a mutex comes to belong to the one thread that takes it, and to nobody once a second has come") {
    if (!has_barriers()) return;
    guest::OwnedMutex mutex;
    CHECK(come_until_owner(mutex) == 0);
    mutex.allow_owner();
    CHECK(come_until_owner(mutex) > 100);
    CHECK(come_until_owner(mutex) == 1);
    std::thread([&] { CHECK(come_until_owner(mutex) == 0); }).join();
    CHECK(come_until_owner(mutex) == 0);
}

TEST("threads that take turns own nothing") {
    guest::OwnedMutex mutex;
    mutex.allow_owner();
    for (int turn = 0; turn < 20; ++turn) {
        std::thread([&] {
            for (int visit = 0; visit < 100; ++visit) {
                const bool as_owner = mutex.lock();
                mutex.unlock(as_owner);
                CHECK(!as_owner);
            }
        }).join();
        const guest::OwnedGuard guard(mutex);
    }
}

TEST("a second thread that takes the mutex from its owner is inside alone") {
    if (!has_barriers()) return;
    unit::Random random(21);
    const std::uint64_t rounds = 500 * unit::scale();
    for (std::uint64_t round = 0; round < rounds; ++round) interrupt_owner(random);
}
