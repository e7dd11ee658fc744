// A whole engine on its thread, over a real socket: attach, tickets, turns, and every way a session ends.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "check.h"
#include "engine/engine.h"
#include "engine/meters.h"
#include "fake_channel.h"
#include "h2_client.h"
#include "wire/call_id.h"

namespace {

using namespace std::chrono_literals;

struct Events final : engine::Events {
    void listening(unsigned) override { note("listening"); }
    void attached(int pid, unsigned) override { note("attached " + std::to_string(pid)); }
    void wants() override { note("wants"); }
    void released() override { note("released"); }
    void ended(int result, const std::string& message) override {
        note("ended " + std::to_string(result) + " " + message);
    }
    void log(engine::LogLevel, const std::string&) override {}

    void note(const std::string& event) {
        const std::lock_guard lock(mutex);
        seen.push_back(event);
        changed.notify_all();
    }
    // The first event from now on that starts so; empty after 5 s without one.
    std::string wait_for(const std::string& start) {
        std::unique_lock lock(mutex);
        std::string found;
        changed.wait_for(lock, 5s, [&] {
            for (; next < seen.size() && found.empty(); ++next) {
                if (seen[next].starts_with(start)) found = seen[next];
            }
            return !found.empty();
        });
        return found;
    }
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::string> seen;
    std::size_t next = 0;
};

struct Worker {
    explicit Worker(std::uint32_t ttl_ms = 5000) {
        char name[] = "/tmp/ferry-session-XXXXXX";
        folder = ::mkdtemp(name);
        engine::Options options;
        options.socket_path = folder + "/s/worker.sock";
        options.ticket.fill(std::byte{7});
        options.ticket_ttl_ms = ttl_ms;
        options.meters = meters;
        path = options.socket_path;
        engine = std::make_unique<engine::Engine>(options, events);
        CHECK(!events.wait_for("listening").empty());
    }
    ~Worker() {
        engine.reset();
        ::unlink(path.c_str());
        ::rmdir((folder + "/s").c_str());
        ::rmdir(folder.c_str());
    }
    // As the daemon reads them: each number whole, while the engine may be writing it.
    std::uint64_t meter(engine::Meter which) {
        return std::atomic_ref<std::uint64_t>(meters[static_cast<std::size_t>(which)]).load();
    }
    Events events;
    std::string folder;
    std::string path;
    std::uint64_t meters[engine::kMeterSlots] = {};
    std::unique_ptr<engine::Engine> engine;
};

struct Guest {
    explicit Guest(const std::string& path) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        client = std::make_unique<h2::Client>(fd);
        stream = client->request(h2::attach_headers());
    }
    void hello(std::byte ticket = std::byte{7}, h2::HelloFields fields = {}) {
        fields.ticket.assign(32, ticket);
        if (fields.spec_hash.empty()) fields.spec_hash = std::string(wire::kSpecHash);
        client->data(stream, h2::hello(fields));
    }
    void batch(const fake::Batch& records) { client->data(stream, h2::batch(++sequence, 0, records.bytes)); }
    bool until(const std::function<bool()>& condition) {
        const auto deadline = std::chrono::steady_clock::now() + 5s;
        while (!condition() && std::chrono::steady_clock::now() < deadline) {
            if (!client->pump(20)) return condition();
        }
        return condition();
    }
    std::vector<std::vector<std::byte>> wait_messages(std::size_t count) {
        until([&] { return client->messages(stream).size() >= count; });
        return client->messages(stream);
    }
    std::string wait_status() {
        until([&] { return !client->streams[stream].grpc_status().empty(); });
        return client->streams[stream].grpc_status();
    }
    int welcome_result() {
        const auto messages = wait_messages(1);
        if (messages.empty()) return -1;
        return static_cast<int>(h2::varint_field(h2::frame_field(messages[0], 1), 1));
    }
    std::unique_ptr<h2::Client> client;
    std::int32_t stream = 0;
    std::uint64_t sequence = 0;
    bool connected = false;
};

fake::Batch sync_batch(std::uint32_t ticket) {
    fake::Batch batch;
    batch.add(
        wire::cuDevicePrimaryCtxRetain_Request{.context = fake::context_handle(), .device = 0, .flags = 0},
        {.context = 0});
    batch.add(wire::cuMemGetInfo_v2_Request{}, {.ticket = ticket});
    return batch;
}

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
