// Device-side malloc and free: one heap per context, carved from one device block at the first use.
// Called by worker threads of the engine through the context's services.
#pragma once
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "soft/memory/device_memory.h"
#include "soft/memory/free_space.h"

namespace soft::driver {

class MallocHeap {
  public:
    MallocHeap(DeviceMemory& memory, std::uint64_t owner) : memory_(memory), owner_(owner) {}

    // CU_LIMIT_MALLOC_HEAP_SIZE, bytes. Without effect once the heap is in use: false then.
    bool resize(std::uint64_t size);
    std::uint64_t size() const;

    std::uint64_t allocate(std::uint64_t size);  // 16-byte aligned; 0 when full
    // An address that malloc did not answer is ignored: the program is wrong, and a GPU's outcome is
    // undefined.
    void release(std::uint64_t address);

  private:
    DeviceMemory& memory_;
    const std::uint64_t owner_;
    mutable std::mutex mutex_;
    std::uint64_t size_ = std::uint64_t{8} << 20;
    std::uint64_t base_ = 0;
    FreeSpace free_;
    std::unordered_map<std::uint64_t, std::uint64_t> sizes_;
};

}  // namespace soft::driver
