// What the host told at attach, and everything the guest answers from it: devices, attributes, the driver's
// version. Immutable once the session lives. Filled by the carrier from the Welcome message; every number is
// bounds-checked.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "cudart/abi.h"
#include "known_images.h"

namespace guest {

inline constexpr std::size_t kMaxAttributes = 256;
inline constexpr std::size_t kMaxDevices = 64;

struct DeviceFacts {
    char name[256] = "";
    abi::CUuuid uuid{};
    std::uint64_t total_memory = 0;  // bytes
    std::int32_t attributes[kMaxAttributes] = {};
    std::size_t attribute_count = 0;
    std::int32_t host_ordinal = 0;
    // The driver reads registered host memory at the address at which the host has it.
    bool reads_host_memory = false;

    // 0 for what the host does not know.
    std::int32_t attribute(abi::CUdevice_attribute which) const {
        const auto index = static_cast<std::size_t>(which);
        return index < kMaxAttributes ? attributes[index] : 0;
    }
};

struct Snapshot {
    std::int32_t driver_version = 0;
    std::uint64_t window_base = 0;
    std::uint64_t window_size = 0;
    DeviceFacts host_devices[kMaxDevices];
    std::size_t host_device_count = 0;
    // The devices this program sees, in its order: indices into host_devices.
    std::uint8_t visible[kMaxDevices] = {};
    std::size_t visible_count = 0;
    KnownImages images;

    // Null when the guest has no device of that ordinal.
    const DeviceFacts* device(int ordinal) const {
        if (ordinal < 0 || static_cast<std::size_t>(ordinal) >= visible_count) return nullptr;
        return &host_devices[visible[ordinal]];
    }
};

// Reads ferry.v1.Snapshot; false when it is malformed or beyond the limits.
bool read_snapshot(std::span<const std::byte> message, Snapshot& snapshot);

// Chooses and orders the devices as CUDA_VISIBLE_DEVICES says: ordinals or "GPU-" UUID prefixes, up to the
// first entry that names no device or one already named. Null means all of them.
void apply_visible_devices(Snapshot& snapshot, const char* visible_devices);

// Host and guest have pinned memory at one address: devices that read it there can map it, which the overlay
// has hidden.
void reveal_mapped_memory(Snapshot& snapshot);

// The specification's overlay: attributes that describe what is not shared with or not forwarded to the guest
// read 0.
void apply_overlay(DeviceFacts& device);

}  // namespace guest
