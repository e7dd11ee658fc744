// Which of the machine's cores the device's threads compute on, so that no two take turns on one while
// another is free. The kernel wakes a thread beside the one that woke it, and may leave it there for
// milliseconds.
#pragma once
#include <sched.h>
#include <sys/types.h>

#include <cstdint>

namespace soft {

// A thread's place while it is inside a grid. Every thread that computes has its own.
class Seat {
  public:
    Seat() = default;
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;
    ~Seat() { leave(); }

    // Takes the core that the calling thread runs on. Where another seat has it, the thread moves to a core
    // that it may use and that no seat has, if there is one: some microseconds, so not twice within a
    // millisecond. Afterwards it may still run on all that it was allowed to before. For every turn of a
    // block: next to nothing when the thread is where it was.
    void take();
    void leave();

  private:
    std::uint32_t core_ = 0;  // from 1 on; 0: none
    std::uint64_t moved_ns_ = 0;
};

// Where a thread without work sleeps. The kernel wakes it there, or beside the one that wakes it; a waker
// that goes on to compute has it wake elsewhere, or it would not run before the waker has done all there was
// to do. Guarded by a lock of its users', which the sleeper has but while it sleeps.
class Berth {
  public:
    // The calling thread is about to sleep.
    void lie_down();
    // Whether it would wake on a core that no seat has and the calling thread does not run on.
    bool is_apart() const;
    // Has it wake on such a core, where it may use one and sleeps on another: two system calls, else none.
    void steer();
    // The calling thread is awake: it may run again on all that it was allowed to before.
    void get_up();

  private:
    std::uint32_t core_ = 0;  // from 1 on; 0: not known
    pid_t thread_ = 0;
    bool steered_ = false;
    cpu_set_t allowed_{};  // before it was steered
};

}  // namespace soft
