// GlExecutor: reads the records of one lane of OpenGL, finds their objects, calls the host's GL, answers. The
// lane's context is current on the engine thread from gl_context_create to the end. Owned by the session;
// engine thread only. Errors of GL are the guest's own affair and stay in GL; a record that is malformed, or
// lies, makes the executor violated: it stops there, and the session ends.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/execution.h"
#include "engine/gl/lanes.h"
#include "engine/gl/names.h"
#include "engine/gl/table.h"
#include "engine/gl/world.h"
#include "engine/meters.h"
#include "engine/poke.h"
#include "engine/replies.h"
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
    bool look() override { return false; }
    bool hand_over() override { return true; }
    bool has_replies() const override { return !replies_.empty(); }
    bool publish_fences() override { return false; }
    const std::string& violation() const override { return violation_; }
    bool detached() const override { return detached_; }
    // Contexts of GL are made to share a device by its driver: none has to be drained for another's turn.
    bool idle() override { return true; }
    std::size_t callbacks_outstanding() const override { return 0; }
    void callbacks_done(std::uint64_t count) override;
    void abandon() override {}
    void flush() override { replies_.flush(); }
    std::byte* message_memory(std::size_t) override { return nullptr; }
    void share(std::span<Word> fences, std::uint64_t arena_base, std::uint64_t arena_bytes) override;
    bool keeps_arena() const override { return false; }
    Moved moved() const override { return moved_; }

    // --- for handlers, generated and by hand
    const device::GlTable& table() const { return table_; }
    // The host's name. 0 stays 0. A name never given out is made where the profile lets programs make names
    // up, and otherwise becomes one that no object has.
    std::uint32_t name(GlName kind, std::uint32_t guest) {
        if (guest == 0) return 0;
        if (kind == GlName::list) return guest + group_->list_base;
        const std::uint32_t host = names_of(kind).find(guest);
        return host != 0 ? host : made_up(kind, guest);
    }
    // The same for many; valid until the handler returns or asks again.
    const std::uint32_t* names(GlName kind, std::span<const std::uint32_t> guest);
    // `make(count, names)` makes the host's objects, as glGenTextures does, for these names of the guest's.
    template <class Make>
    void give(GlName kind, std::span<const std::uint32_t> guest, Make&& make) {
        host_names_.assign(guest.size(), 0);
        make(static_cast<int>(guest.size()), host_names_.data());
        for (std::size_t index = 0; index < guest.size(); ++index)
            give(kind, guest[index], host_names_[index]);
    }
    void give(GlName kind, std::uint32_t guest, std::uint32_t host);
    // `end(count, names)` deletes the host's objects, as glDeleteTextures does; names without any become 0.
    template <class End>
    void take(GlName kind, std::span<const std::uint32_t> guest, End&& end) {
        const std::uint32_t* host = taken(kind, guest);
        end(static_cast<int>(guest.size()), host);
    }
    std::uint32_t take(GlName kind, std::uint32_t guest) { return *taken(kind, {&guest, 1}); }
    // Fences, whose names are numbers of the guest's; null when there is none.
    void* sync(std::uint64_t guest);
    void give_sync(std::uint64_t guest, void* host);
    void* take_sync(std::uint64_t guest);
    // This GL has no such function: the guest sees the error that says so.
    void missing() { set_error(kInvalidOperation); }
    // The record does not decode, or lies about a size: ends the session.
    void malformed(const wire::RecordHeader& record);
    void violate(std::string message);

    // --- for handlers by hand
    gl::Lanes& lanes() { return lanes_; }
    bool has_context() const { return context_ != nullptr; }
    ferry::Status create_context(std::uint32_t group, const device::GlWish& wish);
    bool is_es() const { return is_es_; }
    // An error of ours, which glGetError answers before GL's own.
    void set_error(std::uint32_t error) {
        if (error_ == 0) error_ = error;
    }
    std::uint32_t take_error();
    // The result in the reply's head; 0 unless said otherwise.
    void refuse() { result_ = kRefused; }
    // The record has to be run again, once something has poked.
    void retry() { retry_ = true; }
    Poke& poke() { return poke_; }
    void note_detach() { detached_ = true; }

private:
    static constexpr std::int32_t kRefused = 1;
    static constexpr std::uint32_t kInvalidOperation = 0x0502;
    std::size_t run(std::span<const std::byte> records, bool to_reply);
    bool step(const wire::RecordHeader& record, std::span<const std::byte> payload);
    gl::Names& names_of(GlName kind) {
        if (kind <= gl::kLastShared) return group_->of(kind);
        return own_names_[static_cast<std::size_t>(kind) - static_cast<std::size_t>(gl::kLastShared) - 1];
    }
    std::uint32_t made_up(GlName kind, std::uint32_t guest);
    const std::uint32_t* taken(GlName kind, std::span<const std::uint32_t> guest);

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
    std::array<gl::Names, gl::kNameKinds - static_cast<std::size_t>(gl::kLastShared) - 1> own_names_;
    std::vector<std::uint32_t> host_names_;
    std::uint32_t error_ = 0;
    std::vector<std::byte> scratch_;
    std::uint64_t arena_base_ = 0;
    std::uint64_t arena_bytes_ = 0;
    Moved moved_;
    std::int32_t result_ = 0;
    bool retry_ = false;
    bool detached_ = false;
    std::string violation_;
};

// A handler of a record of GL; answers nothing: result and outputs are the executor's and the sink's.
using GlHandler = void (*)(GlExecutor&, const wire::RecordHeader&, wire::Cursor&, ReplySink&);

// Of Ferry's own records on a lane of GL; null for a number none has.
GlHandler find_gl_session_handler(std::uint16_t call);

}  // namespace engine
