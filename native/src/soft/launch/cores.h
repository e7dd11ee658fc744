// Which of the machine's cores the device's threads compute on, so that no two take turns on one while
// another is free. The kernel wakes a thread beside the one that woke it, and may leave it there for
// milliseconds.
#pragma once
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

}  // namespace soft
