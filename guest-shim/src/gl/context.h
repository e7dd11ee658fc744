// One GL context of the program: its lane, its share group, what it must remember so that questions need no
// answer from the host. Current on at most one thread at a time; all but the constructor and destructor is
// that thread's. Made and ended by glx/ and egl/.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "byte_buffer.h"
#include "gl/arrays.h"
#include "gl/bindings.h"
#include "gl/debug_output.h"
#include "gl/drawable.h"
#include "gl/drawing.h"
#include "gl/errors.h"
#include "gl/facts.h"
#include "gl/feedback.h"
#include "gl/gl_lane.h"
#include "gl/pixel_store.h"
#include "gl/process.h"
#include "gl/query_results.h"
#include "gl/shadow.h"
#include "gl/share_group.h"

namespace guest::gl {

// What a program asks of a new context, in the words of gl_context_create.
struct ContextWish {
    std::uint32_t profile = 0;  // 0 compatibility, the highest there is; 1 core, 2 compatibility, 3 GLES
    std::uint32_t major = 0;    // 0: the highest
    std::uint32_t minor = 0;
    std::uint32_t flags = 0;  // 1 debug, 2 forward compatible, 4 robust access, 8 no error
    std::uint32_t reset = 0;
};

class Context {
  public:
    // Makes the context on the host, sharing objects with `share` when that is not null. Waits for the host.
    // Null after one line on stderr that says why.
    static std::unique_ptr<Context> create(const ContextWish& wish, const Context* share);
    ~Context();
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    GlLane& lane() { return lane_; }
    ShareGroup& group() { return *group_; }
    const Facts& facts() const { return facts_; }
    Errors& errors() { return errors_; }
    // Names of that kind: the share group's, or this context's own where the kind is not shared.
    template <class Use>
    auto names(NameKind kind, Use&& use) {
        return is_shared(kind) ? group_->with(kind, use) : use(own_names_[static_cast<std::size_t>(kind)]);
    }
    // After a record that makes or ends names, and before one that uses them.
    void changed_names(NameKind kind) {
        if (is_shared(kind)) group_->changed(lane_);
    }
    void follow_names() {
        if (group_->epoch() != seen_epoch_) [[unlikely]]
            follow_others();
    }

    // How many records the host had executed when this last waited for it.
    std::uint64_t waited() const { return waited_; }
    void note_waited(std::uint64_t position) { waited_ = position; }
    // Outputs of the last call that waited.
    ByteBuffer& reply() { return reply_; }
    void count(std::size_t place) { ++counts_[place]; }
    std::span<const std::uint64_t> counts() const { return counts_; }

    Arrays arrays;
    Bindings bindings;
    PixelStores pixels;
    Shadow shadow;
    Drawing drawing;
    TextureTargets textures;
    Feedback feedback;
    DebugOutput debug;
    QueryResults queries;
    // Buffers of Ferry's own, for what a draw takes from the program's memory; 0: not made yet.
    GLuint vertex_stream = 0;
    GLuint index_stream = 0;
    bool index_stream_bound = false;  // on the host, while the program has no element array buffer bound

    // Its default framebuffers; see drawable.h.
    Surfaces surfaces;

    static constexpr bool is_shared(NameKind kind) {
        return kind != NameKind::framebuffer && kind != NameKind::vertex_array && kind != NameKind::query &&
               kind != NameKind::pipeline && kind != NameKind::transform_feedback;
    }

  private:
    Context(GlLane& lane, std::shared_ptr<ShareGroup> group);
    bool make_on_host(const ContextWish& wish);
    void follow_others();

    GlLane& lane_;
    std::shared_ptr<ShareGroup> group_;
    Facts facts_;
    Errors errors_;
    NameTable own_names_[kNameKinds];
    std::uint64_t seen_epoch_ = 0;
    std::vector<ShareGroup::Change> followed_;
    std::uint64_t waited_ = 0;
    ByteBuffer reply_;
    std::array<std::uint64_t, kCounted> counts_{};
};

}  // namespace guest::gl
