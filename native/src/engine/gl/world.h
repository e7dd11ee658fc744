// World: what the GL contexts of one guest process have in common: the host's GL, loaded when the first
// context asks for it, and the share groups. The host's contexts all share with one another (GL's, and GLES's
// for themselves), so that a drawable's buffers can be in every context's framebuffer; what the guest keeps
// apart is kept apart by its names. Any lane.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "device/gl_driver.h"
#include "engine/gl/drawables.h"
#include "engine/gl/names.h"
#include "host/gl_table.h"
#include "status.h"

namespace engine::gl {

struct Group {
    explicit Group(std::uint32_t base) : list_base(base) {}

    Names& of(Name kind) { return names[static_cast<std::size_t>(kind)]; }

    std::array<Names, kNameKinds> names;
    // Added to the guest's names of display lists, whose consecutive names must stay consecutive.
    const std::uint32_t list_base;
    std::mutex mutex;  // of the syncs
    std::unordered_map<std::uint64_t, GLsync> syncs;
    unsigned contexts = 0;  // under the world's mutex
};

class World {
public:
    // The host's GL; loads it at the first call, once.
    ferry::Result<device::GlDriver*> driver();
    // Filled in by driver().
    const device::GlTable& table() const { return table_; }

    Drawables& drawables() { return drawables_; }

    // A context enters the share group that the guest knows by this number; null: there are too many.
    std::shared_ptr<Group> enter(std::uint32_t number, bool is_es);
    // A context leaves it. True: it was the last one, and the objects go with it.
    bool leave(const std::shared_ptr<Group>& group);

private:
    std::mutex mutex_;
    std::unique_ptr<device::GlDriver> driver_;
    std::string refusal_;  // why there is none
    device::GlTable table_;
    Drawables drawables_;
    std::map<std::pair<std::uint32_t, bool>, std::shared_ptr<Group>> groups_;
    std::uint32_t last_base_ = 0;
};

}  // namespace engine::gl
