// The device heap: blocks never overlap, freed ones come back only when settled, and what goes back to the
// host goes back whole.
#include "device_heap.h"

#include <map>

#include "unit.h"

using guest::DeviceHeap;

namespace {

constexpr std::uint64_t kLent = 0x2000'0000'0000;
constexpr std::uint64_t kLoan = std::uint64_t{64} << 20;

std::uint64_t take(DeviceHeap& heap, std::uint64_t size) {
    bool carves = false;
    return heap.take(size, carves);
}

void settle(DeviceHeap& heap, DeviceHeap::Batch* batch) {
    if (batch != nullptr) DeviceHeap::settled(batch);
    if (DeviceHeap::Batch* rest = heap.close_batch()) DeviceHeap::settled(rest);
}

}  // namespace

TEST("a heap without a loan has nothing, and an impossible size never fits") {
    DeviceHeap heap;
    CHECK(take(heap, 1) == 0);
    CHECK(heap.add_loan({kLent, kLoan}, true));
    CHECK(take(heap, 0) == 0);
    CHECK(take(heap, ~std::uint64_t{0}) == 0);
    CHECK(take(heap, kLoan + 1) == 0);
    CHECK(take(heap, kLoan) == kLent);
    CHECK(take(heap, 1) == 0);
}

TEST("a freed block is not given out before it is settled") {
    DeviceHeap heap;
    CHECK(heap.add_loan({kLent, kLoan}, true));
    CHECK(take(heap, kLoan) == kLent);
    DeviceHeap::Batch* batch = heap.give(kLent, kLoan);
    CHECK(batch != nullptr);
    CHECK(heap.credit() == kLoan);
    CHECK(heap.quarantined() == kLoan);
    CHECK(take(heap, 512) == 0);
    DeviceHeap::settled(batch);
    CHECK(take(heap, 512) == kLent);
    CHECK(heap.quarantined() == 0);
    heap.clear();
}

TEST("overlapping loans are refused, neighbours stay apart") {
    DeviceHeap heap;
    CHECK(heap.add_loan({kLent, kLoan}, false));
    CHECK(!heap.add_loan({kLent + kLoan / 2, kLoan}, false));
    CHECK(!heap.add_loan({kLent - kLoan / 2, kLoan}, false));
    CHECK(heap.add_loan({kLent + kLoan, kLoan}, false));
    CHECK(take(heap, 2 * kLoan) == 0);
    CHECK(heap.take_idle(kLoan).size() == 1);
    CHECK(heap.take_idle(0).size() == 1);
    CHECK(!heap.lent());
}

TEST("batches on their way when the context ends mean nothing any more") {
    DeviceHeap heap;
    CHECK(heap.add_loan({kLent, kLoan}, false));
    CHECK(take(heap, kLoan) == kLent);
    DeviceHeap::Batch* batch = heap.give(kLent, kLoan);
    heap.clear();
    CHECK(heap.add_loan({kLent, kLoan}, false));
    CHECK(take(heap, kLoan) == kLent);
    DeviceHeap::settled(batch);
    CHECK(take(heap, 1) == 0);
    CHECK(heap.credit() == 0);
    heap.clear();
}

TEST("closed loans give nothing more and go back when they are empty") {
    DeviceHeap heap;
    CHECK(heap.add_loan({kLent, kLoan}, true));
    const std::uint64_t block = take(heap, 5000);
    CHECK(heap.close_loans().size() == 1);
    CHECK(heap.close_loans().empty());
    CHECK(heap.credit() == 0);
    CHECK(take(heap, 1) == 0);
    CHECK(heap.take_idle(kLoan).empty());
    settle(heap, heap.give(block, 5000));
    CHECK(heap.take_idle(kLoan).size() == 1);
    CHECK(!heap.has_closed());
}

TEST("random blocks never overlap, keep to their places, and leave nothing behind") {
    unit::Random random(7);
    DeviceHeap heap;
    std::map<std::uint64_t, std::uint64_t> live;
    std::uint64_t loans = 0;
    std::uint64_t paid_live = 0;
    for (int turn = 0; turn < 60000; ++turn) {
        const bool allocate = live.size() < 20 || (live.size() < 3000 && random.below(2) == 0);
        if (allocate) {
            const std::uint64_t size = 1 + random.below(std::size_t{1} << (1 + random.below(22)));
            std::uint64_t address = take(heap, size);
            if (address == 0) {
                CHECK(heap.add_loan({kLent + loans++ * kLoan, kLoan}, true));
                address = take(heap, size);
            }
            const std::uint64_t paid = (size + 511) / 512 * 512;
            CHECK(address != 0 && address % 512 == 0);
            if (paid >= DeviceHeap::kLarge) CHECK(address % DeviceHeap::kGranule == 0);
            if (paid < DeviceHeap::kLarge) {
                CHECK(address / DeviceHeap::kGranule == (address + paid - 1) / DeviceHeap::kGranule);
            }
            const auto next = live.lower_bound(address);
            CHECK(next == live.end() || next->first >= address + paid);
            CHECK(next == live.begin() || std::prev(next)->first + std::prev(next)->second <= address);
            live.emplace(address, paid);
            paid_live += paid;
        } else {
            auto victim = live.lower_bound(kLent + random.below(loans * kLoan));
            if (victim == live.end()) victim = live.begin();
            paid_live -= victim->second;
            DeviceHeap::Batch* batch = heap.give(victim->first, victim->second);
            if (batch != nullptr) DeviceHeap::settled(batch);
            live.erase(victim);
        }
        CHECK(heap.credit() == loans * kLoan - paid_live);
    }
    for (const auto& [address, size] : live) settle(heap, heap.give(address, size));
    settle(heap, nullptr);
    CHECK(heap.take_idle(0).size() == loans);
    CHECK(!heap.lent());
}
