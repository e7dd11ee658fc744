// Asking a driver about its devices. See driver.h.
#include <algorithm>
#include <cstring>

#include "cudart/errors.h"
#include "device/driver.h"

namespace device {
namespace {

constexpr int kNameSize = 256;
constexpr int kMaxDevices = 64;

DriverReport failure(const char* call, abi::CUresult result) {
    DriverReport report;
    report.result = result;
    const auto* text = std::find_if(abi::kErrorTexts.begin(), abi::kErrorTexts.end(),
                                    [result](const abi::ErrorText& entry) { return entry.code == result; });
    report.message = std::string(call) + " answered " + std::to_string(static_cast<int>(result));
    if (text != abi::kErrorTexts.end()) report.message += std::string(" (") + text->text + ")";
    return report;
}

abi::CUresult describe(const DriverTable& driver, int ordinal, DeviceReport& report) {
    abi::CUdevice device = 0;
    char name[kNameSize] = {};
    std::size_t memory = 0;
    abi::CUresult result = driver.cuDeviceGet(&device, ordinal);
    if (result == abi::CUDA_SUCCESS) result = driver.cuDeviceGetName(name, kNameSize - 1, device);
    if (result == abi::CUDA_SUCCESS) result = driver.cuDeviceTotalMem_v2(&memory, device);
    if (result != abi::CUDA_SUCCESS) return result;
    report.name = name;
    report.total_memory = memory;
    abi::CUuuid uuid{};
    const auto get_uuid =
        driver.cuDeviceGetUuid_v2 != nullptr ? driver.cuDeviceGetUuid_v2 : driver.cuDeviceGetUuid;
    if (get_uuid != nullptr && get_uuid(&uuid, device) == abi::CUDA_SUCCESS) {
        std::memcpy(report.uuid.data(), uuid.bytes, report.uuid.size());
    }
    report.attributes.assign(abi::CU_DEVICE_ATTRIBUTE_MAX, 0);
    for (int index = 1; index < abi::CU_DEVICE_ATTRIBUTE_MAX; ++index) {
        int value = 0;
        const auto attribute = static_cast<abi::CUdevice_attribute>(index);
        const bool known = driver.cuDeviceGetAttribute(&value, attribute, device) == abi::CUDA_SUCCESS;
        report.attributes[static_cast<std::size_t>(index)] = known ? value : 0;
    }
    return result;
}

}  // namespace

DriverReport probe_driver(const DriverTable& driver) {
    abi::CUresult result = driver.cuInit(0);
    if (result != abi::CUDA_SUCCESS) return failure("cuInit", result);
    DriverReport report;
    result = driver.cuDriverGetVersion(&report.driver_version);
    if (result != abi::CUDA_SUCCESS) return failure("cuDriverGetVersion", result);
    int count = 0;
    result = driver.cuDeviceGetCount(&count);
    if (result != abi::CUDA_SUCCESS) return failure("cuDeviceGetCount", result);
    for (int ordinal = 0; ordinal < std::min(count, kMaxDevices); ++ordinal) {
        result = describe(driver, ordinal, report.devices.emplace_back());
        if (result != abi::CUDA_SUCCESS) return failure("describing a device", result);
    }
    return report;
}

}  // namespace device
