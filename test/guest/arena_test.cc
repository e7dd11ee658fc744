// The arena's layout and what is known about copies in flight: blocks never overlap, chunks go back whole,
// and a wait ends what was sent before it and nothing else.
#include "arena.h"

#include <map>

#include "objects.h"
#include "unit.h"
#include "unsettled.h"

using guest::Arena;
using guest::StreamName;
using guest::Unsettled;

namespace {

constexpr std::uint64_t kBase = 0x2000'0000'0000;
constexpr std::uint64_t kSize = std::uint64_t{256} << 20;

Arena::Chunk grow(Arena& arena, std::uint64_t size) {
    const Arena::Chunk chunk = arena.find_place(size);
    if (chunk.size != 0) arena.add(chunk);
    return chunk;
}

}  // namespace

TEST("an arena without a pinned chunk has no blocks, and one without memory no places") {
    Arena none;
    CHECK(!none.holds(0) && !none.holds(kBase));
    CHECK(none.find_place(1).size == 0);
    Arena arena;
    arena.open(kBase, kSize);
    CHECK(arena.holds(kBase) && arena.holds(kBase + kSize - 1) && !arena.holds(kBase + kSize));
    CHECK(arena.take(1) == 0);
    CHECK(arena.find_place(kSize + 1).size == 0);
    CHECK(arena.find_place(~std::uint64_t{0}).size == 0);
    arena.refuse();
    CHECK(arena.find_place(1).size == 0);
}

TEST("blocks of pinned chunks do not overlap and come again") {
    Arena arena;
    arena.open(kBase, kSize);
    std::map<std::uint64_t, std::uint64_t> live;
    std::uint64_t state = 1;
    for (int round = 0; round < 5000; ++round) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        if (live.size() > 30 || (state >> 60) < 6) {
            if (live.empty()) continue;
            const auto gone = std::next(live.begin(), static_cast<long>((state >> 20) % live.size()));
            arena.give(gone->first, gone->second);
            live.erase(gone);
            for (const Arena::Chunk& chunk : arena.take_idle(std::uint64_t{16} << 20)) {
                const auto after = live.lower_bound(chunk.address);
                CHECK(after == live.end() || after->first >= chunk.address + chunk.size);
                arena.drop(chunk);
            }
            continue;
        }
        const std::uint64_t size = 1 + (state >> 33) % ((state >> 61) == 0 ? kSize / 32 : 50000);
        std::uint64_t address = arena.take(size);
        if (address == 0 && grow(arena, size).size != 0) address = arena.take(size);
        if (address == 0) continue;
        CHECK(address % Arena::kStep == 0 && arena.holds(address) && arena.holds(address + size - 1));
        const auto after = live.lower_bound(address);
        CHECK(after == live.end() || after->first >= address + size);
        CHECK(after == live.begin() || std::prev(after)->first + std::prev(after)->second <= address);
        live.emplace(address, size);
    }
    for (const auto& [address, size] : live) arena.give(address, size);
    for (const Arena::Chunk& chunk : arena.take_idle(0)) arena.drop(chunk);
    // Every place is free again, and they have joined.
    CHECK(arena.find_place(kSize).size == kSize);
}

TEST("a wait for a stream ends what was sent there before it") {
    guest::Context context, other;
    Unsettled unsettled;
    const auto first = StreamName::of(&context, wire::Handle{0}, 1);
    const auto second = StreamName::of(&context, wire::Handle{77}, 1);
    CHECK(!unsettled.any() && !unsettled.any_landing());
    unsettled.note(first, false);
    unsettled.note(second, true);
    CHECK(unsettled.any() && unsettled.any_landing());
    const std::uint64_t mark = unsettled.mark();
    unsettled.note(first, true);
    unsettled.stream_over(second, mark);
    // The same stream by its other name.
    unsettled.stream_over(StreamName::of(&context, wire::Handle{1}, 1), mark);
    CHECK(unsettled.any_landing());
    unsettled.stream_over(first, unsettled.mark());
    CHECK(!unsettled.any());

    unsettled.note(first, true);
    unsettled.note(StreamName::of(&other, wire::Handle{0}, 1), false);
    CHECK(unsettled.contexts().size() == 2);
    unsettled.context_over(&context, unsettled.mark());
    CHECK(unsettled.any() && !unsettled.any_landing());
    unsettled.context_gone(&other);
    CHECK(!unsettled.any());
}

TEST("the per-thread stream is another one for each thread, and many streams are not told apart") {
    guest::Context context;
    Unsettled unsettled;
    const wire::Handle own{wire::kStreamPerThread};
    unsettled.note(StreamName::of(&context, own, 1), true);
    unsettled.stream_over(StreamName::of(&context, own, 2), unsettled.mark());
    CHECK(unsettled.any());
    unsettled.stream_over(StreamName::of(&context, own, 1), unsettled.mark());
    CHECK(!unsettled.any());
    for (std::uint64_t stream = 100; stream < 300; ++stream)
        unsettled.note(StreamName::of(&context, wire::Handle{stream}, 1), true);
    for (std::uint64_t stream = 100; stream < 300; ++stream)
        unsettled.stream_over(StreamName::of(&context, wire::Handle{stream}, 1), unsettled.mark());
    CHECK(unsettled.any_landing());
    unsettled.context_over(&context, unsettled.mark());
    CHECK(!unsettled.any());
}
