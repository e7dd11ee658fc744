// Chapter "Device Management": everything is answered from the snapshot.
#include <stdio.h>
#include <string.h>

#include <algorithm>

#include "cudart/texels.h"
#include "guest/hand.h"
#include "session.h"

namespace guest::local {
namespace {

// Calls answer(facts) for a device the program has.
template <class Answer>
abi::CUresult with_device(Session& session, abi::CUdevice device, bool arguments_good, Answer&& answer) {
    if (!arguments_good) return abi::CUDA_ERROR_INVALID_VALUE;
    const DeviceFacts* facts = session.snapshot.device(device);
    if (facts == nullptr) return abi::CUDA_ERROR_INVALID_DEVICE;
    answer(*facts);
    return abi::CUDA_SUCCESS;
}

void print_pci(const DeviceFacts& facts, char* text, std::size_t size) {
    snprintf(text, size, "%04X:%02X:%02X.0",
             static_cast<unsigned>(facts.attribute(abi::CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID)),
             static_cast<unsigned>(facts.attribute(abi::CU_DEVICE_ATTRIBUTE_PCI_BUS_ID)),
             static_cast<unsigned>(facts.attribute(abi::CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID)));
}

}  // namespace

abi::CUresult cuDeviceGet(Session& session, abi::CUdevice* device, int ordinal) {
    return with_device(session, ordinal, device != nullptr, [&](const DeviceFacts&) { *device = ordinal; });
}

abi::CUresult cuDeviceGetCount(Session& session, int* count) {
    if (count == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    *count = static_cast<int>(session.snapshot.visible_count);
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuDeviceGetName(Session& session, char* name, int len, abi::CUdevice dev) {
    return with_device(session, dev, name != nullptr && len > 0, [&](const DeviceFacts& facts) {
        snprintf(name, static_cast<std::size_t>(len), "%s", facts.name);
    });
}

abi::CUresult cuDeviceGetUuid(Session& session, abi::CUuuid* uuid, abi::CUdevice dev) {
    return with_device(session, dev, uuid != nullptr, [&](const DeviceFacts& facts) { *uuid = facts.uuid; });
}

abi::CUresult cuDeviceGetUuid_v2(Session& session, abi::CUuuid* uuid, abi::CUdevice dev) {
    return cuDeviceGetUuid(session, uuid, dev);
}

abi::CUresult cuDeviceTotalMem_v2(Session& session, std::size_t* bytes, abi::CUdevice dev) {
    return with_device(session, dev, bytes != nullptr,
                       [&](const DeviceFacts& facts) { *bytes = facts.total_memory; });
}

abi::CUresult cuDeviceGetAttribute(Session& session, int* pi, abi::CUdevice_attribute attrib,
                                   abi::CUdevice dev) {
    const bool known = attrib > 0 && attrib < abi::CU_DEVICE_ATTRIBUTE_MAX;
    return with_device(session, dev, pi != nullptr && known,
                       [&](const DeviceFacts& facts) { *pi = facts.attribute(attrib); });
}

abi::CUresult cuDeviceGetPCIBusId(Session& session, char* pciBusId, int len, abi::CUdevice dev) {
    return with_device(session, dev, pciBusId != nullptr && len >= 13, [&](const DeviceFacts& facts) {
        print_pci(facts, pciBusId, static_cast<std::size_t>(len));
    });
}

abi::CUresult cuDeviceGetByPCIBusId(Session& session, abi::CUdevice* dev, const char* pciBusId) {
    if (dev == nullptr || pciBusId == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    unsigned domain = 0;
    unsigned bus = 0;
    unsigned device = 0;
    // "domain:bus:device.function", "domain:bus:device" or "bus:device.function"
    if (sscanf(pciBusId, "%x:%x:%x", &domain, &bus, &device) != 3) {
        domain = 0;
        if (sscanf(pciBusId, "%x:%x.%*x", &bus, &device) != 2) return abi::CUDA_ERROR_INVALID_VALUE;
    }
    char wanted[32];
    snprintf(wanted, sizeof wanted, "%04X:%02X:%02X.0", domain, bus, device);
    for (std::size_t ordinal = 0; ordinal < session.snapshot.visible_count; ++ordinal) {
        char address[32];
        print_pci(*session.snapshot.device(static_cast<int>(ordinal)), address, sizeof address);
        if (strcmp(address, wanted) != 0) continue;
        *dev = static_cast<int>(ordinal);
        return abi::CUDA_SUCCESS;
    }
    return abi::CUDA_ERROR_INVALID_DEVICE;
}

abi::CUresult cuDeviceGetLuid(Session&, char*, unsigned int*, abi::CUdevice) {
    return abi::CUDA_ERROR_NOT_SUPPORTED;
}

abi::CUresult cuDeviceComputeCapability(Session& session, int* major, int* minor, abi::CUdevice dev) {
    return with_device(session, dev, major != nullptr && minor != nullptr, [&](const DeviceFacts& facts) {
        *major = facts.attribute(abi::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
        *minor = facts.attribute(abi::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    });
}

abi::CUresult cuDeviceGetProperties(Session& session, abi::CUdevprop* prop, abi::CUdevice dev) {
    return with_device(session, dev, prop != nullptr, [&](const DeviceFacts& facts) {
        prop->maxThreadsPerBlock = facts.attribute(abi::CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
        prop->maxThreadsDim[0] = facts.attribute(abi::CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X);
        prop->maxThreadsDim[1] = facts.attribute(abi::CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y);
        prop->maxThreadsDim[2] = facts.attribute(abi::CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z);
        prop->maxGridSize[0] = facts.attribute(abi::CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X);
        prop->maxGridSize[1] = facts.attribute(abi::CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y);
        prop->maxGridSize[2] = facts.attribute(abi::CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z);
        prop->sharedMemPerBlock = facts.attribute(abi::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK);
        prop->totalConstantMemory = facts.attribute(abi::CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY);
        prop->SIMDWidth = facts.attribute(abi::CU_DEVICE_ATTRIBUTE_WARP_SIZE);
        prop->memPitch = facts.attribute(abi::CU_DEVICE_ATTRIBUTE_MAX_PITCH);
        prop->regsPerBlock = facts.attribute(abi::CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK);
        prop->clockRate = facts.attribute(abi::CU_DEVICE_ATTRIBUTE_CLOCK_RATE);
        prop->textureAlign = facts.attribute(abi::CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT);
    });
}

abi::CUresult cuDeviceCanAccessPeer(Session& session, int* canAccessPeer, abi::CUdevice dev,
                                    abi::CUdevice peerDev) {
    if (session.snapshot.device(peerDev) == nullptr) return abi::CUDA_ERROR_INVALID_DEVICE;
    return with_device(session, dev, canAccessPeer != nullptr,
                       [&](const DeviceFacts&) { *canAccessPeer = 0; });
}

abi::CUresult cuDeviceGetP2PAttribute(Session& session, int* value, abi::CUdevice_P2PAttribute attrib,
                                      abi::CUdevice srcDevice, abi::CUdevice dstDevice) {
    if (session.snapshot.device(dstDevice) == nullptr || srcDevice == dstDevice)
        return abi::CUDA_ERROR_INVALID_DEVICE;
    const bool good = value != nullptr && attrib > 0;
    return with_device(session, srcDevice, good, [&](const DeviceFacts&) { *value = 0; });
}

abi::CUresult cuDeviceGetTexture1DLinearMaxWidth(Session& session, std::size_t* maxWidthInElements,
                                                 abi::CUarray_format format, unsigned int numChannels,
                                                 abi::CUdevice dev) {
    const std::size_t element = cudart::bytes_per_channel(format) * numChannels;
    const bool good = maxWidthInElements != nullptr && element != 0 && element <= 16;
    return with_device(session, dev, good, [&](const DeviceFacts& facts) {
        const int widest = facts.attribute(abi::CU_DEVICE_ATTRIBUTE_MAXIMUM_TEXTURE1D_LINEAR_WIDTH);
        *maxWidthInElements = static_cast<std::size_t>(std::max(widest, 0));
    });
}

}  // namespace guest::local
