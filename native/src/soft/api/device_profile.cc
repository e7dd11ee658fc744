// The attribute table. Values are those of a plain compute capability 8.0 device where a program could depend
// on them, zero where the device cannot do a thing.
#include "soft/api/device_profile.h"

#include <algorithm>
#include <utility>

#include "soft/api/texture_limits.h"

namespace soft::driver {
namespace {

using enum abi::CUdevice_attribute;

constexpr std::pair<abi::CUdevice_attribute, int> kFixed[] = {
    {CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK, kMaxThreadsPerBlock},
    {CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X, kMaxBlockDim[0]},
    {CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y, kMaxBlockDim[1]},
    {CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z, kMaxBlockDim[2]},
    {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X, kMaxGridDim[0]},
    {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y, kMaxGridDim[1]},
    {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z, kMaxGridDim[2]},
    {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK, kSharedPerBlock},
    {CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY, 64 << 10},
    {CU_DEVICE_ATTRIBUTE_WARP_SIZE, kWarpSize},
    {CU_DEVICE_ATTRIBUTE_MAX_PITCH, static_cast<int>(kMaxPitch)},
    {CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK, kRegistersPerMultiprocessor},
    {CU_DEVICE_ATTRIBUTE_CLOCK_RATE, 1'000'000},
    {CU_DEVICE_ATTRIBUTE_GPU_OVERLAP, 1},
    {CU_DEVICE_ATTRIBUTE_INTEGRATED, 0},
    {CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY, 1},
    {CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS, 1},
    {CU_DEVICE_ATTRIBUTE_CAN_USE_STREAM_WAIT_VALUE_NOR, 1},
    {CU_DEVICE_ATTRIBUTE_COMPUTE_MODE, abi::CU_COMPUTEMODE_DEFAULT},
    {CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS, 1},
    {CU_DEVICE_ATTRIBUTE_PCI_BUS_ID, 0xfe},
    {CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID, 0},
    {CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID, 0},
    {CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE, 1'600'000},
    {CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH, 128},
    {CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, kL2CacheSize},
    {CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR, kThreadsPerMultiprocessor},
    {CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT, 1},
    {CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING, 1},
    {CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, 8},
    {CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, 0},
    {CU_DEVICE_ATTRIBUTE_STREAM_PRIORITIES_SUPPORTED, 1},
    {CU_DEVICE_ATTRIBUTE_GLOBAL_L1_CACHE_SUPPORTED, 1},
    {CU_DEVICE_ATTRIBUTE_LOCAL_L1_CACHE_SUPPORTED, 1},
    {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR, kSharedPerMultiprocessor},
    {CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR, kRegistersPerMultiprocessor},
    {CU_DEVICE_ATTRIBUTE_SINGLE_TO_DOUBLE_PRECISION_PERF_RATIO, 2},
    {CU_DEVICE_ATTRIBUTE_COMPUTE_PREEMPTION_SUPPORTED, 1},
    {CU_DEVICE_ATTRIBUTE_CAN_USE_HOST_POINTER_FOR_REGISTERED_MEM, 1},
    {CU_DEVICE_ATTRIBUTE_HOST_NATIVE_ATOMIC_SUPPORTED, 1},
    {CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH, 1},
    {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, kSharedPerBlockOptIn},
    {CU_DEVICE_ATTRIBUTE_HOST_REGISTER_SUPPORTED, 1},
    {CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR, kBlocksPerMultiprocessor},
    {CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED, 1},
    {CU_DEVICE_ATTRIBUTE_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR_SUPPORTED, 1},
    {CU_DEVICE_ATTRIBUTE_IPC_EVENT_SUPPORTED, 1},
    {CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY, 1},
    {CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS, 1},
    {CU_DEVICE_ATTRIBUTE_DIRECT_MANAGED_MEM_ACCESS_FROM_HOST, 1},
    {CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED, 1},
    {CU_DEVICE_ATTRIBUTE_MEMPOOL_SUPPORTED_HANDLE_TYPES, abi::CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR},
    {CU_DEVICE_ATTRIBUTE_MAX_PERSISTING_L2_CACHE_SIZE, kL2CachePersisting},
    {CU_DEVICE_ATTRIBUTE_MAX_ACCESS_POLICY_WINDOW_SIZE, kAccessPolicyWindow},
    {CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK, kSharedReserved},
    {CU_DEVICE_ATTRIBUTE_READ_ONLY_HOST_REGISTER_SUPPORTED, 1},
    {CU_DEVICE_ATTRIBUTE_MEM_SYNC_DOMAIN_COUNT, 1},
    {CU_DEVICE_ATTRIBUTE_NUMA_ID, -1},
    {CU_DEVICE_ATTRIBUTE_HOST_NUMA_ID, -1},
};

}  // namespace

DeviceProfile::DeviceProfile(unsigned threads, std::uint64_t total_memory, unsigned number)
    : total_memory_(total_memory), number_(number) {
    for (const auto& [which, value] : kFixed) values_[static_cast<std::size_t>(which)] = value;
    for (const auto& [which, value] : texture_attributes::kValues)
        values_[static_cast<std::size_t>(which)] = value;
    values_[CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT] = static_cast<int>(threads);
    values_[CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID] = static_cast<int>(number);
}

bool DeviceProfile::attribute(int which, int& value) const {
    if (which < 1 || which >= abi::CU_DEVICE_ATTRIBUTE_MAX) return false;
    value = values_[static_cast<std::size_t>(which)];
    return true;
}

abi::CUuuid DeviceProfile::uuid() const {
    constexpr char kUuid[] = "FerrySoftDevice0";
    abi::CUuuid uuid;
    std::copy_n(kUuid, sizeof uuid.bytes, uuid.bytes);
    uuid.bytes[15] = static_cast<char>('0' + number_);
    return uuid;
}

std::string DeviceProfile::uuid_text() const {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text = "GPU-";
    const abi::CUuuid id = uuid();
    for (std::size_t index = 0; index < sizeof id.bytes; ++index) {
        if (index == 4 || index == 6 || index == 8 || index == 10) text += '-';
        const auto byte = static_cast<unsigned char>(id.bytes[index]);
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

abi::CUdevprop DeviceProfile::properties() const {
    abi::CUdevprop properties{};
    properties.maxThreadsPerBlock = kMaxThreadsPerBlock;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        properties.maxThreadsDim[axis] = static_cast<int>(kMaxBlockDim[axis]);
        properties.maxGridSize[axis] = static_cast<int>(kMaxGridDim[axis]);
    }
    properties.sharedMemPerBlock = kSharedPerBlock;
    properties.totalConstantMemory = values_[CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY];
    properties.SIMDWidth = kWarpSize;
    properties.memPitch = static_cast<int>(kMaxPitch);
    properties.regsPerBlock = kRegistersPerMultiprocessor;
    properties.clockRate = values_[CU_DEVICE_ATTRIBUTE_CLOCK_RATE];
    properties.textureAlign = values_[CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT];
    return properties;
}

}  // namespace soft::driver
