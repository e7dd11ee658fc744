// Lanes: the GL contexts of one guest process, each an Engine with a thread and a socket of its own. The
// first lane's session owns this, and all others end with it; any of them may ask for one more. It also holds
// what they share: the right to use the device, which the daemon gives to the first one, how far each has
// come, and the world of GL's objects. What is called by many says so; the first lane is number 1.
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/gl/world.h"
#include "engine/poke.h"
#include "status.h"
#include "transport/ticket.h"

namespace engine::gl {

// How many records a lane has executed, and who waits for it to get on. Written by its own lane; asked by
// others.
class Progress {
public:
    static constexpr std::uint64_t kEnded = UINT64_MAX;

    // The lane, after each record.
    void step() {
        done_.store(++own_, std::memory_order_release);
        if (awaited_.load(std::memory_order_relaxed)) [[unlikely]]
            wake();
    }
    // The lane, after each run of them: nobody who began to wait meanwhile is missed.
    void settle() {
        done_.store(own_, std::memory_order_seq_cst);
        if (awaited_.load(std::memory_order_seq_cst)) [[unlikely]]
            wake();
    }
    // The lane is no more.
    void end() {
        own_ = kEnded;
        settle();
    }
    // Any lane. True: it has come so far; false: `poke` will hear when it has.
    bool reached(std::uint64_t position, Poke& poke);
    // `poke` is no more.
    void forget(const Poke& poke);

private:
    struct Waiter {
        std::uint64_t position;
        Poke* poke;
    };
    void wake();

    alignas(64) std::atomic<std::uint64_t> done_{0};
    std::atomic<bool> awaited_{false};
    std::uint64_t own_ = 0;
    std::mutex mutex_;
    std::vector<Waiter> waiters_;
};

class Lanes {
public:
    // `first`: of the first lane's engine; `poke` wakes it, `events` hears what further lanes log.
    Lanes(const Options& first, Poke& poke, Events& events);
    // Ends all other lanes.
    ~Lanes();

    // --- any lane
    struct Opened {
        std::uint32_t lane = 0;
        unsigned tcp_port = 0;
        std::string endpoint;
        transport::Ticket ticket{};
        std::uint32_t ticket_ttl_ms = 0;
    };
    // Returns when it can be attached to.
    ferry::Result<Opened> open();
    // Null when there never was such a lane.
    std::shared_ptr<Progress> progress(std::uint32_t lane);
    World& world() { return world_; }

    // --- the right to use the device
    bool held() const { return held_.load(std::memory_order_acquire); }
    // A lane has work and may not do it.
    void want() {
        if (!wanted_.exchange(true, std::memory_order_acq_rel)) poke_.poke();
    }
    bool wanted() const { return wanted_.load(std::memory_order_acquire); }
    // The first lane.
    void hold(bool held);

private:
    class Lane;
    void reap();

    const Options first_;
    Poke& poke_;
    Events& events_;
    World world_;
    std::atomic<bool> held_{false};
    std::atomic<bool> wanted_{false};
    std::mutex mutex_;  // of what follows
    bool closing_ = false;
    std::uint32_t last_ = 1;
    std::map<std::uint32_t, std::unique_ptr<Lane>> lanes_;
    std::map<std::uint32_t, std::shared_ptr<Progress>> progress_;
};

}  // namespace engine::gl
