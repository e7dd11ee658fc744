// A whole engine, and a guest that has attached to it and speaks through a ring.
#pragma once
#include <optional>

#include "fake_ring.h"
#include "fake_worker.h"

namespace fake {

struct Attached {
    explicit Attached(std::uint64_t ring_bytes = 0, const device::NullOptions& null_device = {})
        : worker(5000, null_device), guest(worker.path) {
        guest.hello(std::byte{7}, {.wants_ring = true, .ring_bytes = ring_bytes});
        const auto messages = guest.wait_messages(1);
        CHECK_EQUAL(guest.welcome_result(), 0);
        const auto terms = h2::frame_field(h2::frame_field(messages[0], 1), 4);
        CHECK_EQUAL(guest.client->passed.size(), 3u);
        if (guest.client->passed.size() != 3) return;
        const int descriptors[] = {guest.client->passed[0].get(), guest.client->passed[1].get(),
                                   guest.client->passed[2].get()};
        const transport::RingTerms given{h2::varint_field(terms, 1), h2::varint_field(terms, 2),
                                         static_cast<std::uint32_t>(h2::varint_field(terms, 3)),
                                         h2::varint_field(terms, 4), h2::varint_field(terms, 5)};
        ring.emplace(given, descriptors);
    }
    std::string ended() { return worker.events.wait_for("ended"); }
    Worker worker;
    Guest guest;
    std::optional<fake::RingGuest> ring;
};

}  // namespace fake
