// The pools of stream-ordered memory by their devices: which one a device has from the start, once it has
// been asked for, and which one is current. Held by the session, used by entry_pool.cc.
#pragma once
#include <array>

#include "futex.h"
#include "objects.h"
#include "snapshot.h"
#include "wire/handle.h"

namespace guest {

struct MemoryPool : Object {
    int device = 0;  // the guest's ordinal
    bool is_default = false;
};

class MemoryPools {
public:
    // Value 0: not known yet.
    wire::Handle default_of(int device) const {
        Guard guard(mutex_);
        return defaults_[static_cast<std::size_t>(device)];
    }
    // The one that is kept, should two threads have asked at the same time.
    wire::Handle keep_default(int device, wire::Handle pool) {
        Guard guard(mutex_);
        wire::Handle& kept = defaults_[static_cast<std::size_t>(device)];
        if (kept.value == 0) kept = pool;
        return kept;
    }
    // Value 0: the default one.
    wire::Handle current_of(int device) const {
        Guard guard(mutex_);
        return currents_[static_cast<std::size_t>(device)];
    }
    void set_current(int device, wire::Handle pool) {
        Guard guard(mutex_);
        currents_[static_cast<std::size_t>(device)] = pool;
    }
    // The pool has ended: where it was current the default one is from now on.
    void forget(wire::Handle pool) {
        Guard guard(mutex_);
        for (wire::Handle& current : currents_) {
            if (current == pool) current = {};
        }
    }

private:
    mutable Mutex mutex_;
    std::array<wire::Handle, kMaxDevices> defaults_{};
    std::array<wire::Handle, kMaxDevices> currents_{};
};

}  // namespace guest
