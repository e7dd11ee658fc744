// Copies that name pinned memory instead of carrying bytes. Included by the hand_*.cc files whose records do.
#pragma once
#include <cstddef>
#include <cstdint>

#include "engine/executor.h"

namespace engine::hand {

// The memory that a copy names; null after ending the session of a guest that names what it has not pinned.
inline std::byte* pinned_memory(Executor& executor, std::uint64_t address, std::uint64_t size) {
    std::byte* memory = executor.pins().find(address, size, executor.contexts().current_handle());
    if (memory == nullptr) executor.violate("a copy names memory that is not pinned");
    return memory;
}

// What becomes of a copy by reference: answered when it is over, if anybody waits.
inline abi::CUresult referred(Executor& executor, const wire::RecordHeader& header, abi::CUstream stream,
                              abi::CUresult queued) {
    if (queued != abi::CUDA_SUCCESS || header.ticket == 0) return queued;
    return executor.landing().follow_reference(header, executor.place(stream));
}

// A landing without a ticket has nowhere to go.
inline bool names_a_landing(Executor& executor, const wire::RecordHeader& header) {
    if (header.ticket == 0) executor.violate("a copy to the guest names no ticket");
    return header.ticket != 0;
}

}  // namespace engine::hand
