// See trace.h. The file: "FERRYTR1", u32 pid, u32 size of an event, u64 events lost (0 while it is written),
// then events as they come.
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>

#include "environment.h"
#include "log.h"
#include "session.h"

namespace guest {

constinit bool trace_on = false;

namespace {

constexpr std::size_t kPlaces = std::size_t{1} << 18;
constexpr std::size_t kWords = sizeof(wire::TraceEvent) / sizeof(std::uint64_t);
constexpr std::size_t kWrittenAtOnce = 4096;
constexpr long kIntervalNs = 10'000'000;
constexpr std::size_t kLostOffset = 16;

// A place is whole when `sequence` is one more than the number of the event in it. While it is written, that
// is marked with kWriting: a thread that is held up in the middle keeps it, however often the others come
// round.
constexpr std::uint64_t kWriting = std::uint64_t{1} << 63;
struct EventPlace {
    std::atomic<std::uint64_t> sequence;
    std::atomic<std::uint64_t> words[kWords];
};

constinit EventPlace* places = nullptr;  // zeros to begin with
constinit std::atomic<std::uint64_t> next_event{0};
constinit Mutex writing;  // guards what follows
constinit std::uint64_t written = 0;
constinit std::uint64_t lost = 0;
constinit int file = -1;
constinit std::array<wire::TraceEvent, kWrittenAtOnce> outgoing{};

// For event `number`. False: an older event is still being written there, or a newer one is there already.
bool claim(EventPlace& place, std::uint64_t number) {
    constexpr int kTurns = 1000;
    for (int turn = 0; turn < kTurns; ++turn) {
        std::uint64_t held = place.sequence.load(std::memory_order_relaxed);
        if ((held & ~kWriting) > number) return false;
        if ((held & kWriting) != 0) {
            sched_yield();
        } else if (place.sequence.compare_exchange_weak(held, kWriting | (number + 1),
                                                        std::memory_order_acquire)) {
            return true;
        }
    }
    return false;
}

// False: the event is not whole yet, and may become so. One that was overwritten or given up counts as lost.
bool take(std::uint64_t number, wire::TraceEvent& event, bool& good, bool last_words) {
    EventPlace& place = places[number % kPlaces];
    const std::uint64_t sequence = place.sequence.load(std::memory_order_acquire);
    const bool passed = (sequence & ~kWriting) > number + 1 ||
                        next_event.load(std::memory_order_relaxed) > number + kPlaces;
    good = sequence == number + 1;
    if (!good) return passed || last_words;
    std::uint64_t words[kWords];
    for (std::size_t index = 0; index < kWords; ++index) {
        words[index] = place.words[index].load(std::memory_order_relaxed);
    }
    std::atomic_thread_fence(std::memory_order_acquire);
    good = place.sequence.load(std::memory_order_relaxed) == sequence;
    memcpy(&event, words, sizeof event);
    return true;
}

// `last_words`: nothing that is not whole by now will be.
void write_out(bool last_words) {
    Guard guard(writing);
    const std::uint64_t end = next_event.load(std::memory_order_acquire);
    while (file >= 0 && written < end) {
        std::size_t count = 0;
        bool whole = true;
        while (written < end && count < kWrittenAtOnce && whole) {
            bool good = false;
            whole = take(written, outgoing[count], good, last_words);
            if (!whole) break;
            ++written;
            if (good) ++count;
            if (!good) ++lost;
        }
        const std::size_t size = count * sizeof(wire::TraceEvent);
        const bool kept = count == 0 || write(file, outgoing.data(), size) == static_cast<ssize_t>(size);
        if (!kept) lost += count;
        if (!whole) return;
    }
}

void* write_for_ever(void*) {
    for (;;) {
        const timespec interval{0, kIntervalNs};
        nanosleep(&interval, nullptr);
        write_out(false);
    }
}

bool open_file(const char* folder) {
    char path[512];
    snprintf(path, sizeof path, "%s/guest-%d.trace", folder, static_cast<int>(getpid()));
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct {
        char magic[8];
        std::uint32_t pid;
        std::uint32_t event_size;
        std::uint64_t lost;
    } head{{'F', 'E', 'R', 'R', 'Y', 'T', 'R', '1'}, static_cast<std::uint32_t>(getpid()),
           sizeof(wire::TraceEvent), 0};
    if (file >= 0 && write(file, &head, sizeof head) == sizeof head) return true;
    log_line(LogLevel::error, "cannot write a trace into FERRY_TRACE_FOLDER %s: %s", folder, strerror(errno));
    return false;
}

}  // namespace

void start_trace() {
    const char* folder = environment("FERRY_TRACE_FOLDER");
    if (folder == nullptr || trace_on || !open_file(folder)) return;
    constexpr int kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    void* memory = mmap(nullptr, kPlaces * sizeof(EventPlace), PROT_READ | PROT_WRITE, kAnonymous, -1, 0);
    if (memory == MAP_FAILED) return;
    places = static_cast<EventPlace*>(memory);
    trace_on = start_thread(write_for_ever, nullptr, "ferry-trace");
}

void finish_trace() {
    if (!trace_on) return;
    write_out(true);
    Guard guard(writing);
    if (pwrite(file, &lost, sizeof lost, kLostOffset) != sizeof lost || lost != 0) {
        log_line(LogLevel::error, "the trace is not whole: %llu events are lost",
                 static_cast<unsigned long long>(lost));
    }
}

void forget_trace_after_fork() {
    trace_on = false;
    writing.reset();
    if (file >= 0) close(file);
    file = -1;
    next_event.store(0, std::memory_order_relaxed);
    written = lost = 0;
    // The ring of the parent stays mapped here: it is never written, so it costs nothing.
}

void trace(const wire::TraceEvent& event) {
    std::uint64_t words[kWords];
    memcpy(words, &event, sizeof event);
    const std::uint64_t number = next_event.fetch_add(1, std::memory_order_relaxed);
    EventPlace& place = places[number % kPlaces];
    if (!claim(place, number)) return;
    // What is written below is not seen before the claim.
    std::atomic_thread_fence(std::memory_order_release);
    for (std::size_t index = 0; index < kWords; ++index) {
        place.words[index].store(words[index], std::memory_order_relaxed);
    }
    place.sequence.store(number + 1, std::memory_order_release);
}

}  // namespace guest
