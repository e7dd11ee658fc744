// Aside: driver calls that take long by nature (compiling code, making and ending contexts, large
// allocations), on a thread of their own, so that the engine thread goes on hearing its guest and the daemon.
// One after the other, in the order in which they were begun; the executor takes nothing from its lane
// meanwhile. The thread is made at the first one. Used by the executor; work() runs there and touches the
// driver and what it was given, everything else happens on the engine thread.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "cudart/abi.h"
#include "engine/poke.h"

namespace engine {

class Aside {
public:
    struct Job {
        std::function<abi::CUresult()> work;
        std::function<void(abi::CUresult)> finish;  // with what work() answered
    };

    explicit Aside(Poke& poke) : poke_(poke) {}
    // Joins the thread: work() must be able to end. What has not begun never will.
    ~Aside();
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;

    void begin(Job job);
    bool busy() const { return !jobs_.empty(); }
    // Finishes what has ended. Call after a poke.
    void collect();

private:
    void hand_over();
    void serve();

    Poke& poke_;
    std::deque<Job> jobs_;  // the engine thread's; the first one is being worked on
    std::mutex mutex_;
    std::condition_variable wake_;
    const std::function<abi::CUresult()>* work_ = nullptr;
    std::optional<abi::CUresult> ended_;
    bool closing_ = false;
    std::thread thread_;
};

}  // namespace engine
