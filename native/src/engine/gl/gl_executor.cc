// See gl_executor.h.
#include "engine/gl/gl_executor.h"

#include <utility>

#include "engine/records.h"
#include "host/gl_dispatch.h"

namespace engine {

GlExecutor::GlExecutor(gl::Lanes& lanes, std::uint32_t lane, ReplyChannel& channel, Meters& meters,
                       Poke& poke)
    : lanes_(lanes),
      table_(lanes.world().table()),
      meters_(meters),
      poke_(poke),
      replies_(channel, meters),
      progress_(lanes.progress(lane)) {}

GlExecutor::~GlExecutor() {
    if (context_ == nullptr) return;
    (void)lanes_.world().leave(group_);
    driver_->destroy(context_);
}

std::size_t GlExecutor::run(std::span<const std::byte> records, bool to_reply) {
    std::size_t done = 0;
    while (done < records.size()) {
        wire::RecordHeader record{};
        if (!read_header(records.subspan(done), record)) {
            violate("a batch does not consist of whole records");
            break;
        }
        if (!step(record, records.subspan(done + sizeof record, record.size - sizeof record))) break;
        done += record.size;
        ++meters_[Meter::records];
        progress_->step();
        if (to_reply && !replies_.empty()) break;
    }
    if (done != 0) progress_->settle();
    return done;
}

// False: the record has to be run again, or has broken the rules.
bool GlExecutor::step(const wire::RecordHeader& record, std::span<const std::byte> payload) {
    GlHandler handler = find_gl_session_handler(record.call);
    if (handler == nullptr && has_context()) handler = find_gl_handler(record.call);
    if (handler == nullptr) {
        violate("unknown " + describe(record));
        return false;
    }
    ReplySink sink(scratch_);
    wire::Cursor cursor(payload);
    result_ = 0;
    handler(*this, record, cursor, sink);
    if (std::exchange(retry_, false) || violated()) return false;
    if (wants_reply(record)) replies_.result(record, result_, sink.payload());
    return true;
}

bool GlExecutor::settle() {
    replies_.flush();
    return false;
}

void GlExecutor::callbacks_done(std::uint64_t count) {
    if (count != 0) violate("the guest has run host functions, which a lane of GL has none of");
}

void GlExecutor::share(std::span<Word>, std::uint64_t arena_base, std::uint64_t arena_bytes) {
    arena_base_ = arena_base;
    arena_bytes_ = arena_bytes;
}

ferry::Status GlExecutor::create_context(std::uint32_t group, const device::GlWish& wish) {
    gl::World& world = lanes_.world();
    const auto driver = world.driver();
    if (!driver.ok()) return ferry::Status::failure(driver.message());
    auto entered = world.enter(group, wish.is_es());
    if (entered == nullptr) return ferry::Status::failure("this process has too many share groups");
    auto made = driver.value()->create(wish);
    if (!made.ok()) {
        (void)world.leave(entered);
        return ferry::Status::failure(made.message());
    }
    ++meters_[Meter::gl_switches];
    driver_ = driver.value();
    context_ = made.value();
    group_ = std::move(entered);
    is_es_ = wish.is_es();
    makes_names_up_ = wish.profile != device::GlProfile::core;
    return ferry::Status::success();
}

void GlExecutor::malformed(const wire::RecordHeader& record) { violate("malformed " + describe(record)); }

void GlExecutor::violate(std::string message) {
    if (violation_.empty()) violation_ = std::move(message);
}

}  // namespace engine
