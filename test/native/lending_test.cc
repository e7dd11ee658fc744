// Lending and frees over the null device: what is lent, what comes back, when its tickets are answered, and
// what no guest may do.
#include "check.h"
#include "fake_channel.h"

namespace {

using fake::Batch;
using fake::Host;

std::uint64_t allocate(Host& host, std::uint64_t size) {
    host.run(Batch().add(wire::cuMemAlloc_v2_Request{.size = size}, {.ticket = 900}));
    return fake::read_payload<wire::cuMemAlloc_v2_Reply>(host.next()).address;
}

TEST(lent_memory_goes_back_when_the_work_before_it_is_over) {
    Host host;
    host.run(fake::with_context());
    constexpr std::uint64_t kNeeded = std::uint64_t{6} << 20;
    host.run(Batch().add(wire::session_lend_Request{.size = kNeeded}, {.ticket = 1}));
    const auto loan = fake::read_payload<wire::session_lend_Reply>(host.next());
    CHECK(loan.address != 0 && loan.address % (2 << 20) == 0);
    CHECK(loan.size >= kNeeded && loan.size % (2 << 20) == 0);
    CHECK_EQUAL(loan.carves, 0u);
    CHECK_EQUAL(host.meters[engine::Meter::device_bytes], loan.size);
    Batch batch;
    batch.add(wire::session_settle_Request{.waited = 0}, {.ticket = 2});
    batch.add(wire::session_return_Request{.address = loan.address, .close = 0});
    batch.add(wire::session_settle_Request{.waited = 1}, {.ticket = 3});
    host.run(batch);
    CHECK_EQUAL(host.next().header.ticket, 2u);
    CHECK_EQUAL(host.next().header.ticket, 3u);
    CHECK_EQUAL(host.meters[engine::Meter::device_bytes], 0u);
    CHECK(!host.executor->violated());
}

TEST(memory_that_is_not_lent_cannot_be_returned_nor_given_out) {
    for (const bool returns : {true, false}) {
        Host host;
        host.run(fake::with_context());
        const std::uint64_t address = allocate(host, 4 << 20);
        Batch batch;
        if (returns) batch.add(wire::session_return_Request{.address = address, .close = 0});
        if (!returns) batch.add(wire::session_carve_Request{.address = address, .size = 512});
        host.run(batch);
        CHECK(host.executor->violated());
    }
}

TEST(a_free_without_a_ticket_is_done_in_order_and_its_ticket_answered) {
    Host host;
    host.run(fake::with_context());
    const std::uint64_t address = allocate(host, 1 << 20);
    Batch batch;
    batch.add(wire::cuMemFree_v2_Request{.address = address});
    batch.add(wire::session_settle_Request{.waited = 0}, {.ticket = 2});
    batch.add(wire::cuMemGetInfo_v2_Request{}, {.ticket = 3});
    host.run(batch);
    CHECK_EQUAL(host.next().header.ticket, 2u);
    const auto left = host.next();
    CHECK_EQUAL(left.header.result, 0);
    CHECK_EQUAL(host.meters[engine::Meter::device_bytes], 0u);
}

}  // namespace
