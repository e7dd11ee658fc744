// Exported beside the CUDA driver API, for Ferry's engine only (proto/cudart/lent_memory.h): what a guest
// does with memory that was lent to it.
#include "cudart/lent_memory.h"

#include "soft/api/entry.h"

using namespace soft::driver;

namespace {

CUresult verdict(bool good) { return good ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE; }

CUresult lend(std::uint64_t address) {
    return enter([&](Device& device) { return verdict(device.memory.lend(address)); });
}
CUresult carve(std::uint64_t address, std::uint64_t size) {
    return enter([&](Device& device) { return verdict(device.memory.carve(address, size)); });
}
CUresult uncarve(std::uint64_t address) {
    return enter([&](Device& device) { return verdict(device.memory.uncarve(address)); });
}
CUresult close(std::uint64_t address) {
    return enter([&](Device& device) { return verdict(device.memory.close(address)); });
}

constexpr device::LentMemory kLentMemory{lend, carve, uncarve, close};

}  // namespace

SOFT_EXPORT const device::LentMemory* ferry_soft_lent_memory() { return &kLentMemory; }
