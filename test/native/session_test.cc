// A whole engine on its thread, over a real socket: attach, tickets, turns, and every way a session ends.
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "fake_worker.h"

namespace {

using fake::Events;
using fake::Guest;
using fake::sync_batch;
using fake::Worker;

TEST(a_guest_attaches_works_within_its_lease_and_says_goodbye) {
    Worker worker;
    Guest guest(worker.path);
    guest.hello();
    CHECK_EQUAL(guest.welcome_result(), 0);
    CHECK_EQUAL(worker.events.wait_for("attached"), "attached " + std::to_string(::getpid()));
    struct stat found{};
    CHECK(::stat(worker.path.c_str(), &found) != 0);  // nobody else can come in

    guest.batch(sync_batch(5));
    guest.client->pump(50);
    CHECK(!worker.events.wait_for("wants").empty());
    guest.client->pump(50);
    CHECK_EQUAL(guest.client->messages(guest.stream).size(), 1u);  // no lease, no work
    worker.engine->grant(10);
    CHECK_EQUAL(guest.wait_messages(2).size(), 2u);

    worker.engine->revoke();
    CHECK(!worker.events.wait_for("released").empty());
    guest.batch(sync_batch(6));
    guest.client->pump(50);
    CHECK(!worker.events.wait_for("wants").empty());
    worker.engine->grant(10);
    CHECK_EQUAL(guest.wait_messages(3).size(), 3u);
    CHECK_EQUAL(worker.meter(engine::Meter::leases), 2u);

    guest.batch(fake::Batch().add(wire::session_detach_Request{}, {.ticket = 7, .context = 0}));
    CHECK_EQUAL(guest.wait_status(), std::string("0"));
    CHECK_EQUAL(guest.client->messages(guest.stream).size(), 4u);
    CHECK_EQUAL(worker.events.wait_for("ended"), std::string("ended 0 "));
    CHECK_EQUAL(worker.meter(engine::Meter::records), 5u);
}

TEST(a_wrong_ticket_is_refused_and_the_right_guest_still_gets_in) {
    Worker worker;
    Guest stranger(worker.path);
    stranger.hello(std::byte{8});
    CHECK_EQUAL(stranger.wait_status(), std::string("16"));
    Guest guest(worker.path);
    guest.hello();
    CHECK_EQUAL(guest.welcome_result(), 0);
}

TEST(guessing_tickets_ends_the_session) {
    Worker worker;
    for (int attempt = 0; attempt < 8; ++attempt) {
        Guest stranger(worker.path);
        stranger.hello(std::byte{9});
        CHECK_EQUAL(stranger.wait_status(), std::string("16"));
    }
    CHECK(worker.events.wait_for("ended").starts_with("ended 999"));
}

TEST(a_ticket_nobody_shows_expires) {
    Worker worker(100);
    CHECK(worker.events.wait_for("ended").starts_with("ended 999 no guest"));
}

TEST(a_guest_of_another_version_is_told_both) {
    Worker worker;
    Guest guest(worker.path);
    guest.hello(std::byte{7}, {.wire_version = 77});
    CHECK_EQUAL(guest.welcome_result(), 803);
    CHECK_EQUAL(guest.wait_status(), std::string("9"));
    CHECK(worker.events.wait_for("ended").starts_with("ended 803"));
}

TEST(no_visible_device_is_no_device) {
    for (const char* list : {"", "1", "-1", "7,0", "GPU-0000"}) {
        Worker worker;
        Guest guest(worker.path);
        guest.hello(std::byte{7}, {.visible_devices = list, .has_visible_devices = true});
        CHECK_EQUAL(guest.welcome_result(), 100);
    }
    for (const char* list : {"0", " 0 ,1", "0,-1", "GPU-46", "0,0"}) {
        Worker worker;
        Guest guest(worker.path);
        guest.hello(std::byte{7}, {.visible_devices = list, .has_visible_devices = true});
        CHECK_EQUAL(guest.welcome_result(), 0);
    }
}

TEST(a_guest_that_vanishes_ends_its_session) {
    Worker worker;
    {
        Guest guest(worker.path);
        guest.hello();
        CHECK_EQUAL(guest.welcome_result(), 0);
    }
    CHECK(worker.events.wait_for("ended").starts_with("ended 999"));
}

TEST(a_guest_that_vanishes_while_it_waits_for_its_turn_is_noticed) {
    Worker worker;
    {
        Guest guest(worker.path);
        guest.hello();
        CHECK_EQUAL(guest.welcome_result(), 0);
        guest.batch(sync_batch(5));
        guest.client->pump(50);
        CHECK(!worker.events.wait_for("wants").empty());
    }
    CHECK(worker.events.wait_for("ended").starts_with("ended 999"));
}

TEST(a_malformed_record_ends_in_farewell_and_status) {
    Worker worker;
    Guest guest(worker.path);
    guest.hello();
    CHECK_EQUAL(guest.welcome_result(), 0);
    worker.engine->grant(10);
    fake::Batch batch = sync_batch(5);
    batch.bytes.resize(batch.bytes.size() + 24, std::byte{0xEE});
    guest.batch(batch);
    CHECK_EQUAL(guest.wait_status(), std::string("3"));
    const auto messages = guest.client->messages(guest.stream);
    CHECK_EQUAL(messages.size(), 3u);  // welcome, the reply to what came before, farewell
    CHECK_EQUAL(h2::varint_field(h2::frame_field(messages.back(), 3), 1), 999u);
    CHECK(worker.events.wait_for("ended").starts_with("ended 999"));
}

TEST(the_daemon_can_end_a_session) {
    Worker worker;
    Guest guest(worker.path);
    guest.hello();
    CHECK_EQUAL(guest.welcome_result(), 0);
    worker.engine->stop(999);
    CHECK_EQUAL(guest.wait_status(), std::string("14"));
    CHECK(worker.events.wait_for("ended").starts_with("ended 999 the daemon"));
}

TEST(a_folder_open_to_others_is_refused) {
    char name[] = "/tmp/ferry-open-XXXXXX";
    const std::string folder = ::mkdtemp(name);
    ::chmod(folder.c_str(), 0755);
    Events events;
    engine::Options options;
    options.socket_path = folder + "/worker.sock";
    options.ticket_ttl_ms = 1000;
    {
        engine::Engine engine(options, events);
        CHECK(events.wait_for("ended").find("0700") != std::string::npos);
    }
    ::rmdir(folder.c_str());
}

}  // namespace
