// Memory behind allocation nodes of graphs. A node has its address for good; memory is behind it, and paid
// for, from a launch to the free, and stays with it afterwards until another node needs it or it is trimmed.
// Owned by the Device; used by graph_launch.cc and by whatever frees. Thread-safe.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "cudart/abi.h"
#include "soft/memory/device_memory.h"
#include "soft/stream/scheduler.h"

namespace soft::driver {

class GraphMemory {
  public:
    GraphMemory(DeviceMemory& memory, Scheduler& scheduler) : memory_(memory), scheduler_(scheduler) {}

    // An address for a node; it is given back when the last copy of the answer is gone, no launch uses it and
    // it is free. Null when there are no addresses left.
    std::shared_ptr<const std::uint64_t> reserve(int ordinal, std::uint64_t size);

    // Sees to it that memory is behind the address when work of `stream` from here on begins to use it, and
    // keeps it from other addresses until begin() or let_go(). False: the device has no more.
    bool back(std::uint64_t address, const Stream& stream);
    void let_go(std::uint64_t address);

    // A launch in the context with number `owner` allocates, in the order of the program's calls. Answers
    // what the node has to wait for.
    std::shared_ptr<EventPoint> begin(std::uint64_t address, std::uint64_t owner);
    // A launch frees: `command`, not yet submitted, is where.
    void end(std::uint64_t address, const CommandRef& command);
    // Whether the last launch has allocated and nothing has freed since.
    bool is_live(std::uint64_t address) const;
    // Frees behind the work of `stream` so far, or at once for a caller that has waited. False: not live.
    bool release(std::uint64_t address, const StreamRef& stream);
    bool release_now(std::uint64_t address);

    // The context has ended, all its work done or dropped: what it allocated and nothing freed is free.
    void forget_owner(std::uint64_t owner);

    // Gives memory that nothing uses back to the device; true when that was something.
    bool trim(int ordinal);

    abi::CUresult get_attribute(int ordinal, abi::CUgraphMem_attribute which, void* value) const;
    abi::CUresult set_attribute(int ordinal, abi::CUgraphMem_attribute which, const void* value);

  private:
    struct Place {
        std::uint64_t size = 0;  // bytes asked for
        std::uint64_t room = 0;  // bytes paid for
        int ordinal = 0;
        bool named = true;     // by a node
        bool backed = false;   // paid for
        bool claimed = false;  // by a launch that is under way
        bool live = false;
        std::uint64_t owner = 0;  // of the last launch that allocated
        unsigned uses = 0;        // launches that have not freed it yet, as far as work has run
        std::shared_ptr<EventPoint> freed;
    };
    struct Books {
        std::uint64_t loose = 0;  // bytes paid for that are behind no address
        std::uint64_t reserved = 0;
        std::uint64_t reserved_high = 0;  // each since the program has reset it
        std::uint64_t used_high = 0;
    };
    using Places = std::unordered_map<std::uint64_t, Place>;

    void unname(std::uint64_t address);
    void end_at(Places::iterator at, const CommandRef& command);
    void ended(std::uint64_t address);
    void settle(Places::iterator at);
    void strip(std::uint64_t address, Place& place);
    bool is_spare(const Place& place, const Stream& stream);
    Books& books(const Place& place) { return books_[static_cast<unsigned>(place.ordinal)]; }

    DeviceMemory& memory_;
    Scheduler& scheduler_;
    mutable std::mutex mutex_;
    Places places_;  // by address
    std::array<Books, kMostDevices> books_{};
};

}  // namespace soft::driver
