// Frames: the default framebuffers of one context. The program sees those of a window; the host has
// framebuffer objects of this context with a drawable's images in them, and what the program says of GL_BACK
// is said of attachments. All binding of framebuffers goes through here, so it knows what to put back.
// Engine thread, with the context current.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/gl/drawables.h"
#include "engine/gl/frame_packer.h"
#include "engine/gl/pixel_store.h"
#include "gl/enums.h"
#include "gl/types.h"
#include "host/gl_table.h"

namespace engine::gl {

enum class Plane : std::uint32_t { back = 0, front = 1 };

// A frame on its way into memory of ours.
struct FrameWish {
    Plane source = Plane::back;
    std::size_t stride = 0;  // bytes from a row to the next; 0: no gaps
    bool is_rgba = false;    // else B, G, R, A
    bool is_bottom_up = false;
};

class Frames {
  public:
    Frames(const device::GlTable& table, Drawables& drawables, const PixelStore& store, bool is_es);

    // From now on these are the default framebuffers; 0: none.
    void make_current(std::uint32_t draw, std::uint32_t read);
    // Some drawable has changed: what is in use here follows.
    void refresh();

    // --- framebuffers by the host's names
    void bind(GLenum target, GLuint host);
    // The guest has deleted these: what was bound of them no longer is.
    void forget(std::span<const GLuint> host);
    // The framebuffer object that `target` (or the default framebuffer, for names of 0) stands for.
    GLuint draw_default() const { return draw_.object; }
    bool is_default(GLenum target) const {
        return (target == GL_READ_FRAMEBUFFER ? read_bound_ : draw_bound_) == 0;
    }
    bool has_default(GLenum target) const { return side(target).drawable != nullptr; }
    // Its looks; only where there is one.
    const Looks& looks(GLenum target) const { return side(target).state.looks; }

    // --- buffers of the default framebuffer
    // The attachment that stands for a buffer of a window's. What is no such thing becomes one that GL
    // refuses, with the error that a window's framebuffer would raise.
    GLenum attachment(GLenum buffer, GLenum target);
    void draw_buffers(std::span<const GLenum> buffers);
    void read_buffer(GLenum buffer);
    // What the guest set last.
    GLenum draw_buffer() const { return draw_buffer_; }
    GLenum read_buffer() const { return read_buffer_; }

    // --- pixels
    // The single-sampled stand-in for a multisampled default framebuffer that is bound for reading, bound
    // instead of it until the end of the scope.
    class Resolved {
      public:
        explicit Resolved(Frames& frames);
        ~Resolved();
        Resolved(const Resolved&) = delete;
        Resolved& operator=(const Resolved&) = delete;

      private:
        Frames& frames_;
        const bool active_;
    };
    // Size of what read() reads; nothing when there is no such drawable.
    std::shared_ptr<Drawable> find(std::uint32_t number) { return drawables_.find(number); }
    // Reads the frame into `to`, which has room for stride * height bytes. False: the drawable is larger by
    // now.
    bool read(Drawable& drawable, const FrameWish& wish, std::span<std::byte> to, Looks& looks);
    // For the way to a guest far away; nothing when that does not make it smaller.
    std::span<const std::byte> pack(std::span<const std::byte> pixels) { return packer_.pack(pixels); }

  private:
    struct Side {
        std::shared_ptr<Drawable> drawable;
        std::uint64_t generation = 0;
        GLuint object = 0;  // 0: no drawable
        bool has_front = false;
        Drawable::State state;
    };
    const Side& side(GLenum target) const { return target == GL_READ_FRAMEBUFFER ? read_ : draw_; }
    void attach(Side& side, bool wants_front);
    static bool is_stale(const Side& side) {
        return side.drawable != nullptr && side.generation != side.drawable->generation();
    }
    void follow(Side& side);
    void show(const Looks& looks);
    void put_back();
    void resolve(const Drawable::State& state, GLuint from, Plane plane);
    GLuint object(std::size_t index);
    void take(std::span<std::byte> to, const FrameWish& wish, const Looks& looks);

    const device::GlTable& table_;
    Drawables& drawables_;
    const PixelStore& store_;
    const bool is_es_;
    bool inverts_ = false;  // GL itself can read the highest row first
    Side draw_;
    Side read_;
    // Of drawing, of reading where that is another drawable, of resolving, of reading frames.
    std::array<GLuint, 4> objects_{};
    GLuint draw_bound_ = 0;  // the host's names; 0: the default framebuffer
    GLuint read_bound_ = 0;
    GLenum draw_buffer_ = 0;
    GLenum read_buffer_ = 0;
    std::size_t draw_count_ = 1;  // draw buffers that the guest set last
    bool seen_ = false;           // a drawable has been current
    // What is in the framebuffer object that frames are read from.
    std::uint64_t frame_generation_ = 0;
    Planes frame_planes_;
    FramePacker packer_;
};

}  // namespace engine::gl
