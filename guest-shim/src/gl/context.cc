// See context.h.
#include "gl/context.h"

#include <algorithm>

#include "gl/process.h"
#include "gl/runtime.h"
#include "log.h"

namespace guest::gl {

Context::Context(GlLane& lane, std::shared_ptr<ShareGroup> group)
    : lane_(lane), group_(std::move(group)), errors_(error_mode()) {
    group_->join();
}

Context::~Context() {
    queries.finish(lane_);
    group_->leave();
    add_counts(counts_.data());
    close_lane(lane_);
}

std::unique_ptr<Context> Context::create(const ContextWish& wish, const Context* share) {
    GlLane* lane = open_lane();
    if (lane == nullptr) return nullptr;
    auto group = share == nullptr ? std::make_shared<ShareGroup>(next_group()) : share->group_;
    std::unique_ptr<Context> context(new Context(*lane, std::move(group)));
    return context->make_on_host(wish) ? std::move(context) : nullptr;
}

bool Context::make_on_host(const ContextWish& wish) {
    wire::gl_context_create_Reply made;
    const wire::gl_context_create_Request request{.group = group_->number(),
                                                  .profile = wish.profile,
                                                  .major = wish.major,
                                                  .minor = wish.minor,
                                                  .flags = wish.flags,
                                                  .reset = wish.reset};
    const int result = detail::exchange(*this, request);
    wire::Cursor cursor(reply_.bytes());
    const bool decoded = decode(cursor, made);
    if (result != 0 || !decoded) {
        char why[512];
        snprintf(why, sizeof why, "%.*s", static_cast<int>(made.message.size()),
                 // SAFETY: bytes read as text, within their size.
                 reinterpret_cast<const char*>(made.message.data()));
        sanitize(why);
        // Programs try versions from the highest down: that one is missing is theirs to say.
        const LogLevel level = decoded && wish.major != 0 ? LogLevel::note : LogLevel::error;
        log_line(level, "the host makes no GL context: %s", decoded ? why : "its answer is malformed");
        return false;
    }
    facts_.profile = made.profile;
    facts_.major = made.major;
    facts_.minor = made.minor;
    facts_.flags = made.flags;
    if (read_strings(made.strings, facts_) && read_extensions(made.extensions, facts_) &&
        read_values(made.values, facts_)) {
        const auto most = [this](GLenum name) -> std::size_t {
            const Value* value = facts_.find(name);
            return value == nullptr || value->integers.empty() || value->integers[0] < 0
                       ? 0
                       : static_cast<std::size_t>(value->integers[0]);
        };
        shadow.attributes_at_most = most(GL_MAX_ATTRIB_STACK_DEPTH);
        shadow.model_view.at_most = most(GL_MAX_MODELVIEW_STACK_DEPTH);
        shadow.projection.at_most = most(GL_MAX_PROJECTION_STACK_DEPTH);
        for (MatrixStack& stack : shadow.texture_matrices) stack.at_most = most(GL_MAX_TEXTURE_STACK_DEPTH);
        shadow.fixed_units = std::min<std::size_t>(most(GL_MAX_TEXTURE_COORDS), kFollowedUnits);
        shadow.state.set(GL_ACTIVE_TEXTURE, GL_TEXTURE0);
        if (facts_.profile == 2) shadow.state.set(GL_MATRIX_MODE, GL_MODELVIEW);
        return true;
    }
    detail::malformed(*this);
    return false;
}

void Context::follow_others() {
    seen_epoch_ = group_->epoch();
    for (const ShareGroup::Change& change : group_->changes()) {
        if (change.lane == &lane_) continue;
        auto known = followed_.begin();
        while (known != followed_.end() && known->lane != change.lane) ++known;
        if (known == followed_.end()) known = followed_.insert(known, {change.lane, 0});
        if (known->position >= change.position) continue;
        known->position = change.position;
        textures.forget_all();
        // What this lane waits for must be on its way.
        change.lane->seal();
        send(*this, wire::gl_await_Request{.lane = change.lane->number(), .position = change.position});
    }
}

}  // namespace guest::gl
