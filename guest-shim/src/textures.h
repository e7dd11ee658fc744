// What the guest remembers of texture and surface objects: their descriptions, by the driver's own 64-bit
// values, which kernels are given. Part of the session; thread-safe.
#pragma once
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "cudart/abi.h"
#include "futex.h"
#include "objects.h"

namespace guest {

struct TextureFacts {
    const Context* context = nullptr;
    std::uint32_t epoch = 0;  // of the context, when it was made
    bool is_surface = false;
    bool has_view = false;
    abi::CUDA_RESOURCE_DESC resource{};
    abi::CUDA_TEXTURE_DESC reading{};
    abi::CUDA_RESOURCE_VIEW_DESC view{};

    bool current() const { return context->epoch.load(std::memory_order_relaxed) == epoch; }
};

class Textures {
public:
    // A value the driver has given out; it may have been another object's of a context that is gone.
    void add(std::uint64_t value, const TextureFacts& facts);
    // False when no object of that kind has the value.
    bool find(std::uint64_t value, bool is_surface, TextureFacts& facts);
    // As find(); the value names nothing from now on. Of several threads that try, one is answered true.
    bool remove(std::uint64_t value, bool is_surface);

private:
    Mutex mutex_;
    std::unordered_map<std::uint64_t, TextureFacts> objects_;
};

}  // namespace guest
