// From what an instruction holds to the texture or surface it means. Used by texture.cc, texture_query.cc and
// surface.cc.
#pragma once
#include <bit>
#include <cstdint>
#include <type_traits>

#include "soft/device_services.h"
#include "soft/launch/runtime.h"
#include "soft/texture.h"

namespace soft {
namespace {

// A handle is the value of a texture object, or the address of a .texref variable that holds one.
template <class Object>
class Lookup {
  public:
    explicit Lookup(const DeviceServices& services) : services_(services) {}

    const Object* find(std::uint64_t handle) {
        if (object_ != nullptr && handle == handle_) return object_;
        handle_ = handle;
        object_ = direct(handle);
        Range range;
        if (object_ == nullptr && handle % 8 == 0 && services_.find_range(handle, range) &&
            range.hi - handle >= 8) {
            object_ = direct(*static_cast<const std::uint64_t*>(std::bit_cast<const void*>(handle)));
        }
        return object_;
    }

  private:
    const Object* direct(std::uint64_t handle) const {
        if constexpr (std::is_same_v<Object, Texture>)
            return services_.find_texture(handle);
        else
            return services_.find_surface(handle);
    }
    const DeviceServices& services_;
    std::uint64_t handle_ = 0;
    const Object* object_ = nullptr;
};

}  // namespace
}  // namespace soft
