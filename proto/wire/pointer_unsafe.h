// Handles as the opaque pointers a CUDA program holds, and back. Included by generated stubs and by the shim;
// the engine never needs it, for the pointers it passes on are the driver's own. SAFETY: such a pointer is
// never dereferenced; the tag byte makes it non-canonical, so a program that tries faults.
#pragma once
#include <cstdint>
#include <type_traits>

#include "wire/handle.h"

namespace wire {

template <typename Pointer>
    requires std::is_pointer_v<Pointer>
Pointer to_pointer(Handle handle) {
    return reinterpret_cast<Pointer>(static_cast<std::uintptr_t>(handle.value));
}

template <typename Pointee>
Handle to_handle(Pointee* pointer) {
    return Handle{static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(pointer))};
}

// What the null stream means to a program compiled with per-thread default streams.
template <typename Pointee>
Pointee* per_thread_stream(Pointee* stream) {
    return stream == nullptr ? to_pointer<Pointee*>(Handle{kStreamPerThread}) : stream;
}

}  // namespace wire
