// See share_group.h.
#include "gl/share_group.h"

#include <algorithm>

#include "gl/gl_lane.h"

namespace guest::gl {

void ShareGroup::changed(GlLane& lane) {
    // Alone, a context's own order is all there is; what it did before another joined is told by the epoch it
    // leaves behind.
    Guard guard(mutex_);
    const auto same = [&](const Change& change) { return change.lane == &lane; };
    const auto known = std::find_if(changes_.begin(), changes_.end(), same);
    if (known == changes_.end()) {
        changes_.push_back({&lane, lane.position()});
    } else {
        known->position = lane.position();
    }
    epoch_.fetch_add(1, std::memory_order_release);
}

std::vector<ShareGroup::Change> ShareGroup::changes() {
    Guard guard(mutex_);
    return changes_;
}

}  // namespace guest::gl
