// The device: one per process, made by cuInit, never destroyed (other libraries' exit handlers still call
// in). Holds what is not a context's: memory, threads, handles, the primary context, libraries.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "cudart/abi.h"
#include "soft/api/conditions.h"
#include "soft/api/context.h"
#include "soft/api/device_profile.h"
#include "soft/api/graph_memory.h"
#include "soft/api/handle_table.h"
#include "soft/api/pool.h"
#include "soft/api/virtual_memory.h"
#include "soft/memory/advice.h"
#include "soft/memory/device_memory.h"
#include "soft/module/code.h"
#include "soft/stream/scheduler.h"

namespace soft::driver {

inline constexpr int kDriverVersion = 13000;

enum class Phase : int { unused, ready, exiting, forked };

class Device {
  public:
    // cuInit. CUDA_ERROR_NO_DEVICE when CUDA_VISIBLE_DEVICES hides the device, CUDA_ERROR_OUT_OF_MEMORY when
    // not even the smallest arena can be reserved; may be tried again.
    static abi::CUresult start();
    static Phase phase();
    // Valid from the first success of start() on.
    static Device& get();

    int count() const { return static_cast<int>(profiles_.size()); }  // ordinals below it name devices
    bool has(int ordinal) const { return ordinal >= 0 && ordinal < count(); }
    const DeviceProfile& profile(int ordinal) const { return profiles_[static_cast<std::size_t>(ordinal)]; }
    // The one with this PCI device number; -1 when none has it.
    int find_number(unsigned number) const;

    DeviceMemory memory;
    Scheduler scheduler;
    HandleTable handles;
    AdviceMap advice;
    VirtualMemory virtuals{memory};
    Pools pools{memory, scheduler, handles};
    GraphMemory graph_memory{memory, scheduler};
    Conditions conditions;
    std::uint64_t kernel_limit_ns = 0;  // FERRY_SOFT_KERNEL_LIMIT_MS; 0: none

    // A context of its own; null when handles have run out.
    Context* create_context(std::uint32_t flags, int ordinal);
    // CUDA_ERROR_INVALID_CONTEXT for a primary context, which is released instead.
    abi::CUresult destroy_context(Context& context);

    // The present life of a device's primary context, made when there is none: code may be loaded into it
    // before it is retained.
    Context& primary(int ordinal);
    std::uint64_t primary_handle(int ordinal) const { return primaries_[as_index(ordinal)].handle; }
    bool is_primary_handle(std::uint64_t handle) const;
    bool primary_active(int ordinal);
    std::uint32_t primary_flags(int ordinal);
    abi::CUresult set_primary_flags(int ordinal, std::uint32_t flags);
    abi::CUresult retain_primary(int ordinal, std::uint64_t& handle);
    abi::CUresult release_primary(int ordinal);
    abi::CUresult reset_primary(int ordinal);

    void add_library(std::shared_ptr<Library> library);
    // Takes the library out, with all its instances; null when it is not there.
    std::shared_ptr<Library> remove_library(const Library& library);
    std::vector<std::shared_ptr<Library>> libraries();
    Context* context_of(std::uint64_t number);
    // Returns when no context has work left of what was submitted before.
    void wait_for_all();
    void thread_gone(std::uint64_t thread);

  private:
    struct Primary {
        Context* context = nullptr;
        std::uint64_t handle = 0;
        std::uint32_t flags = 0;
        unsigned references = 0;
        bool active = false;
    };
    static std::size_t as_index(int ordinal) { return static_cast<std::size_t>(ordinal); }

    Device(unsigned threads, std::vector<DeviceProfile> profiles);
    bool open(unsigned devices);
    std::uint64_t next_number(int ordinal) {
        return next_number_++ | static_cast<std::uint64_t>(ordinal) << kOwnerDeviceBit;
    }
    Context& primary_locked(int ordinal);
    void end_primary(Primary& primary, std::unique_lock<std::mutex>& lock);

    std::mutex mutex_;
    // Ended contexts stay, empty: a thread that still has one current must find out, not crash.
    std::vector<std::unique_ptr<Context>> contexts_;
    std::vector<std::shared_ptr<Library>> libraries_;
    std::vector<DeviceProfile> profiles_;
    std::vector<Primary> primaries_;  // by ordinal
    std::uint64_t next_number_ = 1;
};

}  // namespace soft::driver
