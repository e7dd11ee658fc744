// See handles.h.
#include "handles.h"

#include <new>

#include "wire/limits.h"

namespace guest {

std::size_t Handles::limit_of(wire::HandleKind kind) {
    switch (kind) {
        case wire::HandleKind::context:
            return wire::limits::kContexts;
        case wire::HandleKind::stream:
            return wire::limits::kStreams;
        case wire::HandleKind::event:
            return wire::limits::kEvents;
        case wire::HandleKind::module:
        case wire::HandleKind::library:
            return wire::limits::kModules;
        case wire::HandleKind::function:
        case wire::HandleKind::kernel:
            return wire::limits::kFunctions;
        case wire::HandleKind::array:
        case wire::HandleKind::mipmap:
            return wire::limits::kArrays;
        case wire::HandleKind::pool:
            return wire::limits::kPools;
        case wire::HandleKind::graph:
        case wire::HandleKind::graph_exec:
            return wire::limits::kGraphs;
        case wire::HandleKind::graph_node:
            return wire::limits::kGraphNodes;
        case wire::HandleKind::link:
            return wire::limits::kLinks;
        case wire::HandleKind::none:
            break;
    }
    return 0;
}

bool Handles::grow(Table& table) {
    const std::uint32_t index = table.made.load(std::memory_order_relaxed);
    if (index / kChunk >= kChunks) return false;
    auto& chunk = table.chunks[index / kChunk];
    if (chunk.load(std::memory_order_relaxed) == nullptr) {
        auto* entries = new (std::nothrow) Entry[kChunk];
        if (entries == nullptr) return false;
        chunk.store(entries, std::memory_order_release);
    }
    table.made.store(index + 1, std::memory_order_release);
    return true;
}

wire::Handle Handles::create(wire::HandleKind kind, void* object) {
    Table& table = tables_[static_cast<std::size_t>(kind)];
    Guard guard(table.mutex);
    if (table.made.load(std::memory_order_relaxed) == 0 && !grow(table)) return {};  // index 0 stays unused
    std::uint32_t index = table.free;
    if (index == 0) {
        index = table.made.load(std::memory_order_relaxed);
        if (index > limit_of(kind) || !grow(table)) return {};
    }
    Entry& entry = table.chunks[index / kChunk].load(std::memory_order_relaxed)[index % kChunk];
    table.free = entry.next_free;
    std::uint16_t generation = generation_of(entry.state.load(std::memory_order_relaxed));
    generation = static_cast<std::uint16_t>(generation == UINT16_MAX ? 1 : generation + 1);
    entry.object.store(object, std::memory_order_relaxed);
    entry.state.store(std::uint32_t{generation} << 1 | kLive, std::memory_order_release);
    return wire::Handle::make(kind, generation, index);
}

void* Handles::remove(wire::HandleKind kind, wire::Handle handle) {
    if (entry_of(kind, handle) == nullptr) return nullptr;
    Table& table = tables_[static_cast<std::size_t>(kind)];
    Guard guard(table.mutex);
    if (entry_of(kind, handle) == nullptr) return nullptr;  // another thread was first
    const std::uint32_t index = handle.index();
    Entry& entry = table.chunks[index / kChunk].load(std::memory_order_relaxed)[index % kChunk];
    entry.state.store(std::uint32_t{handle.generation()} << 1, std::memory_order_release);
    entry.next_free = table.free;
    table.free = index;
    return entry.object.exchange(nullptr, std::memory_order_acq_rel);
}

}  // namespace guest
