// The engine thread: one loop over the session's descriptors, the daemon's commands and the clock. See
// engine.h. poll, not epoll: there are at most four descriptors, and which of them matter changes all the
// time.
#include "engine/engine.h"

#include <poll.h>
#include <sched.h>

#include <chrono>
#include <utility>

#include "engine/limits.h"
#include "engine/session.h"
#include "wire/call_id.h"
#include "wire/record.h"

namespace engine {

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

// Waits, or looks for as long as more is likely, then lets everything go on..
void Engine::turn(Session& session) {
    const auto now = Session::Clock::now();
    pollfd descriptors[1 + Session::kDescriptors];
    descriptors[0] = {poke_.fd(), POLLIN, 0};
    const std::size_t count = 1 + session.fill_descriptors(descriptors + 1);
    int ready = 0;
    if (session.lively()) {
        // A guest that waits for a reply usually sends again at once: looking is much cheaper than being
        // woken.
        for (const auto until = now + kSpin; ready == 0 && Session::Clock::now() < until;) {
            ready = ::poll(descriptors, static_cast<nfds_t>(count), 0);
            if (ready == 0) ::sched_yield();
        }
    }
    if (ready == 0) ready = ::poll(descriptors, static_cast<nfds_t>(count), session.timeout_ms(now));
    if ((descriptors[0].revents & POLLIN) != 0) {
        poke_.clear();
        obey(session);
    }
    for (std::size_t index = 1; ready > 0 && index < count && !session.over(); ++index) {
        session.handle(descriptors[index]);
    }
    session.advance(Session::Clock::now());
}

void Engine::run() {
    Session session(options_, events_, poke_);
    session.open();
    while (!session.over()) turn(session);
    events_.ended(session.result(), session.message());
}

}  // namespace engine
