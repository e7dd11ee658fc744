// Slots: the engine's staging memory, in pieces of kSlotSize that are pinned where the driver can pin. Copies
// between the guest and the device pass through them, so that no copy makes the engine thread wait for a busy
// stream. Used by Transfers only. Memory is taken in chunks as it is needed and kept until the process ends.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "host/driver_table.h"

namespace engine {

class Slots {
public:
    explicit Slots(const device::DriverTable& driver) : driver_(driver) {}
    ~Slots();
    Slots(const Slots&) = delete;
    Slots& operator=(const Slots&) = delete;

    // False when all kSlotCount are in use (or memory is): try again when a transfer has ended. A context is
    // current.
    bool take(std::uint32_t& slot);
    // One that exists and is free, context or not.
    bool take_made(std::uint32_t& slot);
    void give(std::uint32_t slot) { free_.push_back(slot); }
    std::span<std::byte> memory(std::uint32_t slot) const;
    // The same and kSlotHead bytes more behind it: a whole message with a slot's worth of data in it.
    std::span<std::byte> whole_memory(std::uint32_t slot) const;

private:
    bool grow();

    const device::DriverTable& driver_;
    std::vector<std::byte*> chunks_;
    std::vector<std::uint32_t> free_;
};

}  // namespace engine
