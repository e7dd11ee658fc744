// Room that one thread takes and another gives back.
#include "soft/recycled.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <set>
#include <thread>
#include <vector>

#include "testing.h"

namespace soft_test {
namespace {

using soft::Recycled;

struct alignas(64) Wide {
    std::array<std::byte, 300> bytes;
};

TEST("room that another thread gives back is taken again") {
    std::set<void*> rooms;
    for (int count = 0; count < 10; ++count) rooms.insert(Recycled<Wide>::take());
    CHECK((rooms.size()) == 10U);
    for (void* room : rooms) CHECK((reinterpret_cast<std::uintptr_t>(room) % alignof(Wide)) == 0U);
    std::thread([&rooms] {
        for (void* room : rooms) Recycled<Wide>::give(room);
    }).join();
    for (int count = 0; count < 10; ++count) {
        void* again = Recycled<Wide>::take();
#ifndef __SANITIZE_ADDRESS__
        CHECK(rooms.contains(again));
#endif
        ::operator delete(again, std::align_val_t{alignof(Wide)});
    }
}

TEST("rooms that several threads have at a time are each one thread's") {
    constexpr int kRounds = 20'000;
    const auto use = [](int mark) {
        int wrong = 0;
        for (int round = 0; round < kRounds; ++round) {
            auto* room = static_cast<long*>(Recycled<std::array<long, 16>>::take());
            *room = mark;
            std::this_thread::yield();
            wrong += *room != mark;
            Recycled<std::array<long, 16>>::give(room);
        }
        return wrong;
    };
    std::array<int, 3> wrong{};
    std::vector<std::thread> threads;
    for (int mark = 0; mark < 3; ++mark) {
        threads.emplace_back([&, mark] { wrong.at(static_cast<std::size_t>(mark)) = use(mark); });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK((wrong[0] + wrong[1] + wrong[2]) == 0);
}

TEST("shared objects are made in such rooms") {
    const auto made = std::allocate_shared<Wide>(soft::RecyclingAllocator<Wide>());
    CHECK((reinterpret_cast<std::uintptr_t>(made.get()) % alignof(Wide)) == 0U);
}

}  // namespace
}  // namespace soft_test
