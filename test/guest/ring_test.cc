// The ring both ends share: what is written is read, in order and whole, however small the ring; nobody
// sleeps through a doorbell; and no words of the other end lead a reader or a writer out of its bytes.
#include "wire/ring.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "unit.h"

using unit::Bytes;

namespace {

struct Ring {
    explicit Ring(std::size_t ring_size)
        : size(ring_size),
          data(std::make_unique<std::byte[]>(ring_size)),
          writer(&words, data.get(), ring_size) {
        reader.open(&words, data.get(), ring_size, std::size_t{64} << 20);
    }
    std::size_t size;
    wire::RingWords words;
    std::unique_ptr<std::byte[]> data;
    wire::RingWriter writer;
    wire::RingReader reader;
};

// A record of that many bytes, a multiple of 8: its size, its number, and bytes that follow from both.
Bytes record_of(std::size_t size, std::uint32_t number) {
    Bytes record(size);
    for (std::size_t at = 8; at < size; ++at) record[at] = static_cast<std::byte>(at * 31 + number);
    const auto word = static_cast<std::uint32_t>(size);
    std::memcpy(record.data(), &word, sizeof word);
    std::memcpy(record.data() + 4, &number, sizeof number);
    return record;
}

// Mostly small, sometimes larger than an item can be.
std::size_t draw_size(unit::Random& random, std::size_t ring_size) {
    const std::size_t most = random.below(16) == 0 ? 3 * ring_size : ring_size / 16;
    return 16 + random.below(most / 8) * 8;
}

// Writes as much of it as there is room for; true when all of it has been.
bool write_some(wire::RingWriter& writer, const Bytes& record, std::size_t& done) {
    if (record.size() > writer.whole()) {
        done += writer.publish_pieces(std::span(record).subspan(done));
        return done == record.size();
    }
    std::byte* at = writer.reserve(record.size());
    if (at == nullptr) return false;
    std::memcpy(at, record.data(), record.size());
    writer.publish(record.size());
    return true;
}

// Splits a run and compares; false at the first record that is not the expected one.
bool expect_run(std::span<const std::byte> run, std::uint32_t& number) {
    while (!run.empty()) {
        std::uint32_t size = 0;
        std::memcpy(&size, run.data(), sizeof size);
        if (size < 16 || size > run.size()) return false;
        const Bytes expected = record_of(size, number++);
        if (std::memcmp(run.data(), expected.data(), size) != 0) return false;
        run = run.subspan(size);
    }
    return true;
}

void ring_bell(int bell) {
    const std::uint64_t one = 1;
    CHECK(write(bell, &one, sizeof one) == sizeof one);
}

// False: nobody rang for far longer than anything here takes.
bool await_bell(int bell) {
    pollfd entry{bell, POLLIN, 0};
    if (poll(&entry, 1, 60'000) != 1) return false;
    std::uint64_t rings = 0;
    return read(bell, &rings, sizeof rings) == sizeof rings;
}

const std::uint32_t kAcross = 20'000 * static_cast<std::uint32_t>(unit::scale());

// `unordered`: as who leaves its fences out.
void produce(Ring& ring, int own_bell, int other_bell, bool unordered) {
    unit::Random random(12);
    const auto must_ring = [&] {
        return unordered ? ring.writer.must_ring_after_exchange(true) : ring.writer.must_ring();
    };
    for (std::uint32_t number = 0; number < kAcross; ++number) {
        const Bytes record = record_of(draw_size(random, ring.size), number);
        std::size_t done = 0;
        bool all = false;
        while (!all) {
            all = write_some(ring.writer, record, done);
            if (must_ring()) ring_bell(other_bell);
            if (!all && ring.writer.begin_wait() && !await_bell(own_bell)) return CHECK(!"a lost doorbell");
        }
    }
}

void consume(Ring& ring, int own_bell, int other_bell) {
    std::uint32_t number = 0;
    while (number < kAcross) {
        std::span<const std::byte> run;
        const auto state = ring.reader.next(run);
        if (state == wire::RingReader::State::run) {
            if (!expect_run(run, number)) return CHECK(!"the records in order");
            ring.reader.done(run.size());
        }
        if (ring.reader.must_ring()) ring_bell(other_bell);
        if (state == wire::RingReader::State::broken) return CHECK(!"an honest ring");
        if (state == wire::RingReader::State::empty && ring.reader.begin_sleep()) {
            const bool rung = await_bell(own_bell);
            ring.reader.end_sleep();
            if (!rung) return CHECK(!"a lost doorbell");
        }
    }
}

// A reader that goes to sleep as soon as it has read, while the next record is just being written: where
// `unordered` writers are not made to pass its barrier, both look too early. The doorbell is a word, so that
// nothing but the ring orders the two.
void race_to_sleep(bool unordered, std::uint32_t count) {
    Ring ring(4096);
    ring.reader.offer_order();
    CHECK(ring.writer.stop_fencing() == unordered);
    std::atomic<std::uint32_t> bell{0};
    std::thread producer([&] {
        unit::Random random(31);
        for (std::uint32_t number = 0; number < count; ++number) {
            // The flag is kept in this core's cache, where a look finds it before a store has left.
            const auto look = [&] { return ring.words.consumer_asleep.load(std::memory_order_relaxed); };
            while (!ring.writer.has_free(ring.size)) static_cast<void>(look());
            for (std::size_t pause = random.below(60); pause != 0; --pause) static_cast<void>(look());
            std::byte* at = ring.writer.reserve(16);
            const std::uint32_t words[4] = {16, number, 0, 0};
            std::memcpy(at, words, sizeof words);
            ring.writer.publish(16);
            if (unordered ? ring.writer.must_ring_after_exchange(true) : ring.writer.must_ring())
                bell.store(1);
        }
    });
    const auto rung = [&] {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (bell.exchange(0, std::memory_order_acquire) == 0) {
            if (std::chrono::steady_clock::now() > until) return false;
        }
        return true;
    };
    unit::Random random(32);
    std::uint32_t lost = 0;
    for (std::uint32_t read = 0; read < count;) {
        std::span<const std::byte> run;
        if (ring.reader.next(run) == wire::RingReader::State::run) {
            ring.reader.done(run.size());
            ++read;
            // As long as the writer takes for the next one, more or less.
            for (std::size_t pause = random.below(300); pause != 0; --pause) asm volatile("");
        }
        if (read < count && ring.reader.begin_sleep()) {
            lost += rung() ? 0 : 1;
            ring.reader.end_sleep();
        }
    }
    producer.join();
    CHECK(lost == 0);
}

void run_two_threads(bool unordered) {
    for (const std::size_t size : {std::size_t{4096}, std::size_t{65536}}) {
        Ring ring(size);
        CHECK(!ring.writer.stop_fencing());
        if (unordered) {
            ring.reader.offer_order();
            CHECK(ring.writer.stop_fencing());
        }
        const int reader_bell = eventfd(0, EFD_CLOEXEC);
        const int writer_bell = eventfd(0, EFD_CLOEXEC);
        std::thread producer([&] { produce(ring, writer_bell, reader_bell, unordered); });
        consume(ring, reader_bell, writer_bell);
        producer.join();
        close(reader_bell);
        close(writer_bell);
    }
}

}  // namespace

TEST("a ring hands out what was written, whole and in order, at any size") {
    for (const std::size_t size : {std::size_t{4096}, std::size_t{8192}, std::size_t{1} << 20}) {
        Ring ring(size);
        unit::Random random(size);
        std::uint32_t written = 0;
        std::uint32_t read = 0;
        Bytes record;
        std::size_t done = 0;
        for (int step = 0; step < 20'000; ++step) {
            if (random.below(2) == 0) {
                if (record.empty()) record = record_of(draw_size(random, size), written);
                if (write_some(ring.writer, record, done)) {
                    ++written;
                    record.clear();
                    done = 0;
                }
                continue;
            }
            std::span<const std::byte> run;
            const auto state = ring.reader.next(run);
            CHECK(state != wire::RingReader::State::broken);
            if (state != wire::RingReader::State::run) continue;
            // Sometimes only the first record is dealt with; the rest comes again.
            std::uint32_t first = 0;
            std::memcpy(&first, run.data(), sizeof first);
            const auto taken = run.first(random.below(4) == 0 ? first : run.size());
            CHECK(expect_run(taken, read));
            ring.reader.done(taken.size());
        }
        CHECK(written > 1000 && read > 1000 && read <= written);
    }
}

TEST("whoever has waited for room can write the largest item") {
    Ring ring(4096);
    unit::Random random(5);
    std::uint32_t written = 0;
    for (int step = 0; step < 20'000; ++step) {
        const Bytes record = record_of(16 + random.below((ring.writer.whole() - 8) / 8) * 8, written);
        std::size_t done = 0;
        const bool roomy = ring.writer.roomy();
        const bool fits = write_some(ring.writer, record, done);
        CHECK(fits || !roomy);
        if (fits) ++written;
        std::span<const std::byte> run;
        if (fits || ring.reader.next(run) != wire::RingReader::State::run) continue;
        std::uint32_t first = 0;
        std::memcpy(&first, run.data(), sizeof first);
        ring.reader.done(first);
    }
}

TEST("two threads that sleep whenever they can lose no record and no doorbell") { run_two_threads(false); }

TEST("two threads lose no doorbell where the one that reads makes the other's fences") {
    if (!wire::register_for_barriers()) {
        std::printf("skipped: no membarrier(2) here\n");
        return;
    }
    run_two_threads(true);
    race_to_sleep(true, 100'000 * static_cast<std::uint32_t>(unit::scale()));
}

TEST("no words of the writer lead the reader out of the ring") {
    unit::Random random(9);
    int broken = 0;
    for (int round = 0; round < 20'000; ++round) {
        Ring ring(4096);
        const std::size_t lies = 1 + random.below(6);
        for (std::size_t at = 0; at < 4096; at += 8) {
            std::uint32_t word = static_cast<std::uint32_t>(8 * (1 + random.below(40)));
            if (random.below(60) < lies) word = static_cast<std::uint32_t>(random.next());
            std::memcpy(ring.data.get() + at, &word, sizeof word);
        }
        std::uint64_t tail = random.below(513) * 8;
        if (random.below(8) == 0) tail = random.next();
        ring.words.tail.store(tail);
        for (int step = 0; step < 40; ++step) {
            std::span<const std::byte> run;
            const auto state = ring.reader.next(run);
            broken += state == wire::RingReader::State::broken ? 1 : 0;
            if (state != wire::RingReader::State::run) break;
            std::byte sum{};
            for (const std::byte byte : run) sum ^= byte;
            [[maybe_unused]] volatile std::byte seen = sum;
            ring.reader.done(run.size());
            if (random.below(8) == 0) ring.words.tail.store(random.next());
        }
    }
    CHECK(broken > 1000);
}

TEST("no position of the reader leads the writer out of the ring") {
    unit::Random random(10);
    for (int round = 0; round < 20'000; ++round) {
        Ring ring(4096);
        for (int step = 0; step < 30; ++step) {
            const Bytes record = record_of(draw_size(random, 4096), 0);
            std::size_t done = 0;
            write_some(ring.writer, record, done);
            if (random.below(3) == 0) ring.words.head.store(random.next() >> random.below(64));
        }
    }
}

TEST("pieces that never end are not gathered beyond the limit") {
    Ring ring(4096);
    wire::RingReader reader(&ring.words, ring.data.get(), 4096, 10'000);
    const Bytes record = record_of(20'000, 1);
    std::size_t done = 0;
    auto state = wire::RingReader::State::empty;
    while (done < record.size() && state == wire::RingReader::State::empty) {
        write_some(ring.writer, record, done);
        std::span<const std::byte> run;
        state = reader.next(run);
    }
    CHECK(state == wire::RingReader::State::broken);
}
