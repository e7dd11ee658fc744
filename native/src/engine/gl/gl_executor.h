// GlExecutor: reads the records of one lane of OpenGL, finds their objects, calls the host's GL, answers. The
// lane's context is current on the engine thread from gl_context_create to the end. Owned by the session;
// engine thread only. Errors of GL are the guest's own affair and stay in GL; a record that is malformed, or
// lies, makes the executor violated: it stops there, and the session ends.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/execution.h"
#include "engine/gl/frames.h"
#include "engine/gl/lanes.h"
#include "engine/gl/names.h"
#include "engine/gl/pixel_store.h"
#include "engine/gl/world.h"
#include "engine/meters.h"
#include "engine/poke.h"
#include "engine/replies.h"
#include "host/gl_table.h"
#include "wire/codec.h"
#include "wire/cursor.h"
#include "wire/record.h"

namespace engine {

using GlName = gl::Name;

class GlExecutor final : public Execution {
  public:
    GlExecutor(gl::Lanes& lanes, std::uint32_t lane, ReplyChannel& channel, Meters& meters, Poke& poke);
    ~GlExecutor() override;

    // --- for the session; see execution.h
    std::size_t run(std::span<const std::byte> records) override { return run(records, false); }
    std::size_t run_to_reply(std::span<const std::byte> records) override { return run(records, true); }
    bool settle() override;
    bool has_more() const override { return false; }
    bool advanced() override { return false; }
    bool look() override { return waiting_since_ns_ != 0; }
    bool hand_over() override { return waiting_since_ns_ == 0; }
    bool has_replies() const override { return !replies_.empty(); }
    bool publish_fences() override { return false; }
    const std::string& violation() const override { return violation_; }
    bool violated() const { return !violation_.empty(); }
    bool detached() const override { return detached_; }
    // Contexts of GL are made to share a device by its driver: none has to be drained for another's turn.
    bool idle() override { return true; }
    std::size_t callbacks_outstanding() const override { return 0; }
    void callbacks_done(std::uint64_t count) override;
    void change_thread() override {}  // never: a context of GL is its thread's, and nobody waits aside
    void abandon() override {}
    void flush() override { replies_.flush(); }
    std::byte* message_memory(std::size_t) override { return nullptr; }
    void share(std::span<Word> fences, std::uint64_t arena_base, std::uint64_t arena_bytes) override;
    bool keeps_arena() const override { return false; }
    Moved moved() const override { return moved_; }

    // --- for handlers, generated and by hand
    const device::GlTable& table() const { return table_; }
    // The host's name. 0 stays 0, but for a framebuffer's, which is the default one's. A name never given out
    // becomes one that no object has.
    GLuint name(GlName kind, GLuint guest) {
        const GLuint host = known_name(kind, guest);
        return host != 0 || guest == 0 ? host : gl::kNoObject;
    }
    // The same for calls that bind: they make the object where the profile lets programs make names up.
    GLuint bound_name(GlName kind, GLuint guest) {
        const GLuint host = known_name(kind, guest);
        return host != 0 || guest == 0 ? host : made_up(kind, guest);
    }
    // The same for many; valid until the handler returns or asks again.
    const GLuint* names(GlName kind, std::span<const GLuint> guest);
    // `make(count, names)` makes the host's objects, as glGenTextures does, for these names of the guest's.
    template <class Make>
    void give(GlName kind, std::span<const GLuint> guest, Make&& make) {
        host_names_.assign(guest.size(), 0);
        make(static_cast<GLsizei>(guest.size()), host_names_.data());
        for (std::size_t index = 0; index < guest.size(); ++index)
            give(kind, guest[index], host_names_[index]);
    }
    // From now on `host` is what the guest calls `guest`; 0, which GL answers with an error, is not.
    void give(GlName kind, GLuint guest, GLuint host);
    // `end(count, names)` deletes the host's objects, as glDeleteTextures does; names without any become 0.
    template <class End>
    void take(GlName kind, std::span<const GLuint> guest, End&& end) {
        const GLuint* host = taken(kind, guest);
        end(static_cast<GLsizei>(guest.size()), host);
        if (kind == GlName::framebuffer) frames_->forget({host, guest.size()});
    }
    GLuint take(GlName kind, GLuint guest) { return *taken(kind, {&guest, 1}); }
    // Fences, whose names are numbers of the guest's; null when there is none.
    GLsync sync(std::uint64_t guest);
    void give_sync(std::uint64_t guest, GLsync host);
    GLsync take_sync(std::uint64_t guest);
    // This GL has no such function: the guest sees the error that says so, and no outputs.
    void missing() {
        set_error(kInvalidOperation);
        refuse();
    }
    // As GL refuses a call: an error behind those of the calls before.
    void refuse_with(GLenum error) {
        if (!has_begun_) settle_errors();
        set_error(has_begun_ ? kInvalidOperation : error);
        refuse();
    }
    // Sizes below nothing.
    void negative() { refuse_with(kInvalidValue); }
    // The reply has no outputs: GL has refused the call, with an error that waits for glGetError.
    void refuse() { result_ = kRefused; }
    // What GL has to complain of the calls so far is put aside, so that failed() is about what follows.
    void settle_errors() { (void)failed(); }
    bool failed() {
        const GLenum error = table_.glGetError();
        if (error_ == 0) error_ = error;
        return error != 0;
    }
    // The record does not decode, or lies about a size: ends the session.
    void malformed(const wire::RecordHeader& record);
    void violate(std::string message);

    // --- for handlers by hand
    gl::Lanes& lanes() { return lanes_; }
    gl::Frames& frames() { return *frames_; }
    gl::PixelStore& pixel_store() { return pixel_store_; }
    bool has_context() const { return context_ != nullptr; }
    ferry::Status create_context(std::uint32_t group, const device::GlWish& wish);
    bool is_es() const { return is_es_; }
    bool makes_names_up() const { return makes_names_up_; }
    // The context has turned out to be one of the core profile, which nobody need have asked for.
    void note_core() { makes_names_up_ = false; }
    // An error of ours. Only the first one is kept until glGetError asks, be it ours or GL's, as GL does.
    void set_error(GLenum error);
    GLenum take_error();
    // Whether the guest has given that name to an object, or bound it.
    bool knows(GlName kind, GLuint guest) { return names_of(kind).find(guest) != 0; }
    // The guest's name for one of the host's; 0 when it has none. Slow.
    GLuint guest_name(GlName kind, GLuint host) { return names_of(kind).guest_of(host); }
    GLuint guest_list(GLuint host) const { return host - group_->list_base; }
    // The record has to be run again: once something has poked, or (wait) before long.
    void retry() { retry_ = true; }
    void wait();
    // Of a record that waits: what is left of its time in ns, and whether it has been run before.
    std::uint64_t waits_left(std::uint64_t timeout_ns);
    bool has_waited() const { return waiting_since_ns_ != 0; }
    // Whether all work so far is done, as glFinish says it; asked again by a record that waits.
    bool finished();
    Poke& poke() { return poke_; }
    void note_detach() { detached_ = true; }
    void note_present(std::uint64_t bytes);
    // Memory for pixels, valid until the record has been answered.
    std::span<std::byte> pixels(std::size_t size);
    // Between glBegin and glEnd, where GL takes little.
    bool has_begun() const { return has_begun_; }
    // A display list is being compiled: drivers look less closely there.
    bool compiles() const { return compiles_; }
    void note_list(bool compiles) { compiles_ = compiles; }
    // Whether GL has begun a list it is asked, for an error would have to be taken from it. After glBegin it
    // cannot be asked, but may have refused that: then there may be one, until glEnd.
    void look_for_list();
    // What is drawn is gathered in memory of the program, for selection or feedback.
    void note_gathering(bool gathers) { gathers_ = gathers; }
    // Draws are done in a way in which drivers do not look where arrays end.
    bool reads_past_ends() const { return compiles_ || gathers_; }
    // What glSelectBuffer or glFeedbackBuffer has GL write to, until the mode ends.
    std::vector<std::uint32_t>& gathered(bool is_feedback) { return gathered_[is_feedback]; }
    // [address, address + size) of the arena, as memory that can be written; empty when it is not the arena's
    // or the system has no memory for it.
    std::span<std::byte> arena(std::uint64_t address, std::uint64_t size);

  private:
    static constexpr std::int32_t kRefused = 1;
    // The answer is valid, but an error of an earlier call waits for glGetError.
    static constexpr std::int32_t kEarlierError = 2;
    static constexpr GLenum kInvalidValue = 0x0501;
    static constexpr GLenum kInvalidOperation = 0x0502;
    std::size_t run(std::span<const std::byte> records, bool to_reply);
    bool step(const wire::RecordHeader& record, std::span<const std::byte> payload);
    gl::Names& names_of(GlName kind) {
        const auto index = static_cast<std::size_t>(kind);
        return kind <= gl::kLastShared ? group_->names[index] : own_names_[index];
    }
    GLuint known_name(GlName kind, GLuint guest) {
        if (guest == 0) return kind == GlName::framebuffer ? frames_->draw_default() : 0;
        if (kind == GlName::list) return guest + group_->list_base;
        return names_of(kind).find(guest);
    }
    GLuint made_up(GlName kind, GLuint guest);
    const GLuint* taken(GlName kind, std::span<const GLuint> guest);
    void empty_group();

    gl::Lanes& lanes_;
    const device::GlTable& table_;
    Meters& meters_;
    Poke& poke_;
    Replies replies_;
    const std::shared_ptr<gl::Progress> progress_;
    device::GlDriver* driver_ = nullptr;
    void* context_ = nullptr;
    bool is_es_ = false;
    bool makes_names_up_ = false;
    std::shared_ptr<gl::Group> group_;
    std::array<gl::Names, gl::kNameKinds> own_names_;
    gl::PixelStore pixel_store_;
    std::unique_ptr<gl::Frames> frames_;
    std::vector<GLuint> host_names_;
    std::vector<std::byte> pixels_;
    std::array<std::vector<std::uint32_t>, 2> gathered_;
    std::map<std::uint64_t, std::uint64_t> populated_;  // parts of the arena that have memory, by address
    GLenum error_ = 0;
    GLsync finish_ = nullptr;            // of a glFinish that waits
    std::int64_t waiting_since_ns_ = 0;  // of the record that waits; 0: none does
    std::vector<std::byte> scratch_;
    std::uint64_t arena_base_ = 0;
    std::uint64_t arena_bytes_ = 0;
    Moved moved_;
    std::int32_t result_ = 0;
    bool retry_ = false;
    bool has_begun_ = false;  // between glBegin and glEnd, where asking for errors is one
    bool compiles_ = false;   // between glNewList and glEndList
    bool gathers_ = false;    // glRenderMode is not GL_RENDER
    bool detached_ = false;
    std::string violation_;
};

// A handler of a record of GL; answers nothing: result and outputs are the executor's and the sink's.
using GlHandler = void (*)(GlExecutor&, const wire::RecordHeader&, wire::Cursor&, ReplySink&);

// Of Ferry's own records on a lane of GL; null for a number none has.
GlHandler find_gl_session_handler(std::uint16_t call);

}  // namespace engine
