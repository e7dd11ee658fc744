// A whole engine whose guest speaks to it through a ring: order, turns, back-pressure, sleep, and every way
// such a session ends, hostile words in the shared memory included.
#include <filesystem>
#include <fstream>
#include <semaphore>
#include <string>
#include <thread>

#include "fake_attached.h"

namespace {

using namespace std::chrono_literals;
using fake::Attached;
using fake::Batch;
using fake::Guest;
using fake::sync_batch;
using fake::Worker;

Batch sync(std::uint32_t ticket) { return Batch().add(wire::cuMemGetInfo_v2_Request{}, {.ticket = ticket}); }

TEST(a_guest_works_through_its_ring_within_its_lease_and_says_goodbye) {
    Attached session;
    session.ring->send(sync_batch(5));
    CHECK(!session.worker.events.wait_for("wants").empty());
    std::this_thread::sleep_for(20ms);
    session.ring->read();
    CHECK(session.ring->replies.empty());  // no lease, no work
    session.worker.engine->grant(10);
    CHECK_EQUAL(session.ring->reply_to(5).header.result, 0);

    session.worker.engine->revoke();
    CHECK(!session.worker.events.wait_for("released").empty());
    session.ring->send(sync(6));
    CHECK(!session.worker.events.wait_for("wants").empty());
    session.worker.engine->grant(10);
    CHECK_EQUAL(session.ring->reply_to(6).header.result, 0);
    CHECK_EQUAL(session.worker.meter(engine::Meter::records), 3u);
    CHECK_EQUAL(session.worker.meter(engine::Meter::leases), 2u);

    session.ring->send(Batch().add(wire::session_detach_Request{}, {.ticket = 7, .context = 0}));
    CHECK_EQUAL(session.ring->reply_to(7).header.result, 0);
    CHECK_EQUAL(session.guest.wait_status(), std::string("0"));
    CHECK_EQUAL(session.ended(), std::string("ended 0 "));
    CHECK_EQUAL(session.guest.client->messages(session.guest.stream).size(), 1u);
}

TEST(a_guest_that_asks_for_no_ring_gets_none) {
    Worker worker;
    Guest guest(worker.path);
    guest.hello();
    CHECK_EQUAL(guest.welcome_result(), 0);
    CHECK(guest.client->passed.empty());
    CHECK(h2::frame_field(h2::frame_field(guest.wait_messages(1)[0], 1), 4).empty());
}

TEST(a_guest_that_cannot_use_its_ring_goes_on_over_grpc) {
    Attached session;
    session.worker.engine->grant(10);
    session.guest.batch(sync_batch(5));
    CHECK_EQUAL(session.guest.wait_messages(2).size(), 2u);
}

TEST(a_batch_beside_a_ring_in_use_is_a_violation) {
    Attached session;
    session.worker.engine->grant(10);
    session.ring->send(sync_batch(5));
    CHECK_EQUAL(session.ring->reply_to(5).header.result, 0);
    session.guest.batch(sync_batch(6));
    CHECK_EQUAL(session.guest.wait_status(), std::string("3"));
    CHECK(session.ended().starts_with("ended 999"));
}

// Every size of ring, records and replies larger than it included.
TEST(records_and_replies_of_every_size_arrive_in_order) {
    for (const std::uint64_t ring_bytes : {std::uint64_t{4096}, std::uint64_t{65536}, std::uint64_t{0}}) {
        Attached session(ring_bytes);
        session.worker.engine->grant(10);
        Batch batch = sync_batch(1);
        batch.add(wire::cuMemAlloc_v2_Request{.size = 4 << 20}, {.ticket = 2});
        session.ring->send(batch);
        const auto reply = session.ring->reply_to(2);
        const auto address = fake::read_payload<wire::cuMemAlloc_v2_Reply>(reply).address;
        std::vector<std::byte> bytes(300'000);
        std::uint32_t ticket = 10;
        for (const std::size_t size : {std::size_t{1}, std::size_t{900}, std::size_t{5000}, bytes.size()}) {
            Batch copy;
            copy.add(wire::cuMemcpyHtoDAsync_v2_Request{
                .dst = address,
                .from = 0,
                .size = 0,
                .stream = {},
                .data = std::span<const std::byte>(bytes).first(size)});
            copy.add(wire::cuMemcpyDtoHAsync_v2_Request{.src = address, .size = size, .stream = {}},
                     {.ticket = ++ticket});
            session.ring->send(copy);
            CHECK_EQUAL(session.ring->reply_to(ticket).header.kind, 1);
            std::uint64_t landed = 0;  // the null device keeps no bytes: how many, and where
            for (const fake::Reply& part : session.ring->replies) {
                if (part.header.kind != 2 || part.header.ticket != ticket) continue;
                wire::Cursor cursor(part.payload);
                CHECK_EQUAL(cursor.scalar<std::uint64_t>(), landed);
                landed += cursor.bytes().size();
                CHECK(cursor.ok());
            }
            CHECK_EQUAL(landed, size);
        }
    }
}

TEST(a_full_ring_makes_the_guest_wait_and_loses_nothing) {
    Attached session(4096);
    session.worker.engine->grant(10);
    session.ring->send(sync_batch(1));
    constexpr std::uint32_t kRecords = 20'000;
    for (std::uint32_t index = 0; index < kRecords; ++index) {
        session.ring->send(Batch().add(wire::cuMemsetD8Async_Request{}, {}));
    }
    session.ring->send(sync(2));
    CHECK_EQUAL(session.ring->reply_to(2).header.kind, 1);
    CHECK_EQUAL(session.worker.meter(engine::Meter::records), kRecords + 3u);
    CHECK(session.worker.meter(engine::Meter::batches) < kRecords / 4);
}

TEST(a_guest_that_reads_no_replies_is_not_executed_for_ever) {
    Attached session;
    session.worker.engine->grant(10);
    Batch batch = sync_batch(1);
    batch.add(wire::cuMemAlloc_v2_Request{.size = 1 << 20}, {.ticket = 2});
    session.ring->send(batch);
    const auto address = fake::read_payload<wire::cuMemAlloc_v2_Reply>(session.ring->reply_to(2)).address;
    session.ring->replies.clear();
    constexpr std::uint32_t kCopies = 400;
    for (std::uint32_t ticket = 10; ticket < 10 + kCopies; ++ticket) {
        const auto copy = Batch().add(
            wire::cuMemcpyDtoHAsync_v2_Request{.src = address, .size = 1 << 20, .stream = {}},
            {.ticket = ticket});
        std::byte* at = session.ring->writer.reserve(copy.bytes.size());
        CHECK(at != nullptr);
        std::memcpy(at, copy.bytes.data(), copy.bytes.size());
        session.ring->writer.publish(copy.bytes.size());
    }
    session.ring->ring();
    std::this_thread::sleep_for(200ms);
    CHECK(session.worker.meter(engine::Meter::records) < kCopies);  // no slot is free, or too much is unsent
    std::uint32_t expected = 10;
    CHECK(session.ring->until([&] {
        for (const fake::Reply& reply : session.ring->replies) {
            if (reply.header.kind == 1) CHECK_EQUAL(reply.header.ticket, expected++);
        }
        session.ring->replies.clear();
        return expected == 10 + kCopies;
    }));
}

TEST(an_idle_executor_sleeps_and_one_doorbell_wakes_it) {
    Attached session;
    session.worker.engine->grant(10);
    session.ring->send(sync_batch(1));
    CHECK_EQUAL(session.ring->reply_to(1).header.kind, 1);
    for (std::uint32_t ticket = 2; ticket < 20; ++ticket) {
        CHECK(session.ring->until([&] { return session.ring->page().commands.consumer_asleep.load() == 1; }));
        session.ring->send(sync(ticket));
        CHECK_EQUAL(session.ring->reply_to(ticket).header.kind, 1);
    }
    CHECK(session.worker.meter(engine::Meter::batches) >= 18u);
}

TEST(a_malformed_record_in_a_ring_ends_in_farewell_and_status) {
    Attached session;
    session.worker.engine->grant(10);
    Batch batch = sync_batch(5);
    const wire::RecordHeader unknown{24, 0xfeed, 0, 0, 1, 1};
    const std::size_t start = batch.bytes.size();
    batch.bytes.resize(start + 24);
    std::memcpy(batch.bytes.data() + start, &unknown, sizeof unknown);
    session.ring->send(batch);
    CHECK_EQUAL(session.guest.wait_status(), std::string("3"));
    const auto messages = session.guest.client->messages(session.guest.stream);
    CHECK_EQUAL(h2::varint_field(h2::frame_field(messages.back(), 3), 1), 999u);
    CHECK(session.ended().starts_with("ended 999 unknown record"));
    CHECK_EQUAL(session.ring->reply_to(5).header.kind, 1);  // what came before has been answered
}

TEST(nonsense_in_the_shared_words_ends_the_session) {
    const auto lie = [](const std::function<void(fake::RingGuest&)>& tell) {
        Attached session(4096);
        session.worker.engine->grant(10);
        session.ring->send(sync_batch(5));
        CHECK_EQUAL(session.ring->reply_to(5).header.kind, 1);
        tell(*session.ring);
        session.ring->ring();
        CHECK_EQUAL(session.guest.wait_status(), std::string("3"));
        CHECK(session.ended().starts_with("ended 999 the ring of commands"));
    };
    lie([](fake::RingGuest& ring) { ring.page().commands.tail.store(~std::uint64_t{0}); });
    lie([](fake::RingGuest& ring) { ring.page().commands.tail.store(0); });
    lie([](fake::RingGuest& ring) { ring.page().commands.tail.store(ring.writer.published() + 12); });
    lie([](fake::RingGuest& ring) {
        std::memset(ring.data(), 0xff, ring.terms.command_bytes);
        ring.page().commands.tail.store(ring.writer.published() + 64);
    });
    lie([](fake::RingGuest& ring) {
        std::memset(ring.data(), 0, ring.terms.command_bytes);
        ring.page().commands.tail.store(ring.writer.published() + 64);
    });
}

TEST(a_guest_that_lies_about_what_it_has_read_ends_its_session) {
    Attached session(4096);
    session.worker.engine->grant(10);
    Batch batch = sync_batch(1);
    for (std::uint32_t ticket = 2; ticket < 180; ++ticket) {
        batch.add(wire::cuMemGetInfo_v2_Request{}, {.ticket = ticket});
    }
    // More replies than fit, and none is read.
    std::byte* at = session.ring->writer.reserve(batch.bytes.size());
    CHECK(at != nullptr);
    if (at == nullptr) return;
    std::memcpy(at, batch.bytes.data(), batch.bytes.size());
    session.ring->writer.publish(batch.bytes.size());
    session.ring->page().replies.head.store(std::uint64_t{1} << 50);
    session.ring->ring();
    CHECK_EQUAL(session.guest.wait_status(), std::string("3"));
    CHECK(session.ended().starts_with("ended 999 the ring of replies"));
}

TEST(a_guest_that_vanishes_ends_its_session_and_leaves_no_descriptor) {
    const auto open_now = [] {
        const std::filesystem::directory_iterator all("/proc/self/fd");
        return std::distance(begin(all), end(all));
    };
    const auto before = open_now();
    for (int round = 0; round < 5; ++round) {
        Attached session;
        session.worker.engine->grant(10);
        session.ring->send(sync_batch(5));
        session.guest.client.reset();
        CHECK(session.ended().starts_with("ended 999"));
    }
    CHECK_EQUAL(open_now(), before);
}

TEST(a_guest_that_vanishes_while_its_ring_waits_for_a_lease_is_noticed) {
    Attached session;
    session.ring->send(sync_batch(5));
    CHECK(!session.worker.events.wait_for("wants").empty());
    session.guest.client.reset();
    CHECK(session.ended().starts_with("ended 999"));
}

TEST(threads_that_wait_beside_a_host_function_are_answered) {
    Attached session;
    session.worker.engine->grant(10);
    session.ring->send(sync_batch(1));
    Batch batch;
    const wire::Handle stream = wire::Handle::make(wire::HandleKind::stream, 1, 1);
    batch.add(wire::cuStreamCreateWithPriority_Request{.stream = stream, .flags = 1, .priority = 0});
    batch.add(wire::cuLaunchHostFunc_Request{.stream = stream, .function = 0xABCD, .argument = 5, .kind = 0});
    batch.add(wire::cuStreamSynchronize_Request{.hStream = stream}, {.ticket = 21});
    batch.add(wire::cuMemGetInfo_v2_Request{}, {.ticket = 22, .thread = 2});
    session.ring->send(batch);
    CHECK_EQUAL(session.ring->reply_to(22).header.result, 0);
    std::uint32_t number = 0;
    CHECK(session.ring->until([&] {
        for (const fake::Reply& reply : session.ring->replies) {
            const bool asks = reply.header.kind == static_cast<std::uint16_t>(wire::ReplyKind::callback);
            if (asks) number = reply.header.ticket;
        }
        return number != 0;
    }));
    session.ring->callbacks_done(1);
    CHECK_EQUAL(session.ring->reply_to(21).header.result, 0);
}

// After a few, the engine leaves such a wait to another thread at once; a short one is answered all the same.
TEST(waits_that_always_take_long_are_slept_through_and_end) {
    Attached session;
    session.worker.engine->grant(10);
    const wire::Handle stream = wire::Handle::make(wire::HandleKind::stream, 1, 1);
    Batch made = sync_batch(1);
    made.add(wire::cuStreamCreateWithPriority_Request{.stream = stream, .flags = 1, .priority = 0});
    session.ring->send(made);
    wire::SharedPage& page = session.ring->page();
    std::uint32_t ticket = 1;
    for (std::uint64_t wait = 1; wait <= 8; ++wait) {
        Batch batch;
        batch.add(
            wire::cuLaunchHostFunc_Request{.stream = stream, .function = 0xABCD, .argument = 5, .kind = 0});
        batch.add(wire::cuStreamSynchronize_Request{.hStream = stream}, {.ticket = ++ticket});
        session.ring->send(batch);
        page.guest_waits.store(wire::next_wait(page.guest_waits.load(), 0));
        CHECK(session.ring->until([&] { return page.commands.consumer_asleep.load() == 1; }));
        std::this_thread::sleep_for(2ms);
        session.ring->callbacks_done(wait);
        CHECK_EQUAL(session.ring->reply_to(ticket).header.result, 0);
        if (wait % 2 != 0) continue;
        session.ring->send(sync(++ticket));
        CHECK_EQUAL(session.ring->reply_to(ticket).header.kind, 1);
    }
}

// What /proc says about the engine thread: whether it sleeps, and how often it has gone to sleep.
struct EngineThread {
    std::string folder;
    EngineThread() {
        for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
            std::string name;
            std::getline(std::ifstream(task.path() / "comm"), name);
            if (name == "ferry-engine") folder = task.path();
        }
    }
    std::string field(const std::string& name) const {
        std::ifstream status(folder + "/status");
        std::string word;
        while (status >> word) {
            if (word == name + ":" && status >> word) return word;
        }
        return "";
    }
    bool sleeps() const { return field("State") == "S"; }
    std::string times() const { return field("voluntary_ctxt_switches"); }
};

// The thread that has waited for the device tells the guest itself.
TEST(a_long_wait_ends_without_the_engine_thread_being_woken) {
    static std::counting_semaphore<> fills_done(0);
    Attached session(0, {.during_fill = [] { fills_done.acquire(); }});
    session.worker.engine->grant(10);
    Batch made = sync_batch(1);
    made.add(wire::cuMemAlloc_v2_Request{.size = 4096}, {.ticket = 2});
    session.ring->send(made);
    const auto address = fake::read_payload<wire::cuMemAlloc_v2_Reply>(session.ring->reply_to(2)).address;
    const EngineThread thread;
    CHECK(!thread.folder.empty());
    wire::SharedPage& page = session.ring->page();
    // Or did for a moment.
    const auto all_sleep = [&] {
        bool slept = false;
        return session.ring->until([&] {
            slept = slept || (page.commands.consumer_asleep.load() == 1 && thread.sleeps());
            return slept;
        });
    };
    constexpr int kWaits = 50;
    int slept_through = 0;  // not all: on a busy machine the engine may be awake still
    std::uint32_t ticket = 2;
    for (int wait = 0; wait < kWaits; ++wait) {
        const std::size_t heard = session.ring->replies.size();
        Batch batch;
        batch.add(wire::cuMemsetD8Async_Request{.dstDevice = address, .uc = 0, .N = 4096, .hStream = {}});
        batch.add(wire::cuCtxSynchronize_Request{}, {.ticket = ++ticket});
        session.ring->send(batch);
        page.guest_waits.store(wire::next_wait(page.guest_waits.load(), 0));
        CHECK(all_sleep());
        const std::string before = thread.times();
        session.ring->read();
        CHECK_EQUAL(session.ring->replies.size(), heard);
        fills_done.release();
        CHECK_EQUAL(session.ring->reply_to(ticket).header.result, 0);
        CHECK(all_sleep());
        slept_through += thread.times() == before ? 1 : 0;
        session.ring->send(sync(++ticket));
        CHECK_EQUAL(session.ring->reply_to(ticket).header.kind, 1);
    }
    CHECK(slept_through > 0);
}

}  // namespace
