// Drivers: where the DriverTable comes from (a libcuda by path, or the null device) and what devices it has.
// Used by the engine and, through it, by the probe. Knows no session, no lease, no wire.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cudart/abi.h"
#include "host/driver_table.h"
#include "status.h"

namespace device {

// Opens the library and fills the table. Fails, saying why, when it cannot be opened, is Ferry's own shim, or
// lacks a symbol the engine cannot do without. The library is never closed: drivers do not survive that.
ferry::Result<DriverTable> load_driver(const std::string& path);

struct DeviceReport {
    std::string name;
    std::array<std::byte, 16> uuid{};
    std::uint64_t total_memory = 0;        // bytes
    std::vector<std::int32_t> attributes;  // index = CUdevice_attribute, 0 where the driver knows none
};

struct DriverReport {
    abi::CUresult result = abi::CUDA_SUCCESS;  // of the first call that failed
    std::string message;                       // which, for people
    int driver_version = 0;
    std::vector<DeviceReport> devices;  // in the driver's order
};

// Initialises the driver and asks everything a guest may be told.
DriverReport probe_driver(const DriverTable& driver);

struct NullOptions {
    // Where it pretends to have its memory; size 0 for a place of its own choice.
    std::uint64_t window_base = 0;
    std::uint64_t window_size = 0;
    // What takes time on real devices takes it here as well, for tests: launches that wait behind a host
    // function, beyond which another one blocks (0: never), how long code takes to load, and a fill, which is
    // done when `during_fill`, called on a thread of the device's own, returns (null: at once).
    std::uint64_t queue = 0;
    std::uint64_t load_ms = 0;
    void (*during_fill)() = nullptr;
};
// One device that answers everything at once: memory is accounted and never there, copies to the host bring
// zeros, kernels do nothing. For measuring Ferry alone, and for tests. There is one per process.
DriverTable null_driver(const NullOptions& options);

}  // namespace device
