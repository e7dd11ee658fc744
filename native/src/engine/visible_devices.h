// CUDA_VISIBLE_DEVICES, by CUDA's rule: a comma-separated list of ordinals and UUIDs, in the order in which
// the guest is to see them; it ends at the first entry that names no device (or one that has been named
// already). Applied here rather than by the driver, so that a guest can never name a device the daemon's own
// setting hides.
#pragma once
#include <string_view>
#include <vector>

#include "device/driver.h"

namespace engine {

// The driver's ordinals of the devices the guest sees. An empty list shows none.
std::vector<int> visible_devices(std::string_view list, const std::vector<device::DeviceReport>& devices);
// All of them, for a guest without the variable.
std::vector<int> all_devices(const std::vector<device::DeviceReport>& devices);

}  // namespace engine
