// A guest's lane of GL: attaches to an engine as one and speaks through a ring with an arena, or over gRPC.
// Used by the tests of GL's lanes. Where the host has no EGL, no_gl() says so, once and aloud.
#pragma once
#include <sys/mman.h>

#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "device/gl_driver.h"
#include "fake_ring.h"
#include "fake_worker.h"

namespace fake {

inline bool no_gl() {
    static const std::string why = []() -> std::string {
#if defined(__SANITIZE_THREAD__)
        const char* untold = "a driver of GL does not tell ThreadSanitizer what it orders";
        std::cout << "  skipped: " << untold << std::endl;
        return untold;
#endif
        const auto driver = device::GlDriver::open();
        if (!driver.ok()) std::cout << "  skipped: " << driver.message() << std::endl;
        return driver.ok() ? std::string() : driver.message();
    }();
    return !why.empty();
}

struct GlLane {
    static constexpr std::uint64_t kArena = std::uint64_t{16} << 20;

    GlLane(const std::string& path, std::span<const std::byte> ticket, bool wants_ring = true) : guest(path) {
        h2::HelloFields fields;
        fields.spec_hash = std::string(wire::kSpecHash);
        fields.ticket.assign(ticket.begin(), ticket.end());
        fields.api = wire::kApiGl;
        fields.wants_ring = wants_ring;
        if (wants_ring) {
            fields.arena_base = free_place();
            fields.arena_size = kArena;
        }
        guest.client->data(guest.stream, h2::hello(fields));
        const auto messages = guest.wait_messages(1);
        CHECK_EQUAL(guest.welcome_result(), 0);
        if (messages.empty() || !wants_ring) return;
        const auto terms = h2::frame_field(h2::frame_field(messages[0], 1), 4);
        CHECK_EQUAL(guest.client->passed.size(), 3u);
        if (guest.client->passed.size() != 3) return;
        const int descriptors[] = {guest.client->passed[0].get(), guest.client->passed[1].get(),
                                   guest.client->passed[2].get()};
        const transport::RingTerms given{h2::varint_field(terms, 1), h2::varint_field(terms, 2),
                                         static_cast<std::uint32_t>(h2::varint_field(terms, 3)),
                                         h2::varint_field(terms, 4), h2::varint_field(terms, 5)};
        CHECK_EQUAL(given.arena_bytes, kArena);
        arena_base = given.arena_base;
        ring.emplace(given, descriptors);
    }
    explicit GlLane(Worker& worker) : GlLane(worker.path, std::vector<std::byte>(32, std::byte{7})) {
        worker.engine->grant(1000);
    }

    void send(const Batch& batch) { ring->send(batch); }
    template <class Request>
    Reply ask(const Request& request) {
        ring->send(Batch().add(request, {.ticket = ++last_ticket, .context = 0}));
        return ring->reply_to(last_ticket);
    }
    template <class Request>
    void say(const Request& request) {
        ring->send(Batch().add(request, {.context = 0}));
    }
    // A context; false when there is none, after a finding.
    bool create(std::uint32_t group = 1, std::uint32_t profile = 2) {
        const Reply reply = ask(wire::gl_context_create_Request{.group = group, .profile = profile});
        const auto made = read_payload<wire::gl_context_create_Reply>(reply);
        CHECK_EQUAL(reply.header.result, 0);
        CHECK(!made.strings.empty() && !made.extensions.empty() && !made.values.empty());
        return reply.header.kind == 1 && reply.header.result == 0;
    }
    std::uint32_t error() {
        const Reply reply = ask(wire::gl_error_Request{});
        return read_payload<wire::gl_error_Reply>(reply).error;
    }
    // A further lane of the same process.
    std::unique_ptr<GlLane> open_lane(std::uint32_t* number = nullptr) {
        const Reply reply = ask(wire::gl_open_lane_Request{});
        const auto opened = read_payload<wire::gl_open_lane_Reply>(reply);
        CHECK_EQUAL(reply.header.result, 0);
        if (reply.header.result != 0) return nullptr;
        if (number != nullptr) *number = opened.lane;
        const std::string endpoint = wire::c_string(opened.endpoint);
        CHECK(endpoint.starts_with("unix:/"));
        return std::make_unique<GlLane>(endpoint.substr(5), opened.ticket);
    }

    Guest guest;
    std::optional<RingGuest> ring;
    std::uint64_t arena_base = 0;
    std::uint32_t last_ticket = 0;

private:
    // Engine and guest are one process here, and the engine needs the place free: well below what the system
    // gives out by itself.
    static std::uint64_t free_place() {
        static std::uint64_t next = [] {
            void* page = ::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            ::munmap(page, 4096);
            const auto address = reinterpret_cast<std::uint64_t>(page);
            return (address - (std::uint64_t{64} << 30)) / kArena * kArena;
        }();
        return next -= kArena;
    }
};

}  // namespace fake
