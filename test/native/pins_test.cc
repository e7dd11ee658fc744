// Pinned parts of an arena over the null device: what can be pinned, what copies may name, and that a guest
// which names anything else ends its session and nothing more.
#include <sys/mman.h>

#include "check.h"
#include "fake_channel.h"

namespace {

using fake::Batch;
using fake::Host;

constexpr std::uint64_t kSize = std::uint64_t{4} << 20;
constexpr std::uint64_t kPinned = std::uint64_t{1} << 20;

// A host whose arena is memory of this test.
struct ArenaHost : Host {
    ArenaHost() {
        arena = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        CHECK(arena != MAP_FAILED);
        base = reinterpret_cast<std::uint64_t>(arena);
        executor->pins().open(base, kSize);
        run(fake::with_context());
        run(Batch().add(wire::cuMemAlloc_v2_Request{.size = kPinned}, {.ticket = 1}));
        device = fake::read_payload<wire::cuMemAlloc_v2_Reply>(next()).address;
    }
    ~ArenaHost() { ::munmap(arena, kSize); }
    std::int32_t pin(std::uint64_t address, std::uint64_t size) {
        run(Batch().add(wire::session_pin_Request{.address = address, .size = size}, {.ticket = 2}));
        return executor->violated() ? -1 : next().header.result;
    }
    void* arena = nullptr;
    std::uint64_t base = 0;
    std::uint64_t device = 0;
};

wire::cuMemcpyHtoDAsync_v2_Request copy_in(const ArenaHost& host, std::uint64_t from, std::uint64_t size) {
    return {.dst = host.device, .from = from, .size = size, .stream = {}, .data = {}};
}
wire::cuMemcpyDtoHAsync_v2_Request copy_out(const ArenaHost& host, std::uint64_t to, std::uint64_t size) {
    return {.src = host.device, .size = size, .stream = {}, .to = to};
}

TEST(copies_name_pinned_memory_and_are_answered_only_where_somebody_waits) {
    ArenaHost host;
    CHECK_EQUAL(host.pin(host.base + kPinned, kPinned), 0);
    auto* first = static_cast<unsigned char*>(host.arena) + kPinned;
    first[0] = first[99] = first[100] = 7;
    Batch batch;
    batch.add(copy_in(host, host.base + kPinned, kPinned));
    batch.add(copy_out(host, host.base + kPinned, 100));
    batch.add(copy_in(host, host.base + kPinned + 5, 1), {.ticket = 3});
    batch.add(copy_out(host, host.base + 2 * kPinned - 1, 1), {.ticket = 4});
    host.run(batch);
    CHECK(!host.executor->violated());
    CHECK_EQUAL(host.next().header.ticket, 3u);
    CHECK_EQUAL(host.next().header.ticket, 4u);
    CHECK(host.channel.replies.empty());
    // The null device's memory is zeros.
    CHECK_EQUAL(first[0], 0);
    CHECK_EQUAL(first[99], 0);
    CHECK_EQUAL(first[100], 7);
    CHECK_EQUAL(host.executor->pins().bytes_in, kPinned + 1);
    CHECK_EQUAL(host.executor->pins().bytes_out, 101u);
}

TEST(rows_are_copied_in_place) {
    ArenaHost host;
    CHECK_EQUAL(host.pin(host.base, 4096), 0);
    std::memset(host.arena, 7, 4096);
    wire::cuMemcpy2DAsync_v2_Request rows{.kind = 4,
                                          .dst = host.base + 10,
                                          .dst_pitch = 100,
                                          .src = host.device,
                                          .src_pitch = 64,
                                          .width = 30,
                                          .height = 3,
                                          .stream = {},
                                          .data = {}};
    host.run(Batch().add(rows, {.ticket = 3}));
    CHECK_EQUAL(host.next().header.result, 0);
    const auto* bytes = static_cast<const unsigned char*>(host.arena);
    for (std::size_t at = 0; at < 400; ++at) {
        const bool written = at >= 10 && at < 310 && (at - 10) % 100 < 30;
        CHECK_EQUAL(bytes[at], written ? 0 : 7);
    }
    rows.height = 42;  // the last one reaches beyond
    host.run(Batch().add(rows, {.ticket = 4}));
    CHECK(host.executor->violated());
}

TEST(a_copy_of_anything_that_is_not_pinned_ends_the_session) {
    for (const auto& [offset, size] : {std::pair<std::int64_t, std::uint64_t>{-1, 2},
                                      {kPinned - 1, 2},
                                      {kPinned, 1},
                                      {0, kPinned + 1},
                                      {16, UINT64_MAX},
                                      {kSize, 1},
                                      {-static_cast<std::int64_t>(kSize), 1}}) {
        for (const bool in : {true, false}) {
            ArenaHost host;
            CHECK_EQUAL(host.pin(host.base, kPinned), 0);
            const std::uint64_t address = host.base + static_cast<std::uint64_t>(offset);
            Batch batch;
            if (in) batch.add(copy_in(host, address, size));
            if (!in) batch.add(copy_out(host, address, size), {.ticket = 3});
            host.run(batch);
            CHECK(host.executor->violated());
        }
    }
}

TEST(only_whole_pages_of_the_arena_are_pinned_and_only_once) {
    for (const auto& [offset, size] : {std::pair<std::int64_t, std::uint64_t>{-4096, 8192},
                                      {kSize - 4096, 8192},
                                      {kSize, 4096},
                                      {1, 4096},
                                      {0, 4095},
                                      {0, 0},
                                      {4096, ~std::uint64_t{4095}},
                                      {kPinned, 4096},
                                      {kPinned - 4096, 8192},
                                      {2 * kPinned - 4096, 4096}}) {
        ArenaHost host;
        CHECK_EQUAL(host.pin(host.base + kPinned, kPinned), 0);
        CHECK_EQUAL(host.pin(host.base + static_cast<std::uint64_t>(offset), size), -1);
    }
    Host none;
    none.run(fake::with_context());
    none.run(Batch().add(wire::session_pin_Request{.address = 4096, .size = 4096}, {.ticket = 2}));
    CHECK(none.executor->violated());
}

TEST(what_is_unpinned_cannot_be_named_and_can_be_pinned_again) {
    ArenaHost host;
    CHECK_EQUAL(host.pin(host.base, kPinned), 0);
    host.run(Batch().add(wire::session_unpin_Request{.address = host.base}, {.ticket = 3}));
    CHECK_EQUAL(host.next().header.result, 0);
    CHECK_EQUAL(host.pin(host.base, kPinned), 0);
    host.run(Batch().add(wire::session_unpin_Request{.address = host.base + 4096}, {.ticket = 4}));
    CHECK(host.executor->violated());

    ArenaHost other;
    CHECK_EQUAL(other.pin(other.base, kPinned), 0);
    other.run(Batch().add(wire::session_unpin_Request{.address = other.base}, {.ticket = 3}));
    CHECK_EQUAL(other.next().header.result, 0);
    other.run(Batch().add(copy_in(other, other.base, 1)));
    CHECK(other.executor->violated());
}

}  // namespace
