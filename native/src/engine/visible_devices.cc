// Parsing CUDA_VISIBLE_DEVICES. See visible_devices.h.
#include "engine/visible_devices.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <string>

namespace engine {
namespace {

constexpr int kNone = -1;

std::string uuid_text(const device::DeviceReport& device) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string text = "GPU-";
    for (std::size_t index = 0; index < device.uuid.size(); ++index) {
        if (index == 4 || index == 6 || index == 8 || index == 10) text.push_back('-');
        const auto byte = std::to_integer<unsigned>(device.uuid[index]);
        text.push_back(kHex[byte >> 4]);
        text.push_back(kHex[byte & 15]);
    }
    return text;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t";
    const std::size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// A UUID may be cut short as long as it fits one device only.
int by_uuid(std::string_view prefix, const std::vector<device::DeviceReport>& devices) {
    int found = kNone;
    for (std::size_t index = 0; index < devices.size(); ++index) {
        if (!uuid_text(devices[index]).starts_with(prefix)) continue;
        if (found != kNone) return kNone;
        found = static_cast<int>(index);
    }
    return found;
}

int device_named(std::string_view entry, const std::vector<device::DeviceReport>& devices) {
    if (entry.starts_with("GPU-")) return by_uuid(entry, devices);
    int ordinal = kNone;
    const auto [end, error] = std::from_chars(entry.data(), entry.data() + entry.size(), ordinal);
    const bool is_number = error == std::errc{} && end == entry.data() + entry.size();
    const bool exists = ordinal >= 0 && static_cast<std::size_t>(ordinal) < devices.size();
    return is_number && exists ? ordinal : kNone;
}

}  // namespace

std::vector<int> visible_devices(std::string_view list, const std::vector<device::DeviceReport>& devices) {
    std::vector<int> visible;
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        const int device = device_named(trimmed(list.substr(0, comma)), devices);
        const bool again = std::find(visible.begin(), visible.end(), device) != visible.end();
        if (device == kNone || again) break;
        visible.push_back(device);
        list.remove_prefix(std::min(list.size(), comma + 1));
    }
    return visible;
}

std::vector<int> all_devices(const std::vector<device::DeviceReport>& devices) {
    std::vector<int> visible(devices.size());
    std::iota(visible.begin(), visible.end(), 0);
    return visible;
}

}  // namespace engine
