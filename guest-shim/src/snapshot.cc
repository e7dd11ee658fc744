// See snapshot.h.
#include "snapshot.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <algorithm>

#include "log.h"
#include "wire/protobuf.h"

namespace guest {
namespace {

// Attributes a program may rely on only where host and device share memory, or the calls behind them are
// forwarded. Reading 0 makes programs take their ordinary path instead of one that cannot work here.
constexpr abi::CUdevice_attribute kNotForwarded[] = {
    // host memory as the device sees it
    abi::CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY,
    abi::CU_DEVICE_ATTRIBUTE_CAN_USE_HOST_POINTER_FOR_REGISTERED_MEM,
    abi::CU_DEVICE_ATTRIBUTE_HOST_NATIVE_ATOMIC_SUPPORTED,
    abi::CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS,
    abi::CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS_USES_HOST_PAGE_TABLES,
    abi::CU_DEVICE_ATTRIBUTE_DIRECT_MANAGED_MEM_ACCESS_FROM_HOST,
    abi::CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS,
    abi::CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY,
    abi::CU_DEVICE_ATTRIBUTE_READ_ONLY_HOST_REGISTER_SUPPORTED,
    abi::CU_DEVICE_ATTRIBUTE_TIMELINE_SEMAPHORE_INTEROP_SUPPORTED,
    abi::CU_DEVICE_ATTRIBUTE_CAN_USE_STREAM_MEM_OPS_V1,
    abi::CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS_V1,
    abi::CU_DEVICE_ATTRIBUTE_CAN_USE_STREAM_WAIT_VALUE_NOR_V1,
    abi::CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS,
    abi::CU_DEVICE_ATTRIBUTE_CAN_USE_STREAM_WAIT_VALUE_NOR,
    // peers of the device outside this host's GPU
    abi::CU_DEVICE_ATTRIBUTE_GPU_DIRECT_RDMA_SUPPORTED,
    abi::CU_DEVICE_ATTRIBUTE_GPU_DIRECT_RDMA_FLUSH_WRITES_OPTIONS,
    abi::CU_DEVICE_ATTRIBUTE_GPU_DIRECT_RDMA_WRITES_ORDERING,
    abi::CU_DEVICE_ATTRIBUTE_GPU_DIRECT_RDMA_WITH_CUDA_VMM_SUPPORTED,
    abi::CU_DEVICE_ATTRIBUTE_DMA_BUF_SUPPORTED,
    // families of calls that are not forwarded
    abi::CU_DEVICE_ATTRIBUTE_MEMPOOL_SUPPORTED_HANDLE_TYPES,
    abi::CU_DEVICE_ATTRIBUTE_IPC_EVENT_SUPPORTED,
    abi::CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED,
    abi::CU_DEVICE_ATTRIBUTE_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR_SUPPORTED,
    abi::CU_DEVICE_ATTRIBUTE_HANDLE_TYPE_FABRIC_SUPPORTED,
    abi::CU_DEVICE_ATTRIBUTE_GENERIC_COMPRESSION_SUPPORTED,
    abi::CU_DEVICE_ATTRIBUTE_SPARSE_CUDA_ARRAY_SUPPORTED,
    abi::CU_DEVICE_ATTRIBUTE_DEFERRED_MAPPING_CUDA_ARRAY_SUPPORTED,
    abi::CU_DEVICE_ATTRIBUTE_TENSOR_MAP_ACCESS_SUPPORTED,
    abi::CU_DEVICE_ATTRIBUTE_MULTICAST_SUPPORTED,
    abi::CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH,
};

bool read_device(std::span<const std::byte> message, DeviceFacts& device) {
    wire::ProtoReader reader(message);
    bool good = true;
    for (wire::ProtoField field; reader.next(field);) {
        if (field.number == 1) {
            const std::size_t size = std::min(field.bytes.size(), sizeof device.name - 1);
            memcpy(device.name, field.bytes.data(), size);
            device.name[size] = '\0';
            sanitize(device.name);
        }
        if (field.number == 2) {
            good = good && field.bytes.size() == sizeof device.uuid.bytes;
            if (good) memcpy(device.uuid.bytes, field.bytes.data(), sizeof device.uuid.bytes);
        }
        if (field.number == 3) device.total_memory = field.value;
        if (field.number != 4) continue;
        good = good && wire::for_each_scalar(field, [&](std::uint64_t value) {
                   if (device.attribute_count == kMaxAttributes)
                       return;  // newer than this shim: not answered
                   device.attributes[device.attribute_count++] =
                       static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
               });
    }
    return good && reader.ok();
}

// Whether `text` (of `size`) is "GPU-" and a prefix of the device's UUID as CUDA prints it.
bool names_uuid(const char* text, std::size_t size, const abi::CUuuid& uuid) {
    char printed[64] = "GPU-";
    std::size_t at = 4;
    for (std::size_t index = 0; index < sizeof uuid.bytes; ++index) {
        if (index == 4 || index == 6 || index == 8 || index == 10) printed[at++] = '-';
        constexpr char kDigits[] = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(uuid.bytes[index]);
        printed[at++] = kDigits[byte >> 4];
        printed[at++] = kDigits[byte & 15];
    }
    return size > 4 && size <= at && strncasecmp(text, printed, size) == 0;
}

// The host device an entry of CUDA_VISIBLE_DEVICES names; -1 when it names none, or several.
int find_named(const Snapshot& snapshot, const char* text, std::size_t size) {
    int found = -1;
    if (size > 0 && (*text == 'G' || *text == 'g')) {
        for (std::size_t index = 0; index < snapshot.host_device_count; ++index) {
            if (!names_uuid(text, size, snapshot.host_devices[index].uuid)) continue;
            if (found >= 0) return -1;
            found = static_cast<int>(index);
        }
        return found;
    }
    char* end = nullptr;
    const long ordinal = strtol(text, &end, 10);
    if (end == text || ordinal < 0 || static_cast<std::size_t>(ordinal) >= snapshot.host_device_count)
        return -1;
    return static_cast<int>(ordinal);
}

bool already_visible(const Snapshot& snapshot, int device) {
    const auto* end = snapshot.visible + snapshot.visible_count;
    return std::find(snapshot.visible, end, device) != end;
}

}  // namespace

bool read_snapshot(std::span<const std::byte> message, Snapshot& snapshot) {
    wire::ProtoReader reader(message);
    bool good = true;
    for (wire::ProtoField field; good && reader.next(field);) {
        if (field.number == 1) snapshot.driver_version = field.integer32();
        if (field.number == 3) snapshot.window_base = field.value;
        if (field.number == 4) snapshot.window_size = field.value;
        if (field.number == 5) good = snapshot.images.add(field.bytes);
        if (field.number != 2) continue;
        good = snapshot.host_device_count < kMaxDevices;
        if (!good) break;
        DeviceFacts& device = snapshot.host_devices[snapshot.host_device_count];
        device.host_ordinal = static_cast<std::int32_t>(snapshot.host_device_count++);
        good = read_device(field.bytes, device);
        apply_overlay(device);
    }
    return good && reader.ok();
}

void apply_visible_devices(Snapshot& snapshot, const char* visible_devices) {
    snapshot.visible_count = 0;
    if (visible_devices == nullptr) {
        for (std::size_t index = 0; index < snapshot.host_device_count; ++index) {
            snapshot.visible[snapshot.visible_count++] = static_cast<std::uint8_t>(index);
        }
        return;
    }
    for (const char* at = visible_devices; *at != '\0';) {
        at += strspn(at, " \t");
        const std::size_t size = strcspn(at, ", \t");
        const int device = find_named(snapshot, at, size);
        if (device < 0 || already_visible(snapshot, device)) return;
        snapshot.visible[snapshot.visible_count++] = static_cast<std::uint8_t>(device);
        at += size;
        at += strspn(at, " \t");
        if (*at == ',') ++at;
    }
}

void reveal_mapped_memory(Snapshot& snapshot) {
    constexpr std::size_t kIndex = abi::CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY;
    for (std::size_t index = 0; index < snapshot.host_device_count; ++index) {
        DeviceFacts& device = snapshot.host_devices[index];
        if (device.reads_host_memory) device.attributes[kIndex] = 1;
    }
}

void apply_overlay(DeviceFacts& device) {
    device.reads_host_memory =
        device.attribute(abi::CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY) != 0 &&
        device.attribute(abi::CU_DEVICE_ATTRIBUTE_CAN_USE_HOST_POINTER_FOR_REGISTERED_MEM) != 0;
    for (const abi::CUdevice_attribute attribute : kNotForwarded) {
        const auto index = static_cast<std::size_t>(attribute);
        if (index < device.attribute_count) device.attributes[index] = 0;
    }
}

}  // namespace guest
