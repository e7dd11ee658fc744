// The device: one per process, made by cuInit, never destroyed (other libraries' exit handlers still call
// in). Holds what is not a context's: memory, threads, handles, the primary context, libraries.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "cudart/abi.h"
#include "soft/api/context.h"
#include "soft/api/device_profile.h"
#include "soft/api/handle_table.h"
#include "soft/api/pool.h"
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

    int count() const { return 1; }  // ordinals below it name devices

    DeviceMemory memory;
    Scheduler scheduler;
    HandleTable handles;
    DeviceProfile profile;
    AdviceMap advice;
    Pools pools{memory, scheduler, handles};
    std::uint64_t kernel_limit_ns = 0;  // FERRY_SOFT_KERNEL_LIMIT_MS; 0: none

    // A context of its own; null when handles have run out.
    Context* create_context(std::uint32_t flags);
    // CUDA_ERROR_INVALID_CONTEXT for a primary context, which is released instead.
    abi::CUresult destroy_context(Context& context);

    // The primary context's present life, made when there is none: code may be loaded into it before it is
    // retained.
    Context& primary();
    std::uint64_t primary_handle() const { return primary_handle_; }
    bool primary_active();
    std::uint32_t primary_flags();
    abi::CUresult set_primary_flags(std::uint32_t flags);
    abi::CUresult retain_primary(std::uint64_t& handle);
    abi::CUresult release_primary();
    abi::CUresult reset_primary();

    void add_library(std::shared_ptr<Library> library);
    // Takes the library out, with all its instances; null when it is not there.
    std::shared_ptr<Library> remove_library(const Library& library);
    std::vector<std::shared_ptr<Library>> libraries();
    Context* context_of(std::uint64_t number);
    void thread_gone(std::uint64_t thread);

  private:
    Device(unsigned threads, std::uint64_t memory_size);
    bool open();
    Context& primary_locked();
    void end_primary(std::unique_lock<std::mutex>& lock);

    std::mutex mutex_;
    // Ended contexts stay, empty: a thread that still has one current must find out, not crash.
    std::vector<std::unique_ptr<Context>> contexts_;
    std::vector<std::shared_ptr<Library>> libraries_;
    Context* primary_ = nullptr;
    std::uint64_t primary_handle_ = 0;
    std::uint32_t primary_flags_ = 0;
    unsigned primary_references_ = 0;
    bool primary_active_ = false;
    std::uint64_t next_number_ = 1;
};

}  // namespace soft::driver
