// Virtual memory management: addresses without memory, memory without addresses, and what is mapped where.
// Owned by the Device, used by entry_virtual.cc. Thread-safe.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "cudart/abi.h"
#include "soft/memory/device_memory.h"

namespace soft::driver {

// Memory without an address: a file in memory, which other processes can be given.
class PhysicalMemory {
  public:
    PhysicalMemory(DeviceMemory& memory, int file_, std::uint64_t size_,
                   const abi::CUmemAllocationProp& prop_, bool charged)
        : file(file_), size(size_), prop(prop_), memory_(memory), charged_(charged) {}
    PhysicalMemory(const PhysicalMemory&) = delete;
    PhysicalMemory& operator=(const PhysicalMemory&) = delete;
    ~PhysicalMemory();

    const int file;
    const std::uint64_t size;  // bytes
    const abi::CUmemAllocationProp prop;

  private:
    DeviceMemory& memory_;
    const bool charged_;  // of this process's making
};

class VirtualMemory {
  public:
    explicit VirtualMemory(DeviceMemory& memory) : memory_(memory) {}

    // Sizes and addresses are multiples of kGranule here; callers have checked flags and devices.
    abi::CUresult reserve(std::uint64_t size, std::uint64_t alignment, std::uint64_t& address);
    abi::CUresult unreserve(std::uint64_t address, std::uint64_t size);
    abi::CUresult create(std::uint64_t size, const abi::CUmemAllocationProp& prop, std::uint64_t& handle);
    abi::CUresult release(std::uint64_t handle);
    abi::CUresult map(std::uint64_t address, std::uint64_t size, std::uint64_t offset, std::uint64_t handle);
    abi::CUresult unmap(std::uint64_t address, std::uint64_t size);
    abi::CUresult set_access(std::uint64_t address, std::uint64_t size, int device, bool may);
    // Whether a device may use an address; false in `known` where nothing is mapped.
    bool may_use(std::uint64_t address, int device, bool& known) const;
    // Another name for the memory that is mapped at an address.
    abi::CUresult retain(std::uint64_t address, std::uint64_t& handle);
    std::shared_ptr<PhysicalMemory> find(std::uint64_t handle) const;
    // A file that another process, or this one, has exported; stays the caller's.
    abi::CUresult import_file(int file, std::uint64_t& handle);

  private:
    struct Named {
        std::shared_ptr<PhysicalMemory> memory;
        unsigned references = 1;
    };
    struct Mapping {
        std::uint64_t size;
        std::uint64_t handle;  // it was mapped by
        std::shared_ptr<PhysicalMemory> memory;
    };
    std::uint64_t add(std::shared_ptr<PhysicalMemory> memory);
    bool covers(std::uint64_t address, std::uint64_t size) const;

    DeviceMemory& memory_;
    mutable std::mutex mutex_;
    std::map<std::uint64_t, std::uint64_t> reserved_;  // size by address
    std::map<std::uint64_t, Mapping> mappings_;        // by address
    std::map<std::uint64_t, Named> named_;             // by handle
    std::uint64_t next_handle_ = 1;
};

}  // namespace soft::driver
