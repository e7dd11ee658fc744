// Images: what the guest has of arrays, textures and surfaces, beside the names of arrays (handles.h): how
// much memory arrays take, and which 64-bit values are objects of the guest's, for a driver is not asked
// about others. Used by handlers and the executor, on the engine thread only.
#pragma once
#include <cstdint>
#include <unordered_map>

#include "engine/limits.h"
#include "engine/meters.h"
#include "wire/handle.h"

namespace engine {

class Images {
public:
    explicit Images(Meters& meters) : meters_(meters) {}

    // An array or a mipmapped array of about so many bytes.
    void note_array(std::uint64_t object, std::uint64_t size, wire::Handle context) {
        arrays_[object] = Array{size, context};
        meters_[Meter::device_bytes] += size;
    }
    void note_end(std::uint64_t object) {
        const auto found = arrays_.find(object);
        if (found == arrays_.end()) return;
        meters_[Meter::device_bytes] -= found->second.size;
        arrays_.erase(found);
    }
    bool may_make_object() const { return objects_.size() < kMaxTextures; }
    void note_object(std::uint64_t value, bool is_surface, wire::Handle context) {
        objects_[value] = Object{is_surface, context};
    }
    // False when it is no object of that kind.
    bool drop_object(std::uint64_t value, bool is_surface) {
        const auto found = objects_.find(value);
        if (found == objects_.end() || found->second.is_surface != is_surface) return false;
        objects_.erase(found);
        return true;
    }
    void forget_context(wire::Handle context) {
        std::erase_if(objects_, [context](const auto& entry) { return entry.second.context == context; });
        std::erase_if(arrays_, [this, context](const auto& entry) {
            if (entry.second.context != context) return false;
            meters_[Meter::device_bytes] -= entry.second.size;
            return true;
        });
    }

private:
    struct Array {
        std::uint64_t size;
        wire::Handle context;
    };
    struct Object {
        bool is_surface;
        wire::Handle context;
    };
    Meters& meters_;
    std::unordered_map<std::uint64_t, Array> arrays_;
    std::unordered_map<std::uint64_t, Object> objects_;
};

}  // namespace engine
