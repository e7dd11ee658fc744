// HandleTable: what the guest's names stand for. The guest chooses index and generation; the host binds the
// driver's object to them, once. Every handle hangs under the one whose end it does not survive (streams,
// events and modules under their context, functions under their module, kernels under their library), so one
// call forgets them all. Used by the executor only; knows no driver: what forgetting means to it is the
// caller's business.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "wire/handle.h"

namespace engine {

inline constexpr std::size_t kHandleKinds = 15;

enum class Bound { ok, malformed, taken };

class HandleTable {
public:
    // `parent` none (value 0) for what lives as long as the session. `malformed`: kind, index (1..limit of
    // the kind), generation (1..) or parent impossible; `taken`: the index is in use.
    Bound bind(wire::HandleKind kind, wire::Handle handle, void* object, wire::Handle parent);
    // Null when the handle is not bound, is of another kind, or is of an earlier generation.
    void* find(wire::HandleKind kind, wire::Handle handle) const {
        if (handle.kind() != kind) return nullptr;
        const Slot* slot = live(handle);
        return slot != nullptr ? slot->object : nullptr;
    }
    // The live handle of that kind at `index`; value 0 when there is none.
    wire::Handle at(wire::HandleKind kind, std::uint32_t index) const;
    wire::Handle parent_of(wire::Handle handle) const;

    // Unbinds `handle` and everything under it, deepest first; `visit(Handle, void* object)` sees each.
    // Without effect when it is not bound.
    template <class Visit>
    void forget(wire::Handle handle, Visit&& visit) {
        forget_children(handle, visit);
        Slot* slot = live(handle);
        if (slot == nullptr) return;
        void* object = slot->object;
        unlink(handle, *slot);
        visit(handle, object);
    }
    // The same without `handle` itself.
    template <class Visit>
    void forget_children(wire::Handle handle, Visit&& visit) {
        for (Slot* slot = live(handle); slot != nullptr && slot->first_child.value != 0;
             slot = live(handle)) {
            forget(slot->first_child, visit);
        }
    }
    // `visit(Handle, void* object)` for each handle directly under `parent`; must not change the table.
    template <class Visit>
    void for_each_child(wire::Handle parent, Visit&& visit) const {
        const Slot* slot = live(parent);
        wire::Handle child = slot != nullptr ? slot->first_child : wire::Handle{};
        while (const Slot* found = live(child)) {
            visit(child, found->object);
            child = found->next;
        }
    }
    std::size_t count(wire::HandleKind kind) const { return counts_[static_cast<std::size_t>(kind)]; }

private:
    struct Slot {
        void* object = nullptr;
        std::uint16_t generation = 0;
        bool bound = false;
        wire::Handle parent;
        wire::Handle first_child;
        wire::Handle next;
        wire::Handle previous;
    };
    Slot* live(wire::Handle handle);
    const Slot* live(wire::Handle handle) const {
        const auto kind = static_cast<std::size_t>(handle.kind());
        if (kind == 0 || kind >= kHandleKinds || handle.index() >= slots_[kind].size()) return nullptr;
        const Slot& slot = slots_[kind][handle.index()];
        return slot.bound && slot.generation == handle.generation() ? &slot : nullptr;
    }
    void unlink(wire::Handle handle, Slot& slot);

    std::array<std::vector<Slot>, kHandleKinds> slots_;  // by kind, then by index
    std::array<std::size_t, kHandleKinds> counts_{};
};

}  // namespace engine
