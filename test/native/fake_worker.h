// A whole engine on its thread, and a guest that speaks gRPC to it. Used by the tests of sessions.
#pragma once
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "check.h"
#include "engine/engine.h"
#include "engine/meters.h"
#include "fake_channel.h"
#include "h2_client.h"
#include "wire/call_id.h"

namespace fake {

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
    // The first event from now on that starts so; empty after kPatience without one.
    std::string wait_for(const std::string& start) {
        std::unique_lock lock(mutex);
        std::string found;
        changed.wait_for(lock, kPatience, [&] {
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
    explicit Worker(std::uint32_t ttl_ms = 5000, const device::NullOptions& null_device = {}) {
        char name[] = "/tmp/ferry-session-XXXXXX";
        folder = ::mkdtemp(name);
        engine::Options options;
        options.socket_path = folder + "/s/worker.sock";
        options.ticket.fill(std::byte{7});
        options.ticket_ttl_ms = ttl_ms;
        options.meters = meters;
        options.null_device = null_device;
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
    void batch(const Batch& records) { client->data(stream, h2::batch(++sequence, 0, records.bytes)); }
    void callbacks_done(std::uint64_t count) { client->data(stream, h2::callbacks_done(count)); }
    bool until(const std::function<bool()>& condition) {
        const auto deadline = std::chrono::steady_clock::now() + kPatience;
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

// A context, and a call that is answered.
inline Batch sync_batch(std::uint32_t ticket) {
    Batch batch;
    batch.add(
        wire::cuDevicePrimaryCtxRetain_Request{.context = context_handle(), .device = 0, .flags = 0},
        {.context = 0});
    batch.add(wire::cuMemGetInfo_v2_Request{}, {.ticket = ticket});
    return batch;
}

}  // namespace fake
