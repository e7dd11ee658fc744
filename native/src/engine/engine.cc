// The engine thread: one loop over the session's descriptors, the daemon's commands and the clock. See
// engine.h. poll, not epoll: there are at most five descriptors, and which of them matter changes all the
// time.
#include "engine/engine.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "engine/limits.h"
#include "engine/session.h"
#include "wire/call_id.h"
#include "wire/delays.h"
#include "wire/record.h"
#include "wire/relax.h"
#include "wire/ring.h"

namespace engine {
namespace {

// Looks at an awake ring between two looks at the descriptors.
constexpr unsigned kLooksPerPoll = 64;
// Empty looks until the core is first offered to others, about as long as a guest on another one takes to
// send again, and between two later offers. A guest that shares this core can only send once it has been
// given it.
constexpr unsigned kLooksToYield = 8;
constexpr unsigned kLooksPerYield = 32;
// Of a rest, between two glances at who might want it to end.
constexpr unsigned kPausesPerGlance = 16;

// How many times that of a spin others may have had this core while a guest waits for the device, until the
// wait is left to them: each look takes it from a thread that does what is waited for.
constexpr int kSpinsGiven = 4;

// Empty looks at a socket between two looks at all descriptors.
constexpr unsigned kReadsPerPoll = 32;

}  // namespace

std::uint32_t wire_version() { return wire::kWireVersion; }
std::string_view spec_hash() { return wire::kSpecHash; }

ferry::Result<device::DriverTable> open_driver(DriverKind kind, const std::string& path,
                                               const device::NullOptions& null_options) {
    if (kind == DriverKind::null) return device::null_driver(null_options);
    if (path.empty()) return ferry::Status::failure("no driver path is configured");
    return device::load_driver(path);
}

ferry::Result<device::DriverReport> probe(DriverKind kind, const std::string& path) {
    auto driver = open_driver(kind, path, {});
    if (!driver.ok()) return ferry::Status::failure(driver.message());
    device::DriverReport report = device::probe_driver(driver.value());
    if (report.result != abi::CUDA_SUCCESS) return ferry::Status::failure(path + ": " + report.message);
    return report;
}

Engine::Engine(Options options, Events& events) : options_(std::move(options)), events_(events) {
    const char* delay_seed = std::getenv("FERRY_DELAY_RANDOM");
    if (delay_seed != nullptr) wire::ring_delays.start(std::strtoull(delay_seed, nullptr, 10));
    poke_.set_deputy(*this);
    thread_ = std::thread([this] { run(); });
}

Engine::~Engine() {
    stop(0);
    thread_.join();
}

void Engine::grant(std::uint32_t quantum_ms) { send({CommandKind::grant, static_cast<int>(quantum_ms)}); }
void Engine::revoke() { send({CommandKind::revoke, 0}); }
void Engine::stop(int result) { send({CommandKind::stop, result}); }

void Engine::send(Command command) {
    {
        const std::lock_guard lock(mutex_);
        commands_.push_back(command);
    }
    poke_.poke();
}

void Engine::obey(Session& session) {
    std::vector<Command> commands;
    {
        const std::lock_guard lock(mutex_);
        commands.swap(commands_);
    }
    for (const Command& command : commands) {
        switch (command.kind) {
            case CommandKind::grant:
                session.grant();
                break;
            case CommandKind::revoke:
                session.revoke(Session::Clock::now());
                break;
            case CommandKind::stop:
                session.stop(command.value);
                break;
        }
    }
}

// Looks at the ring a number of times, which costs no system call while there is work. True: it has been
// empty for so long that the thread may sleep, and the guest knows that it has to ring.
bool Engine::follow_ring(Session& session) {
    bool worked = false;
    bool gave_enough = false;
    unsigned empty = 0;
    for (unsigned looks = 0; looks < kLooksPerPoll && !gave_enough && !called(); ++looks) {
        if (session.look()) {
            worked = true;
            empty = 0;
            pace_.found(session.found(), session.answered() || session.awaits_device());
            rest(session);
        } else if (session.awaits_long()) {
            break;
        } else if (session.awaits_device() || ++empty == kLooksToYield || empty % kLooksPerYield == 0) {
            // The guest may share this core, and the device be made of this machine's cores: what a thread
            // waits for goes first.
            const bool beside = wire::waiting_core(session.guest_waits()) == current_core();
            const bool in_the_way = beside && !session.awaits_device();
            const auto begun = Session::Clock::now();
            if (!in_the_way || !placement_.step_aside(begun)) ::sched_yield();
            gave_enough = session.gave(Session::Clock::now() - begun) >= kSpinsGiven * kSpin;
        } else {
            wire::relax();
        }
    }
    if (worked) last_work_ = Session::Clock::now();
    if (called()) return false;
    if (gave_enough || session.awaits_long()) return session.begin_sleep();
    if (worked) return false;
    return Session::Clock::now() - last_work_ >= kSpin && session.begin_sleep();
}

// Looks for what the guest says next, for as long as it is likely to come at once: reading an empty socket
// costs less than asking poll() about all descriptors, and what is there has then been read. Those are asked
// about now and then. True: the guest has been heard.
bool Engine::follow_link(Session& session, pollfd* descriptors, std::size_t count, int& ready) {
    auto now = Session::Clock::now();
    const auto until = now + kSpin;
    Session::Clock::duration last_yield{};
    while (!poke_.poked() && now < until) {
        if (++unpolled_ % kReadsPerPoll == 0) {
            ready = ::poll(descriptors, count, 0);
            if (ready != 0) return false;
        }
        if (session.hear()) {
            if (company_.heard_after(last_yield, now)) placement_.step_aside(now);
            return true;
        }
        ::sched_yield();
        const auto before = std::exchange(now, Session::Clock::now());
        last_yield = now - before;
    }
    return false;
}

// Until the next look is due. A guest thread that begins to wait ends it, and so does a poke: to look whether
// one has begun costs nobody anything until it does.
void Engine::rest(Session& session) {
    for (unsigned pause = 0; pause < pace_.pauses(); ++pause) {
        if (pause % kPausesPerGlance == 0) {
            const std::uint64_t waits = session.guest_waits();
            if (std::exchange(waits_seen_, waits) != waits || called()) return;
        }
        wire::relax();
    }
}

// Waits, or looks for as long as more is likely, then lets everything go on.
void Engine::turn(Session& session) {
    const bool sleeps = session.has_ring() ? follow_ring(session) : !poke_.poked();
    pollfd descriptors[1 + Session::kDescriptors];
    descriptors[0] = {poke_.fd(), POLLIN, 0};
    const auto count = static_cast<nfds_t>(1 + session.fill_descriptors(descriptors + 1));
    int ready = 0;
    // A guest that waits for a reply usually sends again at once: looking is much cheaper than being woken.
    if (session.lively() && follow_link(session, descriptors, count, ready)) {
        return session.advance(Session::Clock::now());
    }
    const int timeout_ms = sleeps ? session.timeout_ms(Session::Clock::now()) : 0;
    if (ready == 0) {
        if (sleeps) lead_.give();
        ready = ::poll(descriptors, count, timeout_ms);
        if (sleeps) lead_.take();
    }
    if (sleeps) session.end_sleep();
    if (poke_.poked()) {
        poke_.clear();
        obey(session);
    }
    for (std::size_t index = 1; ready > 0 && index < count && !session.over(); ++index) {
        session.handle(descriptors[index]);
    }
    session.advance(Session::Clock::now());
    expect_more(session);
}

// The guest has just been answered: it says more as soon as it is awake.
void Engine::expect_more(const Session& session) {
    if (session.has_ring() && session.answered()) last_work_ = Session::Clock::now();
}

// The engine thread sleeps in poll(), with a set of descriptors and a time that stay right: a stand-in looks
// at the ring and nothing else. It is over when the engine thread is called, when there is something only
// that can do, or when the ring has had nothing for so long that all may sleep.
bool Engine::stand_in() {
    if (!lead_.try_take()) return false;
    const bool may = session_ != nullptr && session_->led_by_ring();
    if (may) {
        Session& session = *session_;
        session.change_thread();
        session.end_sleep();
        (void)session.look();
        expect_more(session);
        bool sleeps = false;
        while (!sleeps && !called() && session.led_by_ring()) sleeps = follow_ring(session);
        if (!session.led_by_ring()) poke_.poke();
        session.change_thread();
    }
    lead_.give();
    return may;
}

void Engine::run() {
    ::pthread_setname_np(::pthread_self(), "ferry-engine");
    lead_.take();
    Session session(options_, events_, poke_);
    session_ = &session;
    session.open();
    while (!session.over()) turn(session);
    events_.ended(session.result(), session.message());
    session_ = nullptr;
    lead_.give();
}

}  // namespace engine
