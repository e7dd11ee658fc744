// See frames.h.
#include "engine/gl/frames.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "engine/gl/borrowed.h"
#include "engine/gl/names.h"
#include "gl/enums.h"

namespace engine::gl {
namespace {

constexpr std::size_t kDraw = 0;
constexpr std::size_t kRead = 1;
constexpr std::size_t kResolve = 2;
constexpr std::size_t kFrame = 3;
constexpr GLenum kNoAttachment = GL_COLOR_ATTACHMENT0 + 31;  // more than any GL has: INVALID_OPERATION
constexpr std::size_t kPixelBytes = 4;

GLenum attachment_of(Plane plane) { return GL_COLOR_ATTACHMENT0 + static_cast<GLenum>(plane); }

bool names_back(GLenum buffer) { return buffer == GL_BACK || buffer == GL_BACK_LEFT; }
bool names_front(GLenum buffer) {
    return buffer == GL_FRONT || buffer == GL_FRONT_LEFT || buffer == GL_LEFT || buffer == GL_FRONT_AND_BACK;
}

// Puts the images of a drawable into the framebuffer that is bound to `target`.
void attach_planes(const device::GlTable& table, GLenum target, const Drawable::State& state) {
    for (GLenum index = 0; index < state.planes.colour.size(); ++index) {
        const GLuint plane = state.planes.colour[index];
        if (state.planes.is_multisampled()) {
            table.glFramebufferRenderbuffer(target, GL_COLOR_ATTACHMENT0 + index, GL_RENDERBUFFER, plane);
        } else {
            table.glFramebufferTexture2D(target, GL_COLOR_ATTACHMENT0 + index, GL_TEXTURE_2D, plane, 0);
        }
    }
    const bool has_stencil = state.looks.stencil != 0;
    const GLuint depth = state.looks.depth != 0 || has_stencil ? state.planes.depth_stencil : 0;
    table.glFramebufferRenderbuffer(target, GL_DEPTH_ATTACHMENT, GL_RENDERBUFFER, depth);
    table.glFramebufferRenderbuffer(target, GL_STENCIL_ATTACHMENT, GL_RENDERBUFFER, has_stencil ? depth : 0);
}

}  // namespace

Frames::Frames(const device::GlTable& table, Drawables& drawables, const PixelStore& store, bool is_es)
    : table_(table), drawables_(drawables), store_(store), is_es_(is_es) {
    table_.glPixelStorei(GL_PACK_INVERT_MESA, 0);
    inverts_ = table_.glGetError() == GL_NO_ERROR;
}

GLuint Frames::object(std::size_t index) {
    if (objects_[index] == 0) table_.glGenFramebuffers(1, &objects_[index]);
    return objects_[index];
}

// What the guest has bound is bound again.
void Frames::put_back() {
    table_.glBindFramebuffer(GL_DRAW_FRAMEBUFFER, draw_bound_ != 0 ? draw_bound_ : draw_.object);
    table_.glBindFramebuffer(GL_READ_FRAMEBUFFER, read_bound_ != 0 ? read_bound_ : read_.object);
}

// Leaves the side's framebuffer bound for drawing.
void Frames::attach(Side& side, bool wants_front) {
    side.state = side.drawable->state(table_, is_es_, wants_front || side.has_front);
    side.generation = side.state.generation;
    side.has_front = side.state.planes.colour[1] != 0;
    table_.glBindFramebuffer(GL_DRAW_FRAMEBUFFER, side.object);
    attach_planes(table_, GL_DRAW_FRAMEBUFFER, side.state);
}

void Frames::make_current(std::uint32_t draw, std::uint32_t read) {
    drawables_.bury(table_, is_es_);
    draw_ = Side{};
    read_ = Side{};
    draw_.drawable = draw == 0 ? nullptr : drawables_.find(draw);
    if (draw_.drawable != nullptr) {
        draw_.object = object(kDraw);
        attach(draw_, false);
    }
    read_.drawable = read == 0 ? nullptr : drawables_.find(read);
    if (read_.drawable == draw_.drawable) {
        read_ = draw_;
    } else if (read_.drawable != nullptr) {
        read_.object = object(kRead);
        attach(read_, false);
    }
    if (draw_.drawable != nullptr && !seen_) {
        seen_ = true;
        const Looks& looks = draw_.state.looks;
        draw_buffer_ = read_buffer_ = looks.is_double || is_es_ ? GL_BACK : GL_FRONT;
        table_.glViewport(0, 0, looks.width, looks.height);
        table_.glScissor(0, 0, looks.width, looks.height);
    }
    put_back();
    // Which buffers are drawn on and read is the context's to keep, whatever the drawable.
    if (draw_.drawable != nullptr && draw_bound_ == 0 && draw_count_ == 1) {
        const GLenum buffer = draw_buffer_;
        draw_buffers({&buffer, 1});
    }
    if (read_.drawable != nullptr && read_bound_ == 0) read_buffer(read_buffer_);
}

// A drawable that has another size now has other images.
void Frames::follow(Side& side) {
    if (!is_stale(side)) return;
    side.has_front = false;
    attach(side, false);
    const bool uses_front = names_front(&side == &draw_ ? draw_buffer_ : read_buffer_);
    if (uses_front && side.state.looks.is_double) attach(side, true);
}

void Frames::refresh() {
    const bool same = read_.drawable == draw_.drawable;
    const bool stale = is_stale(draw_) || is_stale(read_);
    follow(draw_);
    if (same) {
        read_ = draw_;
    } else {
        follow(read_);
    }
    if (stale) put_back();
    drawables_.bury(table_, is_es_);
}

void Frames::bind(GLenum target, GLuint host) {
    const bool draws = target == GL_FRAMEBUFFER || target == GL_DRAW_FRAMEBUFFER;
    const bool reads = target == GL_FRAMEBUFFER || target == GL_READ_FRAMEBUFFER;
    // A target or a name that GL refuses changes nothing.
    if ((!draws && !reads) || host == kNoObject) return table_.glBindFramebuffer(target, host);
    if (draws) draw_bound_ = host;
    if (reads) read_bound_ = host;
    if (host != 0) return table_.glBindFramebuffer(target, host);
    if (is_stale(draw_) || is_stale(read_)) return refresh();
    if (draws) table_.glBindFramebuffer(GL_DRAW_FRAMEBUFFER, draw_.object);
    if (reads) table_.glBindFramebuffer(GL_READ_FRAMEBUFFER, read_.object);
}

void Frames::forget(std::span<const GLuint> host) {
    const auto deleted = [host](GLuint name) {
        return name != 0 && std::ranges::find(host, name) != host.end();
    };
    const bool any = deleted(draw_bound_) || deleted(read_bound_);
    if (deleted(draw_bound_)) draw_bound_ = 0;
    if (deleted(read_bound_)) read_bound_ = 0;
    if (any) put_back();
}

GLenum Frames::attachment(GLenum buffer, GLenum target) {
    if (buffer == GL_NONE) return GL_NONE;
    if (buffer >= GL_COLOR_ATTACHMENT0 && buffer <= kNoAttachment) return kNoAttachment;
    const Side& here = side(target);
    if (here.drawable == nullptr) return buffer;
    const bool is_double = here.state.looks.is_double;
    if (names_back(buffer)) return is_double || is_es_ ? GL_COLOR_ATTACHMENT0 : kNoAttachment;
    if (buffer == GL_BACK_RIGHT || buffer == GL_FRONT_RIGHT || buffer == GL_RIGHT) return kNoAttachment;
    if (!names_front(buffer)) return buffer;
    if (!is_double) return GL_COLOR_ATTACHMENT0;
    if (!here.has_front) {
        Side& wants = target == GL_READ_FRAMEBUFFER ? read_ : draw_;
        attach(wants, true);
        if (read_.object == draw_.object) (&wants == &draw_ ? read_ : draw_) = wants;
        put_back();
    }
    return attachment_of(Plane::front);
}

void Frames::draw_buffers(std::span<const GLenum> buffers) {
    std::array<GLenum, 32> attachments{};
    const std::size_t count = std::min(buffers.size(), attachments.size());
    const bool both = count == 1 && buffers[0] == GL_FRONT_AND_BACK && has_default(GL_DRAW_FRAMEBUFFER) &&
                      draw_.state.looks.is_double;
    for (std::size_t index = 0; index < count; ++index) {
        attachments[index] = attachment(buffers[index], GL_DRAW_FRAMEBUFFER);
    }
    if (both) attachments = {GL_COLOR_ATTACHMENT0, attachments[0]};
    table_.glDrawBuffers(static_cast<GLsizei>(both ? 2 : count), attachments.data());
    if (count == 0 || attachments[0] == kNoAttachment) return;
    draw_count_ = buffers.size();
    draw_buffer_ = buffers[0];
}

void Frames::read_buffer(GLenum buffer) {
    const GLenum plane = attachment(buffer, GL_READ_FRAMEBUFFER);
    table_.glReadBuffer(plane);
    if (plane != kNoAttachment) read_buffer_ = buffer;
}

// The samples of `plane` become pixels of the resolved image; its framebuffer is left bound for reading.
void Frames::resolve(const Drawable::State& state, GLuint from, Plane plane) {
    const Disabled scissor(table_, GL_SCISSOR_TEST);
    table_.glBindFramebuffer(GL_DRAW_FRAMEBUFFER, object(kResolve));
    table_.glFramebufferTexture2D(GL_DRAW_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D,
                                  state.planes.resolved, 0);
    table_.glBindFramebuffer(GL_READ_FRAMEBUFFER, from);
    GLint before = 0;
    table_.glGetIntegerv(GL_READ_BUFFER, &before);
    table_.glReadBuffer(attachment_of(plane));
    const Looks& looks = state.looks;
    table_.glBlitFramebuffer(0, 0, looks.width, looks.height, 0, 0, looks.width, looks.height,
                             GL_COLOR_BUFFER_BIT, GL_NEAREST);
    table_.glReadBuffer(static_cast<GLenum>(before));
    table_.glBindFramebuffer(GL_READ_FRAMEBUFFER, object(kResolve));
}

Frames::Resolved::Resolved(Frames& frames)
    : frames_(frames),
      active_(frames.read_bound_ == 0 && frames.read_.drawable != nullptr &&
              frames.read_.state.planes.is_multisampled()) {
    if (!active_) return;
    const Side& side = frames_.read_;
    const bool front = side.has_front && names_front(frames_.read_buffer_);
    frames_.resolve(side.state, side.object, front ? Plane::front : Plane::back);
    // Only what is read has changed its place.
    frames_.table_.glBindFramebuffer(GL_DRAW_FRAMEBUFFER,
                                     frames_.draw_bound_ != 0 ? frames_.draw_bound_ : frames_.draw_.object);
}

Frames::Resolved::~Resolved() {
    if (active_) frames_.put_back();
}

void Frames::take(std::span<std::byte> to, const FrameWish& wish, const Looks& looks) {
    const NoBuffer in_memory(table_, GL_PIXEL_PACK_BUFFER, GL_PIXEL_PACK_BUFFER_BINDING);
    const PixelStore::Packed packed(table_, store_);
    const std::size_t row = static_cast<std::size_t>(looks.width) * kPixelBytes;
    const std::size_t stride = wish.stride == 0 ? row : wish.stride;
    const bool inverts = inverts_ && !wish.is_bottom_up;
    if (stride != row) table_.glPixelStorei(GL_PACK_ROW_LENGTH, static_cast<GLint>(stride / kPixelBytes));
    if (inverts) table_.glPixelStorei(GL_PACK_INVERT_MESA, 1);
    table_.glReadPixels(0, 0, looks.width, looks.height, wish.is_rgba ? GL_RGBA : GL_BGRA, GL_UNSIGNED_BYTE,
                        to.data());
    if (stride != row) table_.glPixelStorei(GL_PACK_ROW_LENGTH, 0);
    if (inverts) table_.glPixelStorei(GL_PACK_INVERT_MESA, 0);
    if (inverts || wish.is_bottom_up) return;
    for (std::size_t low = 0, high = static_cast<std::size_t>(looks.height) - 1; low < high; ++low, --high) {
        std::byte* one = to.data() + low * stride;
        std::swap_ranges(one, one + row, to.data() + high * stride);
    }
}

// A swap shows in the front buffer what was drawn on the back one, which keeps it.
void Frames::show(const Looks& looks) {
    const Disabled scissor(table_, GL_SCISSOR_TEST);
    const std::array<GLenum, 2> front{GL_NONE, attachment_of(Plane::front)};
    const GLenum back = attachment_of(Plane::back);
    table_.glBindFramebuffer(GL_FRAMEBUFFER, object(kFrame));
    table_.glReadBuffer(back);
    table_.glDrawBuffers(2, front.data());
    table_.glBlitFramebuffer(0, 0, looks.width, looks.height, 0, 0, looks.width, looks.height,
                             GL_COLOR_BUFFER_BIT, GL_NEAREST);
    table_.glDrawBuffers(1, &back);
}

bool Frames::read(Drawable& drawable, const FrameWish& wish, std::span<std::byte> to, Looks& looks) {
    const bool front = wish.source == Plane::front && drawable.looks().is_double;
    const Drawable::State state = drawable.state(table_, is_es_, front);
    looks = state.looks;
    const auto height = static_cast<std::size_t>(looks.height);
    const std::size_t row = static_cast<std::size_t>(looks.width) * kPixelBytes;
    const std::size_t stride = wish.stride == 0 ? row : wish.stride;
    if (stride < row || stride % kPixelBytes != 0 || to.size() / height < stride) return false;
    const Plane plane = front ? Plane::front : Plane::back;
    table_.glBindFramebuffer(GL_FRAMEBUFFER, object(kFrame));
    if (frame_generation_ != state.generation || !(frame_planes_ == state.planes)) {
        attach_planes(table_, GL_FRAMEBUFFER, state);
        frame_generation_ = state.generation;
        frame_planes_ = state.planes;
    }
    table_.glReadBuffer(attachment_of(plane));
    if (state.planes.is_multisampled()) {
        resolve(state, object(kFrame), plane);
        table_.glReadBuffer(GL_COLOR_ATTACHMENT0);
    }
    take(to, wish, looks);
    if (!front && state.planes.colour[1] != 0) show(looks);
    put_back();
    return true;
}

}  // namespace engine::gl
