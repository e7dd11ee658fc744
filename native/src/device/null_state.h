// The null device's state, shared by its parts (null_device.cc, null_memory.cc, null_code.cc). Internal to
// device/. Everything is done when it is called, except host functions: they run on a thread of their own,
// one after the other, and what is queued behind one counts as pending until it has returned.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cudart/abi.h"
#include "device/driver.h"

namespace device::null {

struct Parameter {
    std::size_t offset;
    std::size_t size;
};
// A CUfunction and a CUkernel alike.
struct Kernel {
    std::string name;
    std::vector<Parameter> parameters;
    std::size_t max_dynamic_shared = 48 << 10;
};
// A CUmodule and a CUlibrary alike.
struct Code {
    std::vector<std::unique_ptr<Kernel>> kernels;
    std::map<std::string, std::uint64_t> globals;
};
struct Context {
    unsigned flags = 0;
    std::map<int, std::size_t> limits;
};
struct Stream {
    std::uint64_t last = 0;  // host functions queued before its last work
};
struct Event {
    std::uint64_t last = 0;
    std::chrono::steady_clock::time_point time{};
    bool recorded = false;
};

// Host functions, in order.
class HostQueue {
public:
    std::uint64_t push(std::function<void()> function);
    std::uint64_t queued();
    bool done(std::uint64_t number);
    void wait(std::uint64_t number);
    // From now on `limit` launches fit behind a host function that has not returned; 0: any number.
    void limit(std::uint64_t limit);
    // A launch; blocks while there is no room.
    void enter();

private:
    void serve();
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> functions_;
    std::uint64_t queued_ = 0;
    std::uint64_t done_ = 0;
    std::uint64_t limit_ = 0;
    std::uint64_t entered_ = 0;  // launches since `entered_behind_` was done
    std::uint64_t entered_behind_ = 0;
    bool serving_ = false;
};

// Accounting of memory that is never there.
class Memory {
public:
    // Starts anew there, with nothing allocated.
    void place(std::uint64_t base, std::uint64_t size);
    std::uint64_t allocate(std::uint64_t size);
    bool free(std::uint64_t address);
    bool holds(std::uint64_t address, std::uint64_t size);
    std::uint64_t available();

private:
    std::mutex mutex_;
    std::uint64_t next_ = 0;
    std::uint64_t end_ = 0;
    std::uint64_t used_ = 0;
    std::map<std::uint64_t, std::uint64_t> ranges_;         // start to size
    std::multimap<std::uint64_t, std::uint64_t> returned_;  // size to start
};

inline constexpr std::uint64_t kTotalMemory = std::uint64_t{16} << 30;
inline constexpr int kComputeMajor = 9;
inline constexpr int kComputeMinor = 0;

// The ones of this process. Never destroyed: driver threads may outlive main().
HostQueue& host_queue();
// How long loading takes.
std::atomic<std::uint64_t>& load_ms();
Memory& memory();

// What an image says about its kernels: PTX text, cubins, and fatbins of either that are not compressed.
std::unique_ptr<Code> read_image(const void* image);

void fill_device(DriverTable& table);
void fill_memory(DriverTable& table);
void fill_code(DriverTable& table);
// See HostQueue::limit.
void limit_queue(DriverTable& table, std::uint64_t launches);
// From now on what stands behind a fill by bytes waits until `meanwhile` returns, in every stream alike.
void slow_fills(DriverTable& table, void (*meanwhile)());

}  // namespace device::null
