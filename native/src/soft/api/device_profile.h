// What the device says of itself: attributes, name, identity. One table, read by the attribute entries, the
// property block, the occupancy calls and the launch checks, so that they cannot contradict each other.
#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "cudart/abi.h"
#include "cudart/occupancy.h"

namespace soft::driver {

// The numbers of compute capability 8.0 that launches and occupancy are checked against.
inline constexpr unsigned kMaxThreadsPerBlock = 1024;
inline constexpr unsigned kMaxBlockDim[3] = {1024, 1024, 64};
inline constexpr unsigned kMaxGridDim[3] = {0x7fffffff, 65535, 65535};
inline constexpr int kWarpSize = 32;
inline constexpr int kSharedPerBlock = 48 << 10;        // bytes, without opting in
inline constexpr int kSharedPerBlockOptIn = 163 << 10;  // bytes
inline constexpr int kSharedPerMultiprocessor = 164 << 10;
inline constexpr int kSharedReserved = 1 << 10;  // bytes per block
inline constexpr int kRegistersPerMultiprocessor = 65536;
inline constexpr int kThreadsPerMultiprocessor = 2048;
inline constexpr int kBlocksPerMultiprocessor = 32;
inline constexpr cudart::OccupancyDevice kOccupancyDevice = {.threads = kThreadsPerMultiprocessor,
                                                             .blocks = kBlocksPerMultiprocessor,
                                                             .registers = kRegistersPerMultiprocessor,
                                                             .shared = kSharedPerMultiprocessor,
                                                             .reserved = kSharedReserved,
                                                             .opt_in_shared = kSharedPerBlockOptIn};
// The cache is only said to be there: what a program sets aside of it is a hint.
inline constexpr int kL2CacheSize = 4 << 20;                     // bytes
inline constexpr int kL2CachePersisting = kL2CacheSize / 4 * 3;  // bytes, the most
inline constexpr int kAccessPolicyWindow = (128 << 20) - 4096;   // bytes, the most
inline constexpr std::uint64_t kMaxPitch = 0x7fffffff;           // bytes
inline constexpr std::uint64_t kPitchAlignment = 512;            // bytes, of cuMemAllocPitch
inline constexpr char kDeviceName[] = "Ferry Software Device";

class DeviceProfile {
  public:
    // `threads` pool threads stand for multiprocessors; `total_memory` in bytes.
    // It is the one with this number of those the machine has.
    DeviceProfile(unsigned threads, std::uint64_t total_memory, unsigned number);

    // False for an attribute CUDA does not have.
    bool attribute(int which, int& value) const;
    unsigned number() const { return number_; }
    int multiprocessors() const { return values_[abi::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT]; }
    std::uint64_t total_memory() const { return total_memory_; }
    void set_total_memory(std::uint64_t bytes) { total_memory_ = bytes; }
    // The same on every machine and in every process: there is only one kind of software device. The last
    // byte tells those of one machine apart.
    abi::CUuuid uuid() const;
    // As tools print it: GPU-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx.
    std::string uuid_text() const;
    abi::CUdevprop properties() const;

  private:
    std::array<int, abi::CU_DEVICE_ATTRIBUTE_MAX> values_{};
    std::uint64_t total_memory_;
    unsigned number_;
};

}  // namespace soft::driver
