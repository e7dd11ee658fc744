// The names of a session's objects. The guest makes them (index, generation, kind; see wire/handle.h), so
// creating an object needs no reply, and a value that was destroyed or never given out is recognised at once.
// Look-ups take no lock.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "futex.h"
#include "objects.h"
#include "wire/handle.h"

namespace guest {

class Handles {
public:
    // A new name for `object`; value 0 when the kind's limit or memory is reached.
    wire::Handle create(wire::HandleKind kind, void* object);
    // The object of a live name of that kind, else null.
    void* find(wire::HandleKind kind, wire::Handle handle) const {
        const Entry* entry = entry_of(kind, handle);
        return entry == nullptr ? nullptr : entry->object.load(std::memory_order_acquire);
    }
    // As find(), and ends the name: of several threads that try, one gets the object.
    void* remove(wire::HandleKind kind, wire::Handle handle);

    // Visits every live name of a kind; names made or removed meanwhile may be missed. The visitor may
    // remove.
    template <class Visit>
    void for_each(wire::HandleKind kind, Visit&& visit) {
        Table& table = tables_[static_cast<std::size_t>(kind)];
        for (std::uint32_t index = 1; index < table.made.load(std::memory_order_acquire); ++index) {
            const Entry& entry = table.chunks[index / kChunk].load(std::memory_order_acquire)[index % kChunk];
            const std::uint32_t state = entry.state.load(std::memory_order_acquire);
            if ((state & kLive) == 0) continue;
            visit(wire::Handle::make(kind, generation_of(state), index),
                  entry.object.load(std::memory_order_acquire));
        }
    }

private:
    static constexpr std::size_t kKinds = 15;
    static constexpr std::size_t kChunk = 1024;
    static constexpr std::size_t kChunks = 1025;  // a million names and index 0, which is never given out
    static constexpr std::uint32_t kLive = 1;

    struct Entry {
        std::atomic<std::uint32_t> state{0};  // generation << 1 | live
        std::atomic<void*> object{nullptr};
        std::uint32_t next_free = 0;
    };
    struct Table {
        Mutex mutex;
        std::atomic<std::uint32_t> made{0};
        std::uint32_t free = 0;  // 0: none
        std::array<std::atomic<Entry*>, kChunks> chunks{};
    };

    static std::uint16_t generation_of(std::uint32_t state) { return static_cast<std::uint16_t>(state >> 1); }
    const Entry* entry_of(wire::HandleKind kind, wire::Handle handle) const {
        if (handle.kind() != kind || kind == wire::HandleKind::none) return nullptr;
        const Table& table = tables_[static_cast<std::size_t>(kind)];
        if (handle.index() >= table.made.load(std::memory_order_acquire)) return nullptr;
        const Entry& entry =
            table.chunks[handle.index() / kChunk].load(std::memory_order_acquire)[handle.index() % kChunk];
        const std::uint32_t wanted = std::uint32_t{handle.generation()} << 1 | kLive;
        return entry.state.load(std::memory_order_acquire) == wanted ? &entry : nullptr;
    }
    static std::size_t limit_of(wire::HandleKind kind);
    static bool grow(Table& table);

    std::array<Table, kKinds> tables_;
};

}  // namespace guest
