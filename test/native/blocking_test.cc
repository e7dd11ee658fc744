// Drivers whose calls block: what the engine goes on hearing meanwhile.
#include <thread>

#include "fake_attached.h"
#include "wire/text.h"

namespace {

using namespace std::chrono_literals;
using fake::Attached;
using fake::Batch;
using fake::Guest;
using fake::sync_batch;
using fake::Worker;
using wire::Handle;
using wire::HandleKind;

constexpr char kPtx[] = ".version 7.0\n.target sm_70\n.address_size 64\n.visible .entry work()\n{\nret;\n}\n";
const Handle kModule = Handle::make(HandleKind::module, 1, 1);
const Handle kFunction = Handle::make(HandleKind::function, 1, 1);
constexpr device::NullOptions kShortQueue{.queue = 400};
constexpr int kLaunches = 5000;

Batch load(std::uint32_t ticket) {
    return Batch().add(
        wire::cuModuleLoadDataEx_Request{
            .module = kModule, .image = std::as_bytes(std::span(kPtx)), .options = {}},
        {.ticket = ticket});
}

Batch launch() {
    return Batch().add(wire::cuLaunchKernel_Request{.f = kFunction,
                                                    .gridDimX = 1,
                                                    .gridDimY = 1,
                                                    .gridDimZ = 1,
                                                    .blockDimX = 32,
                                                    .blockDimY = 1,
                                                    .blockDimZ = 1,
                                                    .sharedMemBytes = 0,
                                                    .hStream = {},
                                                    .flags = 0,
                                                    .params = {}});
}

// A host function, and far more launches behind it than the driver's queue takes.
Batch too_much_behind_a_host_function() {
    Batch batch = load(2);
    batch.add(wire::cuModuleGetFunction_Request{
        .function = kFunction, .module = kModule, .name = wire::text("work")});
    batch.add(wire::cuLaunchHostFunc_Request{.stream = {}, .function = 0xABCD, .argument = 5, .kind = 0});
    const Batch one = launch();
    for (int index = 0; index < kLaunches; ++index) {
        batch.bytes.insert(batch.bytes.end(), one.bytes.begin(), one.bytes.end());
    }
    batch.add(wire::cuCtxSynchronize_Request{}, {.ticket = 3});
    return batch;
}

TEST(launches_without_end_behind_a_host_function_do_not_keep_it_from_returning) {
    Attached session(0, kShortQueue);
    session.worker.engine->grant(10);
    session.ring->send(sync_batch(1));
    session.ring->send(too_much_behind_a_host_function());
    // The host function is asked for although its stream is full, and that it has returned is heard although
    // everything stands behind it.
    const auto callback = static_cast<std::uint16_t>(wire::ReplyKind::callback);
    CHECK(session.ring->until([&] {
        for (const fake::Reply& reply : session.ring->replies) {
            if (reply.header.kind == callback) return true;
        }
        return false;
    }));
    CHECK(session.ring->until([&] { return session.worker.meter(engine::Meter::launches) > 200; }));
    std::this_thread::sleep_for(20ms);  // and the engine has gone to sleep over it
    session.ring->callbacks_done(1);
    CHECK_EQUAL(session.ring->reply_to(3).header.kind, 1);
    CHECK_EQUAL(session.ring->reply_to(3).header.result, 0);
    CHECK_EQUAL(session.worker.meter(engine::Meter::launches), static_cast<std::uint64_t>(kLaunches));
}

TEST(over_grpc_as_well) {
    Worker worker(5000, kShortQueue);
    Guest guest(worker.path);
    guest.hello();
    CHECK_EQUAL(guest.welcome_result(), 0);
    worker.engine->grant(10);
    guest.batch(sync_batch(1));
    // In many batches: what comes behind those that have to wait must be heard.
    const Batch all = too_much_behind_a_host_function();
    for (std::span<const std::byte> rest(all.bytes); !rest.empty();) {
        std::uint32_t size = 0;
        std::memcpy(&size, rest.data(), sizeof size);
        Batch one;
        one.bytes.assign(rest.begin(), rest.begin() + size);
        guest.batch(one);
        rest = rest.subspan(size);
    }
    CHECK(guest.until([&] { return worker.meter(engine::Meter::launches) > 200; }));
    guest.callbacks_done(1);
    CHECK(guest.until([&] { return worker.meter(engine::Meter::launches) == kLaunches; }));
    CHECK(guest.until([&] { return worker.meter(engine::Meter::replies) >= 3; }));
}

TEST(more_host_functions_than_were_asked_for_end_the_session) {
    Attached session(0, kShortQueue);
    session.worker.engine->grant(10);
    session.ring->send(sync_batch(1));
    session.ring->send(too_much_behind_a_host_function());
    CHECK(session.ring->until([&] { return session.worker.meter(engine::Meter::launches) > 200; }));
    session.ring->callbacks_done(7);
    CHECK(session.ended().starts_with("ended 999 the guest has run 7 host functions"));
}

constexpr device::NullOptions kSlowLoads{.load_ms = 3000};

// A load that takes seconds has been begun, and a record waits behind it.
struct Loading {
    explicit Loading(std::uint64_t ring_bytes = 0) : session(ring_bytes, kSlowLoads) {
        session.worker.engine->grant(10);
        session.ring->send(sync_batch(1));
        CHECK_EQUAL(session.ring->reply_to(1).header.kind, 1);
        session.ring->send(load(2));
        session.ring->send(Batch().add(wire::cuMemGetInfo_v2_Request{}, {.ticket = 3}));
        CHECK(session.ring->until([&] { return session.worker.meter(engine::Meter::records) == 3; }));
    }
    bool is_over() const {
        for (const fake::Reply& reply : session.ring->replies) {
            if (reply.header.ticket == 2) return true;
        }
        return false;
    }
    Attached session;
};

TEST(records_behind_a_slow_load_wait_for_it) {
    Loading loading;
    CHECK_EQUAL(loading.session.ring->reply_to(3).header.result, 0);
    CHECK_EQUAL(loading.session.ring->replies[1].header.ticket, 2u);
    CHECK_EQUAL(loading.session.ring->replies[1].header.result, 0);
    CHECK_EQUAL(loading.session.ring->replies[2].header.ticket, 3u);
}

TEST(a_lease_is_given_back_during_a_slow_load) {
    Loading loading;
    loading.session.worker.engine->revoke();
    CHECK(!loading.session.worker.events.wait_for("released").empty());
    loading.session.ring->read();
    CHECK(!loading.is_over());
}

TEST(the_daemon_can_end_a_session_during_a_slow_load) {
    Loading loading;
    loading.session.worker.engine->stop(46);
    CHECK_EQUAL(loading.session.guest.wait_status(), std::string("14"));
    CHECK(loading.session.ended().starts_with("ended 46"));
    loading.session.ring->read();
    CHECK(!loading.is_over());
}

TEST(a_guest_that_dies_during_a_slow_load_is_noticed) {
    Loading loading;
    loading.session.guest.client.reset();
    CHECK(loading.session.ended().starts_with("ended 999"));
    loading.session.ring->read();
    CHECK(!loading.is_over());
}

TEST(a_host_function_returns_during_a_slow_load) {
    Attached session(0, kSlowLoads);
    session.worker.engine->grant(10);
    Batch batch = sync_batch(1);
    batch.add(wire::cuLaunchHostFunc_Request{.stream = {}, .function = 1, .argument = 0, .kind = 0});
    batch.add(wire::cuStreamSynchronize_Request{.hStream = {}}, {.ticket = 4, .thread = 2});
    session.ring->send(batch);
    session.ring->send(load(2));
    const auto is_there = [&](std::uint32_t ticket, wire::ReplyKind kind) {
        for (const fake::Reply& reply : session.ring->replies) {
            const bool of_kind = reply.header.kind == static_cast<std::uint16_t>(kind);
            if (of_kind && reply.header.ticket == ticket) return true;
        }
        return false;
    };
    CHECK(session.ring->until([&] { return session.worker.meter(engine::Meter::records) == 5; }));
    CHECK(session.ring->until([&] { return is_there(1, wire::ReplyKind::callback); }));
    session.ring->callbacks_done(1);
    // And whoever waited for it is answered.
    CHECK(session.ring->until([&] { return is_there(4, wire::ReplyKind::result); }));
    CHECK(!is_there(2, wire::ReplyKind::result));
}

TEST(a_lease_can_be_taken_back_while_a_host_function_runs) {
    Attached session;
    session.worker.engine->grant(10);
    session.ring->send(sync_batch(1));
    session.ring->send(
        Batch().add(wire::cuLaunchHostFunc_Request{.stream = {}, .function = 1, .argument = 0, .kind = 0}));
    const auto callback = static_cast<std::uint16_t>(wire::ReplyKind::callback);
    CHECK(session.ring->until([&] {
        for (const fake::Reply& reply : session.ring->replies) {
            if (reply.header.kind == callback) return true;
        }
        return false;
    }));
    session.worker.engine->revoke();
    session.ring->callbacks_done(1);  // heard without a lease
    CHECK(!session.worker.events.wait_for("released").empty());
}

}  // namespace
