// See gl_executor.h.
#include "engine/gl/gl_executor.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "engine/records.h"
#include "gl/enums.h"
#include "host/gl_dispatch.h"
#include "wire/gl_call_id.h"

namespace engine {
namespace {

constexpr std::uint16_t kFirstGlCall = 0x4000;
constexpr auto kBegin = static_cast<std::uint16_t>(wire::GlCallId::glBegin);
constexpr auto kEnd = static_cast<std::uint16_t>(wire::GlCallId::glEnd);
constexpr auto kEndList = static_cast<std::uint16_t>(wire::GlCallId::glEndList);
constexpr int kPopulate = 23;           // MADV_POPULATE_WRITE, Linux 5.14; older headers do not have it
constexpr GLuint64 kFinishLook = 1'000'000;  // ns: a software GL works meanwhile
constexpr std::size_t kPopulatedParts = 256;

std::int64_t now_ns() {
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

// Whether glBegin takes the mode of that record.
bool begins(std::span<const std::byte> payload) {
    GLenum mode = 0;
    std::memcpy(&mode, payload.data(), std::min(payload.size(), sizeof mode));
    return mode <= GL_PATCHES;
}

}  // namespace

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
    if (lanes_.world().leave(group_)) empty_group();
    frames_.reset();
    lanes_.world().drawables().bury(table_, is_es_);
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
    const bool is_gl = record.call >= kFirstGlCall;
    const GlHandler handler = is_gl ? find_gl_handler(record.call) : find_gl_session_handler(record.call);
    if (handler == nullptr) {
        violate("unknown " + describe(record));
        return false;
    }
    if (is_gl && context_ == nullptr) [[unlikely]] {
        violate("a record of GL before there is a context: " + describe(record));
        return false;
    }
    ReplySink sink(scratch_);
    wire::Cursor cursor(payload);
    result_ = 0;
    const bool answers = wants_reply(record);
    // What this call is refused for must not be mixed up with what an earlier one was.
    if (answers && is_gl && !has_begun_) settle_errors();
    handler(*this, record, cursor, sink);
    if (std::exchange(retry_, false) || violated()) [[unlikely]]
        return false;
    waiting_since_ns_ = 0;
    if (record.call == kBegin) has_begun_ |= begins(payload);
    if (record.call == kEnd || record.call == kEndList) has_begun_ = false;
    if (record.call == kEnd && compiles_) look_for_list();
    if (answers && result_ == 0 && has_context() && !has_begun_) {
        // Ferry's own records, which ask for errors too, GL refuses nothing of.
        if (failed() && is_gl)
            refuse();
        else if (error_ != 0)
            result_ = kEarlierError;
    }
    if (answers) replies_.result(record, result_, sink.payload());
    return true;
}

bool GlExecutor::settle() {
    replies_.flush();
    return waiting_since_ns_ != 0;
}

void GlExecutor::callbacks_done(std::uint64_t count) {
    if (count != 0) violate("the guest has run host functions, which a lane of GL has none of");
}

void GlExecutor::share(std::span<Word>, std::uint64_t arena_base, std::uint64_t arena_bytes) {
    arena_base_ = arena_base;
    arena_bytes_ = arena_bytes;
    populated_.clear();
}

void GlExecutor::look_for_list() {
    GLint list = 1;
    if (!has_begun_) table_.glGetIntegerv(GL_LIST_INDEX, &list);
    compiles_ = list != 0;
}

std::span<std::byte> GlExecutor::pixels(std::size_t size) {
    if (pixels_.size() < size) pixels_.resize(size);
    return std::span(pixels_).first(size);
}

std::span<std::byte> GlExecutor::arena(std::uint64_t address, std::uint64_t size) {
    const bool inside = address >= arena_base_ && address - arena_base_ < arena_bytes_ &&
                        size <= arena_bytes_ - (address - arena_base_);
    if (!inside || size == 0) return {};
    // SAFETY: the arena is mapped here at the guest's own addresses, for as long as the session lives.
    auto* memory = reinterpret_cast<std::byte*>(address);
    constexpr std::uint64_t kPage = 4096;
    const auto known = populated_.find(address);
    if (known == populated_.end() || known->second < size) {
        // Where the system has no memory left, writing would be a signal.
        const std::uint64_t first = address / kPage * kPage;
        const std::uint64_t bytes = address + size - first;
        if (::madvise(memory - (address - first), bytes, kPopulate) != 0 && errno != EINVAL) return {};
        if (populated_.size() >= kPopulatedParts) populated_.clear();
        populated_[address] = size;
    }
    return {memory, size};
}

void GlExecutor::note_present(std::uint64_t bytes) {
    ++meters_[Meter::presents];
    moved_.out += bytes;
}

void GlExecutor::wait() {
    retry_ = true;
    if (waiting_since_ns_ == 0) waiting_since_ns_ = now_ns();
}

std::uint64_t GlExecutor::waits_left(std::uint64_t timeout_ns) {
    if (waiting_since_ns_ == 0) return timeout_ns;
    const auto waited = static_cast<std::uint64_t>(now_ns() - waiting_since_ns_);
    return waited >= timeout_ns ? 0 : timeout_ns - waited;
}

bool GlExecutor::finished() {
    if (table_.glFenceSync == nullptr || table_.glClientWaitSync == nullptr) {
        table_.glFinish();
        return true;
    }
    if (finish_ == nullptr) finish_ = table_.glFenceSync(GL_SYNC_GPU_COMMANDS_COMPLETE, 0);
    const GLenum result = table_.glClientWaitSync(finish_, GL_SYNC_FLUSH_COMMANDS_BIT, kFinishLook);
    if (result == GL_TIMEOUT_EXPIRED) return false;
    table_.glDeleteSync(std::exchange(finish_, nullptr));
    return true;
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
    frames_ = std::make_unique<gl::Frames>(table_, world.drawables(), pixel_store_, is_es_);
    return ferry::Status::success();
}

void GlExecutor::malformed(const wire::RecordHeader& record) { violate("malformed " + describe(record)); }

void GlExecutor::violate(std::string message) {
    if (violation_.empty()) violation_ = std::move(message);
}

}  // namespace engine
