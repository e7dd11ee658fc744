// Exported: initialisation, version, error texts, devices, primary contexts.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "cudart/errors.h"
#include "soft/api/entry.h"
#include "soft/api/texture_limits.h"

using namespace soft;
using namespace soft::driver;

namespace {

constexpr std::size_t kBusIdSize = sizeof "0000:FE:00.0";

// Runs `body(Device&)` when `ordinal` is a device's.
template <class Body>
CUresult on_device(abi::CUdevice ordinal, Body&& body) {
    return enter(
        [&](Device& device) { return device.has(ordinal) ? body(device) : abi::CUDA_ERROR_INVALID_DEVICE; });
}

bool is_known(abi::CUdevice_P2PAttribute which) {
    return which >= abi::CU_DEVICE_P2P_ATTRIBUTE_PERFORMANCE_RANK &&
           which <= abi::CU_DEVICE_P2P_ATTRIBUTE_ONLY_PARTIAL_NATIVE_ATOMIC_SUPPORTED;
}

void put_text(char* target, int capacity, std::string_view text) {
    const std::size_t size = std::min(text.size(), static_cast<std::size_t>(capacity) - 1);
    copy_exact(target, text.data(), size);
    target[size] = '\0';
}

}  // namespace

SOFT_EXPORT CUresult cuInit(unsigned int flags) {
    if (flags != 0) return abi::CUDA_ERROR_INVALID_VALUE;
    if (Device::phase() != Phase::unused) return readiness();
    try {
        return Device::start();
    } catch (...) {
        return abi::CUDA_ERROR_OUT_OF_MEMORY;
    }
}

SOFT_EXPORT CUresult cuDriverGetVersion(int* version) {
    if (version == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    *version = kDriverVersion;
    return abi::CUDA_SUCCESS;
}

SOFT_EXPORT CUresult cuGetErrorString(CUresult error, const char** text) {
    const abi::ErrorText* row = abi::find_error(error);
    if (text == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    *text = row == nullptr ? nullptr : row->text;
    return row == nullptr ? abi::CUDA_ERROR_INVALID_VALUE : abi::CUDA_SUCCESS;
}

SOFT_EXPORT CUresult cuGetErrorName(CUresult error, const char** name) {
    const abi::ErrorText* row = abi::find_error(error);
    if (name == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    *name = row == nullptr ? nullptr : row->name;
    return row == nullptr ? abi::CUDA_ERROR_INVALID_VALUE : abi::CUDA_SUCCESS;
}

SOFT_EXPORT CUresult cuDeviceGet(abi::CUdevice* device, int ordinal) {
    return enter([&](const Device& known) {
        if (device == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        if (!known.has(ordinal)) return abi::CUDA_ERROR_INVALID_DEVICE;
        *device = ordinal;
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuDeviceGetCount(int* count) {
    return enter([&](const Device& device) {
        if (count == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        *count = device.count();
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuDeviceGetName(char* name, int len, abi::CUdevice dev) {
    return on_device(dev, [&](Device&) {
        if (name == nullptr || len <= 0) return abi::CUDA_ERROR_INVALID_VALUE;
        put_text(name, len, kDeviceName);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuDeviceGetUuid_v2(abi::CUuuid* uuid, abi::CUdevice dev) {
    return on_device(dev, [&](const Device& device) {
        if (uuid == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        *uuid = device.profile(dev).uuid();
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuDeviceGetUuid(abi::CUuuid* uuid, abi::CUdevice dev) {
    return cuDeviceGetUuid_v2(uuid, dev);
}

SOFT_EXPORT CUresult cuDeviceTotalMem_v2(std::size_t* bytes, abi::CUdevice dev) {
    return on_device(dev, [&](const Device& device) {
        if (bytes == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        *bytes = device.profile(dev).total_memory();
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuDeviceGetAttribute(int* value, abi::CUdevice_attribute attribute, abi::CUdevice dev) {
    return on_device(dev, [&](const Device& device) {
        if (value == nullptr || !device.profile(dev).attribute(attribute, *value))
            return abi::CUDA_ERROR_INVALID_VALUE;
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuDeviceGetPCIBusId(char* id, int len, abi::CUdevice dev) {
    return on_device(dev, [&](const Device& device) {
        if (id == nullptr || len < static_cast<int>(kBusIdSize)) return abi::CUDA_ERROR_INVALID_VALUE;
        char text[32];
        std::snprintf(text, sizeof text, "0000:FE:%02X.0", device.profile(dev).number());
        put_text(id, len, text);
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuDeviceGetByPCIBusId(abi::CUdevice* dev, const char* id) {
    return enter([&](const Device& device) {
        if (dev == nullptr || id == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        unsigned domain = 0;
        unsigned bus = 0;
        unsigned slot = 0;
        const bool full = std::sscanf(id, "%x:%x:%x", &domain, &bus, &slot) == 3;
        const bool brief = !full && std::sscanf(id, "%x:%x", &bus, &slot) == 2;
        if (!full && !brief) return abi::CUDA_ERROR_INVALID_VALUE;
        const int found = device.find_number(slot);
        if ((full && domain != 0) || bus != 0xfe || found < 0) return abi::CUDA_ERROR_INVALID_DEVICE;
        *dev = found;
        return abi::CUDA_SUCCESS;
    });
}

// Locally unique ids exist on Windows only.
SOFT_EXPORT CUresult cuDeviceGetLuid(char*, unsigned int*, abi::CUdevice dev) {
    return on_device(dev, [](Device&) { return abi::CUDA_ERROR_NOT_SUPPORTED; });
}

SOFT_EXPORT CUresult cuDeviceComputeCapability(int* major, int* minor, abi::CUdevice dev) {
    return on_device(dev, [&](Device&) {
        if (major == nullptr || minor == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        *major = 8;
        *minor = 0;
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuDeviceGetProperties(abi::CUdevprop* properties, abi::CUdevice dev) {
    return on_device(dev, [&](const Device& device) {
        if (properties == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        *properties = device.profile(dev).properties();
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuDeviceCanAccessPeer(int* can, abi::CUdevice dev, abi::CUdevice peer) {
    return on_device(dev, [&](const Device& device) {
        if (!device.has(peer)) return abi::CUDA_ERROR_INVALID_DEVICE;
        if (can == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        *can = dev == peer ? 0 : 1;  // a device is no peer of itself
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuDeviceGetP2PAttribute(int* value, abi::CUdevice_P2PAttribute which, abi::CUdevice from,
                                             abi::CUdevice to) {
    return on_device(from, [&](const Device& device) {
        if (value == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        if (!device.has(to) || from == to) return abi::CUDA_ERROR_INVALID_DEVICE;
        switch (which) {
            case abi::CU_DEVICE_P2P_ATTRIBUTE_PERFORMANCE_RANK:
                *value = 0;
                return abi::CUDA_SUCCESS;
            case abi::CU_DEVICE_P2P_ATTRIBUTE_ACCESS_SUPPORTED:
            case abi::CU_DEVICE_P2P_ATTRIBUTE_NATIVE_ATOMIC_SUPPORTED:
                *value = 1;
                return abi::CUDA_SUCCESS;
            default:
                *value = 0;
                return is_known(which) ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_VALUE;
        }
    });
}

SOFT_EXPORT CUresult cuDeviceGetTexture1DLinearMaxWidth(std::size_t* texels, abi::CUarray_format,
                                                        unsigned int, abi::CUdevice dev) {
    return on_device(dev, [&](Device&) {
        if (texels == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        *texels = kLongestBuffer;
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuDevicePrimaryCtxRetain(abi::CUcontext* context, abi::CUdevice dev) {
    return on_device(dev, [&](Device& device) {
        if (context == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        std::uint64_t handle = 0;
        const CUresult result = device.retain_primary(dev, handle);
        *context = as_handle<abi::CUcontext>(handle);
        return result;
    });
}

SOFT_EXPORT CUresult cuDevicePrimaryCtxRelease_v2(abi::CUdevice dev) {
    return on_device(dev, [dev](Device& device) { return device.release_primary(dev); });
}

SOFT_EXPORT CUresult cuDevicePrimaryCtxReset_v2(abi::CUdevice dev) {
    return on_device(dev, [dev](Device& device) { return device.reset_primary(dev); });
}

SOFT_EXPORT CUresult cuDevicePrimaryCtxSetFlags_v2(abi::CUdevice dev, unsigned int flags) {
    return on_device(dev, [&](Device& device) {
        const unsigned policy = flags & abi::CU_CTX_SCHED_MASK;
        const bool one_policy = (policy & (policy - 1)) == 0;
        if ((flags & ~abi::CU_CTX_FLAGS_MASK) != 0 || !one_policy) return abi::CUDA_ERROR_INVALID_VALUE;
        return device.set_primary_flags(dev, flags);
    });
}

SOFT_EXPORT CUresult cuDevicePrimaryCtxGetState(abi::CUdevice dev, unsigned int* flags, int* active) {
    return on_device(dev, [&](Device& device) {
        if (flags == nullptr || active == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        *flags = device.primary_flags(dev);
        *active = device.primary_active(dev) ? 1 : 0;
        return abi::CUDA_SUCCESS;
    });
}

SOFT_EXPORT CUresult cuDevicePrimaryCtxRelease(abi::CUdevice dev) {
    return cuDevicePrimaryCtxRelease_v2(dev);
}
SOFT_EXPORT CUresult cuDevicePrimaryCtxReset(abi::CUdevice dev) { return cuDevicePrimaryCtxReset_v2(dev); }
SOFT_EXPORT CUresult cuDevicePrimaryCtxSetFlags(abi::CUdevice dev, unsigned int flags) {
    return cuDevicePrimaryCtxSetFlags_v2(dev, flags);
}
