// The engine's face: one session on one thread, and the probe. Used by the addon and by tests; knows no Node.
// Commands come in from any thread; events go out on the engine thread.
#pragma once
#include <poll.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "device/driver.h"
#include "engine/lead.h"
#include "engine/pace.h"
#include "engine/placement.h"
#include "engine/poke.h"
#include "status.h"
#include "transport/ticket.h"

namespace engine {

namespace gl {
class Lanes;
}

enum class DriverKind { nvidia, software, null };

struct Options {
    std::string socket_path;
    std::string tcp_address;  // of the loopback: listens on a TCP port there, too; empty: does not
    transport::Ticket ticket{};
    std::uint32_t ticket_ttl_ms = 0;
    std::uint32_t resume_grace_ms = 0;  // how long a broken connection may be taken up again; 0: not at all
    DriverKind driver = DriverKind::null;
    std::string driver_path;              // of a libcuda; unused by the null device
    device::NullOptions null_device;      // of the null device; the guest chooses the window
    std::string spec_hash;                // empty: the one this engine was built with
    std::span<std::byte> trace;           // memory for a trace (engine/trace.h); empty: none
    std::uint64_t* meters = nullptr;      // kMeterSlots words that outlive the engine, or null
    std::uint64_t batch_limit_bytes = 0;  // largest gRPC message accepted; 0: the specification's
    std::string image_folder;             // shared by the workers of one daemon; empty: images are not kept
    std::uint64_t image_cache_bytes = 0;  // what all files in it may hold
    bool capture_output = false;          // take over fd 1 and 2 of this process for the guest
    gl::Lanes* lanes = nullptr;           // of a further lane of GL: those it is one of
    std::uint32_t lane = 1;               // its number among them
};

enum class LogLevel { info, warn, error };

// What happens to the session. Called on the engine thread; must not block.
class Events {
public:
    virtual ~Events() = default;
    // `tcp_port`: of Options::tcp_address, else 0.
    virtual void listening(unsigned tcp_port) = 0;
    // pid 0, uid transport::kNoUid: not known.
    virtual void attached(int pid, unsigned uid) = 0;
    virtual void wants() = 0;
    virtual void released() = 0;
    // Last of all. `result` 0: the guest has said goodbye.
    virtual void ended(int result, const std::string& message) = 0;
    virtual void log(LogLevel level, const std::string& message) = 0;
};

class Engine final : private Deputy {
public:
    // Starts the engine thread. `events` outlives the engine.
    Engine(Options options, Events& events);
    // Ends the session if it has not ended, and joins.
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    // Any thread.
    void grant(std::uint32_t quantum_ms);
    void revoke();
    void stop(int result);
    // What the session waits for elsewhere may have come about.
    void nudge() { poke_.poke(); }

private:
    enum class CommandKind { grant, revoke, stop };
    struct Command {
        CommandKind kind;
        int value;
    };
    void send(Command command);
    void run();
    bool stand_in() override;
    bool called() const { return poke_.poked() || lead_.wanted(); }
    void turn(class Session& session);
    bool follow_ring(class Session& session);
    bool follow_link(class Session& session, pollfd* descriptors, std::size_t count, int& ready);
    void rest(class Session& session);
    void expect_more(const class Session& session);
    void obey(class Session& session);

    const Options options_;
    Events& events_;
    Poke poke_;
    Lead lead_;  // of all that follows but the commands
    class Session* session_ = nullptr;
    Placement placement_;
    Company company_;
    Pace pace_;
    std::uint64_t waits_seen_ = 0;  // Session::guest_waits(), as of the last glance
    std::mutex mutex_;
    std::vector<Command> commands_;
    std::chrono::steady_clock::time_point last_work_{};  // when the ring last held or said something
    unsigned unpolled_ = 0;                              // turns since all descriptors were last looked at
    std::thread thread_;
};

// Loads and initialises the driver in this process and describes its devices. Blocks; not for the daemon's
// process.
ferry::Result<device::DriverReport> probe(DriverKind kind, const std::string& path);

// What this engine speaks: a guest must speak the same.
std::uint32_t wire_version();
std::string_view spec_hash();

// The null device, or the driver at `path`.
ferry::Result<device::DriverTable> open_driver(DriverKind kind, const std::string& path,
                                               const device::NullOptions& null_options);

}  // namespace engine
