// Heartbeat: a thread that lets a peer on TCP hear from this process also while the engine thread is inside a
// call of the driver, which may compile or wait for long. Made by the link, one per TCP connection.
#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "wire/limits.h"

namespace transport {

class Heartbeat {
public:
    // Calls `beat` a few times per idle time, on a thread of its own, until destroyed.
    explicit Heartbeat(std::function<void()> beat) : beat_(std::move(beat)), thread_([this] { run(); }) {}
    ~Heartbeat() {
        {
            const std::lock_guard lock(mutex_);
            ending_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    Heartbeat(const Heartbeat&) = delete;
    Heartbeat& operator=(const Heartbeat&) = delete;

private:
    void run() {
        constexpr std::chrono::milliseconds kPause{wire::limits::kHeartbeatIdleMs / 2};
        std::unique_lock lock(mutex_);
        while (!changed_.wait_for(lock, kPause, [this] { return ending_; })) beat_();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    bool ending_ = false;
    std::function<void()> beat_;
    std::thread thread_;  // last: everything it uses exists before it runs
};

}  // namespace transport
