// Waiters: threads that block in the driver so that the engine thread need not. Each job is one synchronise
// call. Its outcome is collected by the engine thread after a poke, or by the waiter itself, which stands in
// for one that sleeps (poke.h). Threads are started on demand, up to kWaiterThreads. By themselves they call
// the driver's three synchronise functions and nothing else, on objects the executor keeps alive.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "cudart/abi.h"
#include "engine/poke.h"
#include "host/driver_table.h"

namespace engine {

// What is waited for: `object` is a CUstream or CUevent, or null for all work of `context`.
struct Awaited {
    enum class Kind { stream, event, context };
    Kind kind = Kind::context;
    void* object = nullptr;
    abi::CUcontext context = nullptr;
};

class Waiters {
public:
    struct Outcome {
        std::uint64_t job;
        abi::CUresult result;
    };

    Waiters(const device::DriverTable& driver, Poke& poke) : driver_(driver), poke_(poke) {}
    // Joins the threads; every job must be able to end.
    ~Waiters();

    // False when all threads are busy: the caller polls instead. `sleeps`: whoever calls goes to sleep next;
    // where that is a waiter that stands in, it does the job itself and nobody is woken.
    bool start(std::uint64_t job, const Awaited& awaited, bool sleeps);
    // Outcomes since the last call, in the order in which they came about.
    void collect(std::vector<Outcome>& into);

private:
    struct Job {
        std::uint64_t number;
        Awaited awaited;
    };
    void serve();
    abi::CUresult block(const Awaited& awaited) const;

    const device::DriverTable& driver_;
    Poke& poke_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> jobs_;
    std::vector<Outcome> outcomes_;
    std::vector<std::thread> threads_;
    std::size_t busy_ = 0;      // threads in the driver
    std::size_t coming_ = 0;    // threads behind their wait, which look for a job before they sleep
    std::size_t promised_ = 0;  // jobs left to them
    bool closing_ = false;
};

}  // namespace engine
