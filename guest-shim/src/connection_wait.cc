// Waiting: leader and followers, and the pump. Of all threads that wait for replies one, the leader, reads
// the socket; the others sleep on their slots' words and are woken when their answers have been read, or when
// the leader leaves and one of them has to lead. While nobody waits, the pump thread seals by age and reads
// for callbacks and landings. What differs on the ring is in connection_ring.cc.
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "connection.h"
#include "wire/limits.h"

namespace guest {
namespace {

constexpr std::int64_t kAgeNs = static_cast<std::int64_t>(wire::limits::kSealAgeUs) * 1000;
// Empty looks of the pump before it sleeps for good: about 5 ms after the last record.
constexpr int kIdleLooks = 50;
// The same while a thread of the program waits: its next record comes after that, and may take long.
constexpr int kAwaitedLooks = 2;
// Landings are left for the thread that will wait for them, which reads faster; only a patient one is read
// here.
constexpr int kPatientLooks = 20;

}  // namespace

abi::CUresult Connection::wait(Slot& slot) {
    wait_until(slot, kNever);
    const abi::CUresult result = slot.result;
    note(result);
    return result;
}

abi::CUresult Connection::wait_patiently(Slot& slot) {
    slot.patient = true;
    wait_for(slot, kNever);
    return slot.result;
}

bool Connection::wait_until(Slot& slot, std::int64_t deadline_ns) {
    round_trips_.fetch_add(1, std::memory_order_relaxed);
    return wait_for(slot, deadline_ns);
}

bool Connection::wait_for(Slot& slot, std::int64_t deadline_ns) {
    seal();
    if (ring.is_open() && !slot.patient) ring.tell_wait();
    Mutex& mutex = replies.mutex();
    mutex.lock();
    replies.enqueue(&slot);
    while (!slot.done.load(std::memory_order_acquire)) {
        if (lost() != abi::CUDA_SUCCESS) {
            slot.result = lost();
            break;
        }
        if (deadline_ns != kNever && now_ns() >= deadline_ns) break;
        take_turn(slot, deadline_ns);
    }
    replies.dequeue(&slot);
    if (!replies.led) replies.wake_next();
    mutex.unlock();
    return slot.done.load(std::memory_order_acquire) || lost() != abi::CUDA_SUCCESS;
}

// Leads where nobody does, else sleeps until there is a reason to look again. Holds replies.mutex() before
// and after.
void Connection::take_turn(Slot& slot, std::int64_t deadline_ns) {
    Mutex& mutex = replies.mutex();
    if (!replies.led) {
        replies.led = slot.leads = true;
        mutex.unlock();
        if (ring.is_open()) {
            lead_on_ring(slot, deadline_ns);
        } else {
            lead(slot, deadline_ns);
        }
        mutex.lock();
        replies.led = slot.leads = false;
        return;
    }
    const std::uint32_t seen = slot.word.load(std::memory_order_relaxed);
    slot.sleeping = true;
    mutex.unlock();
    wire::ring_delays.step();
    futex_wait(slot.word, seen,
               deadline_ns == kNever ? -1 : std::max<std::int64_t>(deadline_ns - now_ns(), 0));
    mutex.lock();
    slot.sleeping = false;
}

void Connection::lead(Slot& slot, std::int64_t deadline_ns) {
    std::int64_t spin_until = 0;
    std::uint64_t read = UINT64_MAX;
    for (;;) {
        bool wants_write = false;
        bool moved = false;
        {
            Guard guard(carrier.mutex());
            pump_locked(&slot);
            wants_write = carrier.wants_write();
            moved = std::exchange(read, carrier.bytes_in()) != read;
        }
        if (slot.done.load(std::memory_order_acquire) || lost() != abi::CUDA_SUCCESS) return;
        const std::int64_t now = now_ns();
        if (now >= deadline_ns) return;
        // Now too, when more of a long answer has come.
        if (moved && !slot.patient) spin_until = now + settings.spin_ns;
        if (now < spin_until) {
            sched_yield();  // a bare pause loop would take the core the host may need
            continue;
        }
        poll_link(deadline_ns == kNever ? -1 : deadline_ns - now, wants_write);
    }
}

// Sleeps until the link has something, somebody kicks, or time is up.
void Connection::poll_link(std::int64_t timeout_ns, bool wants_write) {
    // A broken connection is waited for by looking; otherwise something may be due that no descriptor tells.
    const std::int64_t tick_ns = carrier.tick_ns();
    if (tick_ns != 0) timeout_ns = timeout_ns < 0 ? tick_ns : std::min(timeout_ns, tick_ns);
    const int link = carrier.parted() ? -1 : carrier.fd();
    pollfd entries[2] = {{link, static_cast<short>(POLLIN | (wants_write ? POLLOUT : 0)), 0},
                         {replies.kick_fd, POLLIN, 0}};
    const timespec timeout{timeout_ns / 1'000'000'000, timeout_ns % 1'000'000'000};
    const int ready = ppoll(entries, 2, timeout_ns < 0 ? nullptr : &timeout, nullptr);
    if (ready <= 0 || (entries[1].revents & POLLIN) == 0) return;
    std::uint64_t kicks = 0;
    [[maybe_unused]] const ssize_t count = read(replies.kick_fd, &kicks, sizeof kicks);
}

void* Connection::pump_main(void* self) {
    auto& connection = *static_cast<Connection*>(self);
    if (connection.ring.is_open()) {
        connection.pump_loop_on_ring();
    } else {
        connection.pump_loop();
    }
    return nullptr;
}

void Connection::pump_loop() {
    int idle = 0;
    while (lost() == abi::CUDA_SUCCESS) {
        const std::uint32_t seen = pump_word_.load(std::memory_order_acquire);
        const std::int64_t opened = lane.opened_ns();
        const std::int64_t left = opened == 0 ? kAgeNs : opened + kAgeNs - now_ns();
        const int most_looks = replies.led.load(std::memory_order_relaxed) ? kAwaitedLooks : kIdleLooks;
        if (opened != 0 && left <= 0) {
            seal();
            idle = 0;
        } else if (awaited_functions() != 0 || (replies.detached_count() != 0 && idle >= kPatientLooks)) {
            read_for_nobody(opened == 0 ? 100'000'000 : left);
        } else if (opened != 0 || idle < most_looks) {
            futex_wait(pump_word_, seen, left);
            idle = opened != 0 ? 0 : idle + 1;
        } else {
            bool slept_long = false;
            pump_idle(slept_long, -1);
            idle = slept_long ? 0 : idle;
        }
    }
}

// Sleeps until somebody packs the first record of a batch or starts something to watch.
// `longest_ns`: < 0 without end.
void Connection::pump_idle(bool& slept_long, std::int64_t longest_ns) {
    const std::uint32_t seen = pump_word_.load(std::memory_order_acquire);
    pump_asleep_.store(true, std::memory_order_relaxed);
    pump_order_.fetch_add(1, std::memory_order_seq_cst);
    wire::ring_delays.step();
    const std::int64_t tick_ns = carrier.tick_ns();
    if (lane.empty() && !watching() && lost() == abi::CUDA_SUCCESS)
        futex_wait(pump_word_, seen, tick_ns != 0 ? tick_ns : longest_ns);
    pump_asleep_.store(false, std::memory_order_relaxed);
    if (tick_ns != 0) {
        Guard guard(carrier.mutex());
        pump_locked(nullptr);
    }
    // Woken by time alone, it goes to sleep again at once.
    slept_long = pump_word_.load(std::memory_order_acquire) != seen || !lane.empty() || watching();
}

void Connection::read_for_nobody(std::int64_t timeout_ns) {
    Mutex& mutex = replies.mutex();
    mutex.lock();
    if (replies.led) {
        mutex.unlock();
        futex_wait(pump_word_, pump_word_.load(std::memory_order_acquire),
                   std::min<std::int64_t>(timeout_ns, 1'000'000));
        return;
    }
    replies.led = true;
    mutex.unlock();
    if (ring.is_open()) {
        look(nullptr);
        doze(nullptr, timeout_ns);
        look(nullptr);
    } else {
        poll_link(timeout_ns, false);
        Guard guard(carrier.mutex());
        pump_locked(nullptr);
    }
    mutex.lock();
    replies.led = false;
    replies.wake_next();
    mutex.unlock();
}

}  // namespace guest
