// ImageStore: making and ending arrays, textures and surfaces. See image_store.h.
#include "soft/api/image_store.h"

#include <utility>

namespace soft::driver {
namespace {

// How many destroyed objects stay readable; nobody can destroy so many while one kernel runs by mistake.
constexpr std::size_t kKept = 1024;
constexpr std::uint64_t kLevelAlignment = 512;

template <class Object>
abi::CUresult keep(HandleTable& handles, std::map<std::uint64_t, std::unique_ptr<Object>>& map,
                   std::unique_ptr<Object> object, std::uint64_t& handle) {
    object->handle = handles.add(object.get());
    if (object->handle == 0) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    handle = object->handle;
    map.emplace(handle, std::move(object));
    return abi::CUDA_SUCCESS;
}

// Out of the map and without a handle; null when it was not there.
template <class Object>
std::unique_ptr<Object> part(HandleTable& handles, std::map<std::uint64_t, std::unique_ptr<Object>>& map,
                             const Object& object) {
    const auto found = map.find(object.handle);
    if (found == map.end() || found->second.get() != &object) return nullptr;
    handles.remove(found->first);
    std::unique_ptr<Object> kept = std::move(found->second);
    map.erase(found);
    return kept;
}

template <class Object>
bool retire(std::deque<std::unique_ptr<Object>>& old, std::unique_ptr<Object> object) {
    if (object == nullptr) return false;
    old.push_back(std::move(object));
    if (old.size() > kKept) old.pop_front();
    return true;
}

}  // namespace

std::uint64_t ImageStore::take_memory(std::uint64_t size) {
    return memory_.allocate(size, BlockKind::image, 0, owner_);
}

abi::CUresult ImageStore::create_array(const abi::CUDA_ARRAY3D_DESCRIPTOR& description,
                                       std::uint64_t& handle) {
    auto array = std::make_unique<Array>();
    array->description = description;
    if (const auto result = lay_out(description, array->image); result != abi::CUDA_SUCCESS) return result;
    array->memory = array->image.address = take_memory(image_bytes(array->image));
    if (array->memory == 0) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    const std::uint64_t memory = array->memory;
    const std::lock_guard lock(mutex_);
    const auto result = keep(handles_, arrays_, std::move(array), handle);
    if (result != abi::CUDA_SUCCESS) memory_.release(memory, BlockKind::image);
    return result;
}

abi::CUresult ImageStore::create_mipmap(const abi::CUDA_ARRAY3D_DESCRIPTOR& description, unsigned levels,
                                        std::uint64_t& handle) {
    auto mipmap = std::make_unique<Mipmap>();
    mipmap->description = description;
    abi::CUDA_ARRAY3D_DESCRIPTOR at = description;
    for (unsigned k = 0; k < levels; ++k, at = next_level(at)) {
        auto array = std::make_unique<Array>();
        array->description = at;
        array->whole = mipmap.get();
        const auto result = lay_out(at, array->image);
        if (result != abi::CUDA_SUCCESS) return result;
        array->image.address = mipmap->size;
        const std::uint64_t bytes = image_bytes(array->image);
        mipmap->size += (bytes + kLevelAlignment - 1) / kLevelAlignment * kLevelAlignment;
        mipmap->levels.push_back(std::move(array));
    }
    mipmap->memory = take_memory(mipmap->size);
    if (mipmap->memory == 0) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    for (const auto& level : mipmap->levels) level->image.address += mipmap->memory;
    const std::lock_guard lock(mutex_);
    for (const auto& level : mipmap->levels) level->handle = handles_.add(level.get());
    return keep(handles_, mipmaps_, std::move(mipmap), handle);
}

abi::CUresult ImageStore::add(std::unique_ptr<TextureObject> texture, std::uint64_t& handle) {
    const std::lock_guard lock(mutex_);
    return keep(handles_, textures_, std::move(texture), handle);
}

abi::CUresult ImageStore::add(std::unique_ptr<SurfaceObject> surface, std::uint64_t& handle) {
    const std::lock_guard lock(mutex_);
    return keep(handles_, surfaces_, std::move(surface), handle);
}

bool ImageStore::destroy(const Array& array) {
    const std::lock_guard lock(mutex_);
    const auto kept = part(handles_, arrays_, array);
    return kept != nullptr && memory_.release(kept->memory, BlockKind::image);
}

bool ImageStore::destroy(const Mipmap& mipmap) {
    const std::lock_guard lock(mutex_);
    const auto kept = part(handles_, mipmaps_, mipmap);
    if (kept == nullptr) return false;
    for (const auto& level : kept->levels) handles_.remove(level->handle);
    return memory_.release(kept->memory, BlockKind::image);
}

bool ImageStore::destroy(const TextureObject& texture) {
    const std::lock_guard lock(mutex_);
    return retire(old_textures_, part(handles_, textures_, texture));
}

bool ImageStore::destroy(const SurfaceObject& surface) {
    const std::lock_guard lock(mutex_);
    return retire(old_surfaces_, part(handles_, surfaces_, surface));
}

void ImageStore::clear() {
    const std::lock_guard lock(mutex_);
    for (const auto& [handle, array] : arrays_) handles_.remove(handle);
    for (const auto& [handle, texture] : textures_) handles_.remove(handle);
    for (const auto& [handle, surface] : surfaces_) handles_.remove(handle);
    for (const auto& [handle, mipmap] : mipmaps_) {
        for (const auto& level : mipmap->levels) handles_.remove(level->handle);
        handles_.remove(handle);
    }
    arrays_.clear();
    mipmaps_.clear();
    textures_.clear();
    surfaces_.clear();
    old_textures_.clear();
    old_surfaces_.clear();
}

}  // namespace soft::driver
