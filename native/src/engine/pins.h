// Pins: the parts of the arena (wire/ring.h) that the driver knows as pinned memory, as the guest has asked.
// Copies by reference name bytes of them; what the guest says is checked here against what it has pinned, and
// that against the arena. Used by handlers, on the engine thread only.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>

#include "cudart/abi.h"
#include "host/driver_table.h"
#include "wire/handle.h"

namespace engine {

class Pins {
public:
    explicit Pins(const device::DriverTable& driver) : driver_(driver) {}

    // The arena, which outlives this. Without one nothing can be pinned.
    void open(std::uint64_t base, std::uint64_t size) {
        base_ = base;
        size_ = size;
    }
    // Whether such a range could be pinned: whole pages of the arena that are not pinned yet.
    bool can_pin(std::uint64_t address, std::uint64_t size) const;
    // Gives the range memory and registers it with the driver. `context` is current. OUT_OF_MEMORY: the
    // system has none left, which a copy would only have found out by a signal.
    abi::CUresult pin(std::uint64_t address, std::uint64_t size, wire::Handle context);
    // Whether a pinned range starts there.
    bool starts(std::uint64_t address) const { return pins_.contains(address); }
    abi::CUresult unpin(std::uint64_t address);

    // The memory at [address, address + size), pinned; null when the range is not within one pin's. What has
    // lost its context is registered anew under `context`, the current one.
    std::byte* find(std::uint64_t address, std::uint64_t size, wire::Handle context);
    // What was registered under the context is no longer, but stays pinned as far as the guest knows.
    void forget_context(wire::Handle context);
    bool any() const { return !pins_.empty(); }
    // Bytes named by copies so far, each way.
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;

private:
    abi::CUresult enter(std::uint64_t address, std::uint64_t size);
    struct Pin {
        std::uint64_t size;    // bytes
        wire::Handle context;  // registered under it; 0: not any more
    };

    const device::DriverTable& driver_;
    std::uint64_t base_ = 0;
    std::uint64_t size_ = 0;
    std::map<std::uint64_t, Pin> pins_;
};

}  // namespace engine
