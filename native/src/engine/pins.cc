// See pins.h.
#include "engine/pins.h"

#include <sys/mman.h>

#include <cerrno>

namespace engine {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr int kPopulateWrite = 23;  // MADV_POPULATE_WRITE, Linux 5.14; older headers do not have it

// SAFETY: callers have checked the range against the arena, which is mapped for as long as the session lives.
std::byte* memory_at(std::uint64_t address) { return reinterpret_cast<std::byte*>(address); }

abi::CUresult populate(std::uint64_t address, std::uint64_t size) {
    if (::madvise(memory_at(address), size, kPopulateWrite) == 0) return abi::CUDA_SUCCESS;
    return errno == EINVAL ? abi::CUDA_ERROR_NOT_SUPPORTED : abi::CUDA_ERROR_OUT_OF_MEMORY;
}

}  // namespace

bool Pins::can_pin(std::uint64_t address, std::uint64_t size) const {
    if (size == 0 || address % kPage != 0 || size % kPage != 0) return false;
    if (address < base_ || address - base_ >= size_ || size > size_ - (address - base_)) return false;
    const auto after = pins_.lower_bound(address);
    if (after != pins_.end() && after->first - address < size) return false;
    return after == pins_.begin() || std::prev(after)->first + std::prev(after)->second.size <= address;
}

abi::CUresult Pins::pin(std::uint64_t address, std::uint64_t size, wire::Handle context) {
    if (driver_.cuMemHostRegister_v2 == nullptr || driver_.cuMemHostUnregister == nullptr)
        return abi::CUDA_ERROR_NOT_SUPPORTED;
    abi::CUresult result = populate(address, size);
    if (result == abi::CUDA_SUCCESS) result = enter(address, size);
    if (result == abi::CUDA_SUCCESS) pins_.emplace(address, Pin{size, context});
    const bool passing = result == abi::CUDA_SUCCESS || result == abi::CUDA_ERROR_OUT_OF_MEMORY;
    return passing ? result : abi::CUDA_ERROR_NOT_SUPPORTED;
}

abi::CUresult Pins::enter(std::uint64_t address, std::uint64_t size) {
    return driver_.cuMemHostRegister_v2(memory_at(address), size, abi::CU_MEMHOSTREGISTER_PORTABLE);
}

abi::CUresult Pins::unpin(std::uint64_t address) {
    const auto found = pins_.find(address);
    if (found == pins_.end()) return abi::CUDA_ERROR_INVALID_VALUE;
    const bool registered = found->second.context.value != 0;
    pins_.erase(found);
    return registered ? driver_.cuMemHostUnregister(memory_at(address)) : abi::CUDA_SUCCESS;
}

std::byte* Pins::find(std::uint64_t address, std::uint64_t size, wire::Handle context) {
    auto after = pins_.upper_bound(address);
    if (after == pins_.begin()) return nullptr;
    auto& [start, pin] = *std::prev(after);
    if (address - start >= pin.size || size > pin.size - (address - start)) return nullptr;
    if (pin.context.value == 0 && enter(start, pin.size) == abi::CUDA_SUCCESS) pin.context = context;
    return memory_at(address);
}

void Pins::forget_context(wire::Handle context) {
    for (auto& [start, pin] : pins_) {
        if (pin.context == context) pin.context = {};
    }
}

}  // namespace engine
