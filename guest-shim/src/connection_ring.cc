// Waiting on the ring: for replies, and for room. The thread that leads reads the reply ring; it spins for a
// while, then sleeps on the link, its doorbell and the kick. A thread without room takes a seat among those
// that wait for replies, because somebody has to read those meanwhile: the host stops when too many lie
// unread. Part of connection.h's class; connection_wait.cc has what both carriers share.
#include <poll.h>
#include <sched.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "connection.h"
#include "wire/relax.h"

namespace guest {
namespace {

// Looks between two glances at the clock, and between two turns for others on this core.
constexpr unsigned kGlanceLooks = 64;
// Landings are left this long for the thread that will wait for them, which reads faster than the pump.
constexpr std::int64_t kPatienceNs = 2'000'000;
// How fast the device copies at least, and the longest wait that is spun through for it.
constexpr std::uint64_t kBytesPerNs = 4;
constexpr std::int64_t kLongSpinNs = 5'000'000;
constexpr std::int64_t kWatchNs = 100'000'000;

// In a process of several threads the kernel takes some ms to register it for barriers: the pump does that,
// and not for a program that is over sooner than this.
constexpr std::int64_t kSettledNs = 100'000'000;

// How many there are in this process; 0: not known.
std::uint64_t threads_here() {
    constexpr nlink_t kDots = 2;
    struct stat tasks{};
    return stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink > kDots ? tasks.st_nlink - kDots : 0;
}

}  // namespace

const char* Connection::open_ring(std::uint64_t arena_base, std::uint64_t arena_size,
                                  std::size_t message_limit) {
    int descriptors[H2Stream::kDescriptors];
    carrier.take_descriptors(descriptors);
    const RingOffer& offer = carrier.ring_offer();
    if (!offer.offered) {
        for (const int descriptor : descriptors) {
            if (descriptor >= 0) close(descriptor);
        }
        return nullptr;
    }
    const std::uint64_t arena_room = offer.arena_base == arena_base ? arena_size : 0;
    const char* wrong = ring.open(offer, descriptors, arena_room, message_limit);
    if (wrong != nullptr) return wrong;
    lane.open_ring(ring.commands());
    if (threads_here() == 1) {
        stop_fencing();
    } else {
        may_stop_fencing_ = true;
    }
    return nullptr;
}

void Connection::stop_fencing() {
    may_stop_fencing_ = false;
    if (wire::register_for_barriers()) lane.stop_fencing();
}

// A record that there was no room for, or that is larger than an item.
Appended Connection::append_packed(std::span<const std::byte> record) {
    Appended how = lane.append_packed(record);
    while (how == Appended::no_room) {
        if (!wait_for_room(false)) return Appended::lost;
        how = lane.append_packed(record);
    }
    return how == Appended::large ? append_pieces(record) : how;
}

// A record that is larger than an item: its pieces, with nothing of others between them.
Appended Connection::append_pieces(std::span<const std::byte> record) {
    while (!lane.begin_pieces()) {
        if (!wait_for_room(false)) return Appended::lost;
    }
    while (!record.empty()) {
        const std::size_t done = lane.publish_pieces(record);
        record = record.subspan(done);
        if (done != 0 && lane.must_ring()) ring.ring_host();
        if (!record.empty() && !wait_for_room(true)) break;
    }
    lane.end_pieces();
    replies.wake_room(nullptr);
    return record.empty() ? Appended::open : Appended::lost;
}

// False: the session has ended.
bool Connection::wait_for_room(bool pieces) {
    back_pressure_waits_.fetch_add(1, std::memory_order_relaxed);
    const std::int64_t began_ns = now_ns();
    if (!lane.is_host_believable()) end(abi::CUDA_ERROR_UNKNOWN, "the host broke the shared memory");
    ring.tell_wait();
    if (!spin_for_room(pieces)) {
        Slot seat;
        Guard guard(replies.mutex());
        replies.take_seat(&seat);
        for (;;) {
            seat.seen = seat.word.load(std::memory_order_relaxed);
            if (lost() != abi::CUDA_SUCCESS || !lane.is_host_believable() || !lane.begin_wait(pieces)) break;
            take_turn(seat, kNever);
        }
        replies.leave_seat(&seat);
        if (!replies.led) replies.wake_next();
    }
    // There may be room for others, too, whose wait this thread's has overwritten.
    replies.wake_room(nullptr);
    counters.blocked(now_ns() - began_ns);
    return lost() == abi::CUDA_SUCCESS;
}

// A host that is awake makes room before a sleep would pay; no turn is given away, for that is a system call.
bool Connection::spin_for_room(bool pieces) {
    const std::int64_t until = now_ns() + settings.spin_ns;
    do {
        for (unsigned looks = 0; looks < kGlanceLooks; ++looks) wire::relax();
        if (lane.has_room(pieces)) return true;
    } while (now_ns() < until && lost() == abi::CUDA_SUCCESS);
    return false;
}

bool Connection::settled(const Slot& slot) const {
    if (slot.done.load(std::memory_order_acquire) || lost() != abi::CUDA_SUCCESS) return true;
    return slot.wants_room &&
           (!ring.waits_for_room() || slot.word.load(std::memory_order_acquire) != slot.seen);
}

// A wait for copies ends when they do, and that can be foreseen: a wake-up costs as much as 1 MiB of them.
std::int64_t Connection::spin_time_ns() {
    if (settings.spin_ns == 0) return 0;
    const std::uint64_t bytes = expected_bytes_.exchange(0, std::memory_order_relaxed);
    const auto copies_ns = static_cast<std::int64_t>(bytes / kBytesPerNs);
    return settings.spin_ns + std::min(copies_ns, kLongSpinNs);
}

void Connection::lead_on_ring(Slot& slot, std::int64_t deadline_ns) {
    // A thread that waits for room has spun already.
    const bool looks_first = !slot.wants_room && !slot.patient;
    std::int64_t began = 0;
    std::int64_t spin_until = 0;
    bool foreseen = false;
    for (unsigned looks = 1;; ++looks) {
        look(&slot);
        if (settled(slot)) {
            if (looks_first && !foreseen) waits_.ended(began == 0 ? 0 : now_ns() - began);
            return;
        }
        if (looks % kGlanceLooks != 0) {
            wire::relax();
            continue;
        }
        const std::int64_t now = now_ns();
        if (now >= deadline_ns) return;
        if (began == 0) {
            began = now;
            const std::int64_t spin_ns = looks_first ? spin_time_ns() : 0;
            foreseen = spin_ns > 2 * settings.spin_ns;
            if (foreseen || !waits_.expects_long()) spin_until = now + spin_ns;
        }
        if (now < spin_until) {
            sched_yield();  // the host may need this core
            continue;
        }
        doze(&slot, deadline_ns == kNever ? -1 : deadline_ns - now);
    }
}

// Reads what the host has published. `reader`: the slot of the calling thread, where it waits for one.
void Connection::look(const Slot* reader) {
    wire::RingReader& inbox = ring.replies();
    std::span<const std::byte> records;
    Guard guard(carrier.mutex());
    const std::uint64_t before = inbox.consumed();
    replies.reader.store(reader, std::memory_order_relaxed);
    while (lost() == abi::CUDA_SUCCESS) {
        const wire::RingReader::State state = inbox.next(records);
        if (state == wire::RingReader::State::empty) break;
        const char* wrong = state == wire::RingReader::State::broken ? "the host broke the shared memory"
                                                                     : replies.read(records);
        if (wrong != nullptr) {
            end(abi::CUDA_ERROR_UNKNOWN, wrong);
            break;
        }
        inbox.done(records.size());
        if (reader != nullptr && reader->done.load(std::memory_order_relaxed)) break;
    }
    replies.reader.store(nullptr, std::memory_order_relaxed);
    // Pieces of a reply that is not whole yet have made room, too.
    if (inbox.consumed() != before && inbox.must_ring()) ring.ring_host();
    if (replies.any_seat() && !ring.waits_for_room()) replies.wake_room(reader);
}

// What the host had published before this has been read after it, by this thread or by the one that leads.
// The leader does not sleep while there is something to read, so this is short; a host that lies is bounded.
void Connection::read_arrived_on_ring() {
    const wire::RingWords& words = ring.page().replies;
    const std::uint64_t published = words.tail.load(std::memory_order_acquire);
    const std::int64_t until = now_ns() + kPatienceNs;
    Mutex& mutex = replies.mutex();
    while (words.head.load(std::memory_order_acquire) < published && now_ns() < until) {
        mutex.lock();
        if (replies.led) {
            mutex.unlock();
            sched_yield();
            continue;
        }
        replies.led = true;
        mutex.unlock();
        look(nullptr);
        mutex.lock();
        replies.led = false;
        replies.wake_next();
        mutex.unlock();
        return;
    }
}

// Sleeps until the host rings, the link has something, somebody kicks, or time is up.
void Connection::doze(const Slot* reader, std::int64_t timeout_ns) {
    bool wants_write = false;
    {
        Guard guard(carrier.mutex());
        if (!ring.replies().begin_sleep()) return;
        wants_write = carrier.wants_write();
    }
    pollfd entries[3] = {{carrier.fd(), static_cast<short>(POLLIN | (wants_write ? POLLOUT : 0)), 0},
                         {ring.doorbell(), POLLIN, 0},
                         {replies.kick_fd, POLLIN, 0}};
    const timespec timeout{timeout_ns / 1'000'000'000, timeout_ns % 1'000'000'000};
    wire::ring_delays.step();
    const int ready = ppoll(entries, 3, timeout_ns < 0 ? nullptr : &timeout, nullptr);
    ring.replies().end_sleep();
    if (ready <= 0) return;
    if (entries[1].revents != 0) {
        ring.drain_doorbell();
        replies.wake_room(reader);
    }
    if (entries[2].revents != 0) {
        std::uint64_t kicks = 0;
        [[maybe_unused]] const ssize_t count = read(replies.kick_fd, &kicks, sizeof kicks);
    }
    if (entries[0].revents == 0) return;
    Guard guard(carrier.mutex());
    pump_locked(nullptr);
}

// Nothing has to be sealed by age here; the pump reads while callbacks or landings are out and nobody waits.
void Connection::pump_loop_on_ring() {
    bool slept_long = false;
    while (lost() == abi::CUDA_SUCCESS) {
        const std::uint32_t seen = pump_word_.load(std::memory_order_acquire);
        if (!watching()) {
            pump_idle(slept_long, may_stop_fencing_ ? kSettledNs : -1);
            if (may_stop_fencing_ && !slept_long) stop_fencing();
            continue;
        }
        if (awaited_functions() == 0) futex_wait(pump_word_, seen, kPatienceNs);
        if (watching()) read_for_nobody(kWatchNs);
    }
}

}  // namespace guest
