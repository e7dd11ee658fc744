// Guests that attach properly and then lie in the shared memory (mischief.h): against an engine in this
// process, under a sanitizer; and, where FERRY_HOSTILE_SOCKET names one, against a real worker, for
// native.test.ts. FERRY_TEST_SEED repeats a run. Whatever they do, the session ends when they hang up.
#include <cstdlib>
#include <optional>

#include "mischief.h"

namespace {

using fake::Guest;

constexpr unsigned kSteps = 4000;

std::uint64_t number_of(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Hello, and then `steps` of mischief.
void attack(Guest& guest, std::byte ticket, std::uint64_t seed) {
    const std::uint64_t ring_bytes = seed % 3 == 0 ? 4096 : 65536;
    guest.hello(ticket, {.wants_ring = true,
                         .arena_base = fake::kArenaBase,
                         .arena_size = fake::kArenaSize,
                         .ring_bytes = ring_bytes});
    CHECK_EQUAL(guest.welcome_result(), 0);
    const auto messages = guest.wait_messages(1);
    CHECK_EQUAL(guest.client->passed.size(), 3u);
    if (guest.client->passed.size() != 3) return;
    const auto terms = h2::frame_field(h2::frame_field(messages[0], 1), 4);
    const int descriptors[] = {guest.client->passed[0].get(), guest.client->passed[1].get(),
                               guest.client->passed[2].get()};
    const transport::RingTerms given{h2::varint_field(terms, 1), h2::varint_field(terms, 2),
                                     static_cast<std::uint32_t>(h2::varint_field(terms, 3)),
                                     h2::varint_field(terms, 4), h2::varint_field(terms, 5)};
    fake::RingGuest ring(given, descriptors);
    fake::Mischief(ring, guest, descriptors[1], seed).run(kSteps);
}

TEST(no_words_in_the_shared_memory_hurt_an_engine) {
    if (std::getenv("FERRY_HOSTILE_SOCKET") != nullptr) return;
    const std::uint64_t first = number_of("FERRY_TEST_SEED", 1);
    const std::uint64_t rounds = number_of("FERRY_TEST_LONG", 0) == 1 ? 2000 : 100;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        fake::Worker worker;
        worker.engine->grant(10);
        std::optional<Guest> guest(worker.path);
        attack(*guest, std::byte{7}, first + round);
        guest.reset();
        const std::string ended = worker.events.wait_for("ended");
        CHECK(!ended.empty());
        if (ended.empty()) std::cout << "  seed " << first + round << std::endl;
    }
}

TEST(a_real_worker) {
    const char* socket = std::getenv("FERRY_HOSTILE_SOCKET");
    if (socket == nullptr) return;
    Guest guest(socket);
    attack(guest, std::byte{5}, number_of("FERRY_TEST_SEED", 1));
}

}  // namespace
