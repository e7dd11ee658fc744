// Copies between guest memory and the device. Pinned memory of the arena is named and left to the device.
// Other host-to-device bytes are taken at the call and travel in slices; device-to-host bytes land in slots
// of Replies. Which side an address is on, the region table says.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "cudart/abi.h"
#include "wire/handle.h"

namespace guest {

class Session;

// Whether [address, address + size) may be device memory: inside one known allocation, or of no region and
// outside the window, which is the host's to judge. CUDA_ERROR_INVALID_VALUE when it cannot be.
abi::CUresult check_device_range(Session& session, std::uint64_t address, std::uint64_t size);
// Whether the address is device memory; anything unknown outside the window counts as the guest's own.
bool is_device_address(Session& session, std::uint64_t address);

// When a copy returns: once the host memory is the program's again, or at once where that is pinned and the
// form is asynchronous. `takes`: as may_return, but the program's bytes are taken at the call even there.
// `lands`: as may_return, but bytes for the program land later wherever they go, as those of a graph do.
enum class Form { waits, may_return, takes, lands };

abi::CUresult copy_to_device(Session& session, std::uint64_t target, const void* source, std::size_t size,
                             wire::Handle stream, Form form);
abi::CUresult copy_to_host(Session& session, void* target, std::uint64_t source, std::size_t size,
                           wire::Handle stream, Form form);
abi::CUresult copy_on_device(Session& session, std::uint64_t target, std::uint64_t source, std::size_t size,
                             wire::Handle stream);

// The way between two addresses of one address space.
abi::CUresult copy_unified(Session& session, abi::CUdeviceptr target, abi::CUdeviceptr source,
                           std::size_t size, abi::CUstream stream, Form form);

// Whether copies may name the bytes instead of carrying them: pinned memory of the arena.
// CUDA_ERROR_INVALID_VALUE when the memory begins in a block of it and reaches beyond.
abi::CUresult find_in_arena(Session& session, const void* memory, std::size_t size, bool& found);
// The same through slices of pinned memory, as far as there are any: answers how many bytes of the front of
// `bytes` or of `target` are done with, all of them unless slices are out. See copy_staged.cc.
abi::CUresult stage_to_device(Session& session, std::uint64_t target, std::span<const std::byte> bytes,
                              wire::Handle stream, std::size_t& done);
abi::CUresult stage_to_host(Session& session, std::span<std::byte> target, std::uint64_t source,
                            wire::Handle stream, std::size_t& done);

// Waits for asynchronous landings that overlap the memory, if there are any.
abi::CUresult settle_landings(Session& session, const void* memory, std::size_t size);
// The same before a copy reads the memory: CUDA reads pinned memory in stream order, so whatever may still
// write it there, a landing or a host function queued before the copy, has to be over before the bytes are
// taken.
abi::CUresult settle_source(Session& session, const void* memory, std::size_t size, wire::Handle stream);

}  // namespace guest
