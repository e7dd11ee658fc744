// Binding, finding and forgetting handles. See handles.h.
#include "engine/handles.h"

#include "engine/limits.h"

namespace engine {
namespace {

std::size_t kind_index(wire::HandleKind kind) { return static_cast<std::size_t>(kind); }

std::uint32_t index_limit(wire::HandleKind kind) {
    switch (kind) {
        case wire::HandleKind::context:
            return kMaxContexts;
        case wire::HandleKind::stream:
            return kMaxStreams;
        case wire::HandleKind::event:
            return kMaxEvents;
        case wire::HandleKind::module:
        case wire::HandleKind::library:
            return kMaxModules;
        case wire::HandleKind::function:
        case wire::HandleKind::kernel:
            return kMaxFunctions;
        case wire::HandleKind::array:
        case wire::HandleKind::mipmap:
            return kMaxArrays;
        case wire::HandleKind::pool:
            return kMaxPools;
        case wire::HandleKind::graph:
        case wire::HandleKind::graph_exec:
            return kMaxGraphs;
        case wire::HandleKind::graph_node:
            return kMaxGraphNodes;
        case wire::HandleKind::link:
            return kMaxLinks;
        case wire::HandleKind::none:
            break;
    }
    return 0;
}

}  // namespace

HandleTable::Slot* HandleTable::live(wire::Handle handle) {
    return const_cast<Slot*>(static_cast<const HandleTable*>(this)->live(handle));
}

Bound HandleTable::bind(wire::HandleKind kind, wire::Handle handle, void* object, wire::Handle parent) {
    const bool possible = handle.kind() == kind && handle.generation() != 0 && handle.index() != 0 &&
                          handle.index() <= index_limit(kind);
    if (!possible || (parent.value != 0 && live(parent) == nullptr)) return Bound::malformed;
    auto& slots = slots_[kind_index(kind)];
    if (handle.index() >= slots.size()) slots.resize(handle.index() + 1);
    Slot& slot = slots[handle.index()];
    if (slot.bound) return Bound::taken;
    slot = Slot{object, handle.generation(), true, parent, {}, {}, {}};
    ++counts_[kind_index(kind)];
    if (parent.value == 0) return Bound::ok;
    Slot& above = *live(parent);
    slot.next = above.first_child;
    if (Slot* sibling = live(slot.next)) sibling->previous = handle;
    above.first_child = handle;
    return Bound::ok;
}

wire::Handle HandleTable::at(wire::HandleKind kind, std::uint32_t index) const {
    const auto& slots = slots_[kind_index(kind)];
    if (index >= slots.size() || !slots[index].bound) return {};
    return wire::Handle::make(kind, slots[index].generation, index);
}

wire::Handle HandleTable::parent_of(wire::Handle handle) const {
    const Slot* slot = live(handle);
    return slot != nullptr ? slot->parent : wire::Handle{};
}

void HandleTable::unlink(wire::Handle handle, Slot& slot) {
    if (Slot* previous = live(slot.previous)) previous->next = slot.next;
    if (Slot* next = live(slot.next)) next->previous = slot.previous;
    Slot* above = live(slot.parent);
    if (above != nullptr && above->first_child == handle) above->first_child = slot.next;
    const std::uint16_t generation = slot.generation;
    slot = Slot{};
    slot.generation = generation;
    --counts_[kind_index(handle.kind())];
}

}  // namespace engine
