// What a context keeps of arrays, textures and surfaces. Thread-safe. Texture and surface objects that were
// destroyed stay readable for a while: a kernel in flight may still hold one.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <mutex>

#include "soft/api/array.h"
#include "soft/api/handle_table.h"
#include "soft/memory/device_memory.h"

namespace soft::driver {

struct TextureObject {
    Texture texture;
    abi::CUDA_RESOURCE_DESC resource{};
    abi::CUDA_TEXTURE_DESC reading{};
    abi::CUDA_RESOURCE_VIEW_DESC view{};
    bool has_view = false;
    std::uint64_t handle = 0;
};

struct SurfaceObject {
    Surface surface;
    abi::CUDA_RESOURCE_DESC resource{};
    std::uint64_t handle = 0;
};

class ImageStore {
  public:
    ImageStore(HandleTable& handles, DeviceMemory& memory, std::uint64_t owner)
        : handles_(handles), memory_(memory), owner_(owner) {}

    // Each gives its object a handle. CUDA_ERROR_OUT_OF_MEMORY when memory or handles have run out.
    abi::CUresult create_array(const abi::CUDA_ARRAY3D_DESCRIPTOR& description, std::uint64_t& handle);
    abi::CUresult create_mipmap(const abi::CUDA_ARRAY3D_DESCRIPTOR& description, unsigned levels,
                                std::uint64_t& handle);
    abi::CUresult add(std::unique_ptr<TextureObject> texture, std::uint64_t& handle);
    abi::CUresult add(std::unique_ptr<SurfaceObject> surface, std::uint64_t& handle);

    // False when it is not this context's. The caller has waited for whatever uses an array.
    bool destroy(const Array& array);
    bool destroy(const Mipmap& mipmap);
    bool destroy(const TextureObject& texture);
    bool destroy(const SurfaceObject& surface);
    // Takes all handles back; the memory goes with the context's.
    void clear();

  private:
    std::uint64_t take_memory(std::uint64_t size);

    HandleTable& handles_;
    DeviceMemory& memory_;
    const std::uint64_t owner_;
    std::mutex mutex_;
    std::map<std::uint64_t, std::unique_ptr<Array>> arrays_;  // by handle
    std::map<std::uint64_t, std::unique_ptr<Mipmap>> mipmaps_;
    std::map<std::uint64_t, std::unique_ptr<TextureObject>> textures_;
    std::map<std::uint64_t, std::unique_ptr<SurfaceObject>> surfaces_;
    std::deque<std::unique_ptr<TextureObject>> old_textures_;
    std::deque<std::unique_ptr<SurfaceObject>> old_surfaces_;
};

}  // namespace soft::driver
