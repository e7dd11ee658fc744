// A guest that has attached properly and then lies in the shared memory: positions, sizes, words that change
// after they have been looked at, flags, doorbells, addresses in and around the arena, and frames beside the
// ring. Everything follows from a seed. Used by hostile_ring_test.cc.
#pragma once
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <thread>

#include "fake_ring.h"
#include "fake_worker.h"
#include "host/dispatch.h"

namespace fake {

inline constexpr std::uint64_t kArenaBase = 0x7e9000000000;
inline constexpr std::uint64_t kArenaSize = std::uint64_t{64} << 20;

class Mischief {
public:
    Mischief(RingGuest& ring, Guest& guest, int host_bell, std::uint64_t seed)
        : ring_(ring), guest_(guest), host_bell_(host_bell), random_(seed) {
        for (unsigned call = 0; call <= 0xFFFF; ++call) {
            const auto id = static_cast<std::uint16_t>(call);
            if (engine::find_handler(id) != nullptr) calls_.push_back(id);
        }
        publish(sync_batch(1).bytes);
    }
    // Until the worker has hung up, or for so many steps.
    void run(unsigned steps) {
        const std::uint64_t flips = random_();
        std::atomic<bool> over{false};
        std::thread flipping([&] { flip(over, flips); });
        for (unsigned step = 0; step < steps && guest_.client->open; ++step) {
            if (random_() % 200 == 0) lie();
            if (random_() % 256 == 0) publish(records_of(random_() % 20));
            publish(pins());
            if (random_() % 8 == 0) ring_bell();
            if (random_() % 4 == 0) read_replies();
            if (step % 32 == 0) (void)guest_.client->pump(0);
            if (random_() % 128 == 0) std::this_thread::yield();
        }
        over.store(true);
        flipping.join();
    }

private:
    // One in two sessions is flipped, and then seldom: what follows is to be reached, too. Never under
    // ThreadSanitizer, which would report the race that this is meant to be.
    void flip(const std::atomic<bool>& over, std::uint64_t seed) {
#if defined(__SANITIZE_THREAD__)
        seed = 1;
#endif
        std::mt19937_64 random(seed);
        auto* words = reinterpret_cast<volatile std::uint32_t*>(ring_.data());
        while (seed % 2 == 0 && !over.load()) {
            const std::size_t at = random() % (ring_.terms.command_bytes / sizeof *words);
            words[at] = static_cast<std::uint32_t>(random() % 3 == 0 ? random() : random() % 512 * 8);
            ::usleep(static_cast<unsigned>(random() % 200));
        }
    }
    std::uint64_t word() {
        switch (random_() % 7) {
            case 0:
                return random_() % 64;
            case 1:
                return ~std::uint64_t{0} - random_() % 4096;
            case 2:
                return kArenaBase + random_() % (2 * kArenaSize) - kArenaSize / 2;
            case 3:
                return random_() % (kArenaSize * 2);
            case 4:
                return std::uint64_t{1} << (random_() % 64);
            case 5:
                return random_();
            default:
                return wire::Handle::make(static_cast<wire::HandleKind>(random_() % 9), 1,
                                          static_cast<std::uint32_t>(random_() % 4))
                    .value;
        }
    }
    // Lawful records with addresses in and around the arena, mostly pages of it.
    std::vector<std::byte> pins() {
        const auto page = [this] { return kArenaBase + random_() % (kArenaSize / 4096) * 4096; };
        const std::uint64_t address = random_() % 512 == 0 ? word() : page();
        const std::uint64_t size = random_() % 512 == 0 ? word() : (1 + random_() % 64) * 4096;
        Batch batch;
        if (random_() % 8 == 0) {
            batch.add(wire::session_pin_Request{.address = address, .size = size}, {.ticket = 3});
        }
        if (random_() % 64 == 0) batch.add(wire::session_unpin_Request{.address = address});
        batch.add(wire::cuMemcpyDtoHAsync_v2_Request{.src = address, .size = size % 100'000, .stream = {}},
                  {.ticket = 5});
        batch.add(wire::cuMemGetInfo_v2_Request{}, {.ticket = 6});
        return batch.bytes;
    }
    std::vector<std::byte> records_of(std::size_t count) {
        std::vector<std::byte> bytes;
        for (; count != 0; --count) {
            const std::size_t words = random_() % 10;
            const wire::RecordHeader header{static_cast<std::uint32_t>(16 + words * 8),
                                            calls_[random_() % calls_.size()],
                                            static_cast<std::uint16_t>(random_() % 2),
                                            static_cast<std::uint32_t>(random_() % 9),
                                            static_cast<std::uint16_t>(random_() % 3),
                                            static_cast<std::uint16_t>(random_() % 3)};
            const std::size_t start = bytes.size();
            bytes.resize(start + header.size);
            std::memcpy(bytes.data() + start, &header, sizeof header);
            for (std::size_t index = 0; index < words; ++index) {
                const std::uint64_t value = word();
                std::memcpy(bytes.data() + start + 16 + index * 8, &value, sizeof value);
            }
        }
        return bytes;
    }
    void publish(std::span<const std::byte> records) {
        while (!records.empty()) {
            std::uint32_t size = 0;
            std::memcpy(&size, records.data(), sizeof size);
            std::byte* at = ring_.writer.reserve(size);
            if (at == nullptr) return;
            std::memcpy(at, records.data(), size);
            ring_.writer.publish(size);
            records = records.subspan(size);
        }
        if (ring_.writer.must_ring()) ring_bell();
    }
    void read_replies() {
        std::span<const std::byte> records;
        if (ring_.reader.next(records) == wire::RingReader::State::run) ring_.reader.done(records.size());
    }
    void ring_bell() {
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t written = ::write(host_bell_, &one, sizeof one);
    }
    void lie() {
        wire::SharedPage& page = ring_.page();
        switch (random_() % 12) {
            case 0:
                return page.commands.tail.store(random_());
            case 1:
                return page.commands.tail.store(ring_.writer.published() + random_() % 8192);
            case 2:
                return page.commands.tail.store(random_() % (ring_.writer.published() + 1));
            case 3:
                return page.replies.head.store(random_() >> (random_() % 64));
            case 4:
                return page.commands.consumer_asleep.store(static_cast<std::uint32_t>(random_() % 3));
            case 5:
                return page.commands.producer_waits.store(static_cast<std::uint32_t>(random_() % 3));
            case 6:
                return page.replies.consumer_asleep.store(static_cast<std::uint32_t>(random_() % 3));
            case 7:
                return page.guest_waits.store(static_cast<std::uint32_t>(random_()));
            case 8:
                return pieces_without_end();
            case 9:
                return bells();
            case 10:
                return guest_.batch(sync_batch(9));
            default:
                return guest_.client->raw(std::as_bytes(std::span("\x00\x00\x10\x00lies", 9)));
        }
    }
    void pieces_without_end() {
        for (int count = 0; count < 500; ++count) {
            std::byte* at = ring_.writer.reserve(wire::kPieceHead + 256);
            if (at == nullptr) return;
            const std::uint32_t head[2] = {wire::kPiece | static_cast<std::uint32_t>(random_() % 257), 0};
            std::memcpy(at, head, sizeof head);
            ring_.writer.publish(wire::kPieceHead + 256);
        }
    }
    // Full, blocking, empty, many times: the flags of an eventfd belong to both ends.
    void bells() {
        (void)::fcntl(host_bell_, F_SETFL, O_NONBLOCK);
        const std::uint64_t full = ~std::uint64_t{0} - 1;
        [[maybe_unused]] ssize_t done = ::write(host_bell_, &full, sizeof full);
        std::uint64_t count = 0;
        if (random_() % 2 == 0) done = ::read(host_bell_, &count, sizeof count);
        for (int bell = 0; bell < 1000; ++bell) ring_bell();
        // Ours goes on through a description that must not block us.
        if (random_() % 2 == 0) return;
        done = ::read(host_bell_, &count, sizeof count);
    }

    RingGuest& ring_;
    Guest& guest_;
    int host_bell_;
    std::mt19937_64 random_;
    std::vector<std::uint16_t> calls_;
};

}  // namespace fake
