// Staging memory in pinned chunks. See slots.h.
#include "engine/slots.h"

#include <sys/mman.h>

#include "engine/limits.h"

namespace engine {
namespace {

constexpr std::size_t kStride = kSlotSize + kSlotHead;
constexpr std::size_t kChunkSize = kStride * kSlotsPerChunk;
constexpr unsigned kRegisterPortable =
    1;  // CU_MEMHOSTREGISTER_PORTABLE: for every context, not only this one

}  // namespace

Slots::~Slots() {
    for (std::byte* chunk : chunks_) ::munmap(chunk, kChunkSize);
}

bool Slots::grow() {
    if (chunks_.size() * kSlotsPerChunk >= kSlotCount) return false;
    void* memory = ::mmap(nullptr, kChunkSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return false;
    // Registered rather than allocated by the driver: memory of cuMemHostAlloc dies with the context it was
    // asked in. Unpinned memory (registration refused, or undone by that context's end) is only slower.
    if (driver_.cuMemHostRegister_v2 != nullptr) {
        (void)driver_.cuMemHostRegister_v2(memory, kChunkSize, kRegisterPortable);
    }
    const auto first = static_cast<std::uint32_t>(chunks_.size() * kSlotsPerChunk);
    chunks_.push_back(static_cast<std::byte*>(memory));
    for (std::uint32_t index = kSlotsPerChunk; index > 0; --index) free_.push_back(first + index - 1);
    return true;
}

bool Slots::take(std::uint32_t& slot) { return (!free_.empty() || grow()) && take_made(slot); }

bool Slots::take_made(std::uint32_t& slot) {
    if (free_.empty()) return false;
    slot = free_.back();
    free_.pop_back();
    return true;
}

std::span<std::byte> Slots::whole_memory(std::uint32_t slot) const {
    return {chunks_[slot / kSlotsPerChunk] + slot % kSlotsPerChunk * kStride, kStride};
}

std::span<std::byte> Slots::memory(std::uint32_t slot) const { return whole_memory(slot).first(kSlotSize); }

}  // namespace engine
