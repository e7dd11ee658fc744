// See drawables.h.
#include "engine/gl/drawables.h"

#include <algorithm>
#include <utility>

#include "engine/gl/borrowed.h"
#include "gl/enums.h"
#include "wire/limits.h"

namespace engine::gl {
namespace {

// A texture whose bytes lie as X wants them, which Mesa gives to the one without a size in its format: a
// frame of 1080p is then read back in 0.3 ms, otherwise in 0.8.
GLuint make_colour(const device::GlTable& table, const Looks& looks, bool is_es) {
    GLenum internal = looks.colour;
    GLenum format = GL_BGRA;
    GLenum type = GL_UNSIGNED_INT_8_8_8_8_REV;
    // GLES resolves samples only into pixels of the very same format.
    const bool is_exact = is_es && looks.samples > 0;
    if (internal == GL_RGBA8 && !is_exact) internal = is_es ? GL_BGRA : GL_RGBA;
    if (internal == GL_RGB8 && !is_es) internal = GL_RGB;
    if (is_es) {
        if (internal != GL_BGRA) format = internal == GL_RGB8 || internal == GL_RGB565 ? GL_RGB : GL_RGBA;
        type = internal == GL_RGB10_A2 ? GL_UNSIGNED_INT_2_10_10_10_REV : GL_UNSIGNED_BYTE;
        if (internal == GL_RGB565) type = GL_UNSIGNED_SHORT_5_6_5;
    }
    const NoBuffer unpack(table, GL_PIXEL_UNPACK_BUFFER, GL_PIXEL_UNPACK_BUFFER_BINDING);
    const GLuint before = bound(table, GL_TEXTURE_BINDING_2D);
    GLuint made = 0;
    table.glGenTextures(1, &made);
    table.glBindTexture(GL_TEXTURE_2D, made);
    table.glTexImage2D(GL_TEXTURE_2D, 0, static_cast<GLint>(internal), looks.width, looks.height, 0, format,
                       type, nullptr);
    for (const GLenum filter : {GL_TEXTURE_MIN_FILTER, GL_TEXTURE_MAG_FILTER}) {
        table.glTexParameteri(GL_TEXTURE_2D, filter, static_cast<GLint>(GL_NEAREST));
    }
    table.glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAX_LEVEL, 0);
    table.glBindTexture(GL_TEXTURE_2D, before);
    return made;
}

GLuint make_renderbuffer(const device::GlTable& table, GLenum format, const Looks& looks) {
    const GLuint before = bound(table, GL_RENDERBUFFER_BINDING);
    GLuint made = 0;
    table.glGenRenderbuffers(1, &made);
    table.glBindRenderbuffer(GL_RENDERBUFFER, made);
    if (looks.samples > 0) {
        table.glRenderbufferStorageMultisample(GL_RENDERBUFFER, looks.samples, format, looks.width,
                                               looks.height);
    } else {
        table.glRenderbufferStorage(GL_RENDERBUFFER, format, looks.width, looks.height);
    }
    table.glBindRenderbuffer(GL_RENDERBUFFER, before);
    return made;
}

GLenum depth_format(const Looks& looks) {
    if (looks.stencil != 0) return looks.depth > 24 ? GL_DEPTH32F_STENCIL8 : GL_DEPTH24_STENCIL8;
    if (looks.depth == 0) return 0;
    if (looks.depth <= 16) return GL_DEPTH_COMPONENT16;
    return looks.depth <= 24 ? GL_DEPTH_COMPONENT24 : GL_DEPTH_COMPONENT32F;
}

// Colour of a multisampled drawable is a renderbuffer, else a texture.
GLuint make_plane(const device::GlTable& table, const Looks& looks, bool is_es) {
    return looks.samples > 0 ? make_renderbuffer(table, looks.colour, looks)
                             : make_colour(table, looks, is_es);
}

void delete_planes(const device::GlTable& table, const Planes& planes) {
    for (const GLuint colour : planes.colour) {
        if (colour == 0) continue;
        if (planes.is_multisampled()) table.glDeleteRenderbuffers(1, &colour);
        if (!planes.is_multisampled()) table.glDeleteTextures(1, &colour);
    }
    if (planes.resolved != 0) table.glDeleteTextures(1, &planes.resolved);
    if (planes.depth_stencil != 0) table.glDeleteRenderbuffers(1, &planes.depth_stencil);
}

}  // namespace

void Drawable::set(const Looks& looks, std::array<std::vector<Planes>, 2>& dead) {
    static std::atomic<std::uint64_t> last{0};
    end(dead);
    const std::lock_guard lock(mutex_);
    looks_ = looks;
    generation_.store(last.fetch_add(1, std::memory_order_relaxed) + 1, std::memory_order_release);
}

void Drawable::end(std::array<std::vector<Planes>, 2>& dead) {
    const std::lock_guard lock(mutex_);
    for (std::size_t kind = 0; kind < planes_.size(); ++kind) {
        if (planes_[kind].colour[0] != 0) dead[kind].push_back(std::exchange(planes_[kind], Planes{}));
    }
}

Looks Drawable::looks() {
    const std::lock_guard lock(mutex_);
    return looks_;
}

Drawable::State Drawable::state(const device::GlTable& table, bool is_es, bool wants_front) {
    const std::lock_guard lock(mutex_);
    Planes& planes = planes_[is_es];
    if (planes.colour[0] == 0) {
        if (looks_.samples > 0) {
            const GLuint most = bound(table, GL_MAX_SAMPLES);
            looks_.samples = std::min(looks_.samples, static_cast<GLsizei>(most));
        }
        planes.colour[0] = make_plane(table, looks_, is_es);
        if (const GLenum format = depth_format(looks_); format != 0) {
            planes.depth_stencil = make_renderbuffer(table, format, looks_);
        }
        if (looks_.samples > 0) planes.resolved = make_colour(table, looks_, is_es);
    }
    if (wants_front && planes.colour[1] == 0) planes.colour[1] = make_plane(table, looks_, is_es);
    return {looks_, planes, generation_.load(std::memory_order_acquire)};
}

bool Drawables::set(std::uint32_t number, const Looks& looks) {
    const std::lock_guard lock(mutex_);
    if (drawables_.size() >= wire::limits::kGlDrawables && !drawables_.contains(number)) return false;
    auto& drawable = drawables_[number];
    if (drawable == nullptr) drawable = std::make_shared<Drawable>();
    drawable->set(looks, dead_);
    return true;
}

void Drawables::remove(std::uint32_t number) {
    const std::lock_guard lock(mutex_);
    const auto found = drawables_.find(number);
    if (found == drawables_.end()) return;
    gone_.push_back(std::move(found->second));
    drawables_.erase(found);
}

std::shared_ptr<Drawable> Drawables::find(std::uint32_t number) {
    const std::lock_guard lock(mutex_);
    const auto found = drawables_.find(number);
    return found == drawables_.end() ? nullptr : found->second;
}

void Drawables::bury(const device::GlTable& table, bool is_es) {
    std::vector<Planes> dead;
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(gone_, [this](const auto& drawable) {
            const bool unused = drawable.use_count() == 1;
            if (unused) drawable->end(dead_);
            return unused;
        });
        dead.swap(dead_[is_es]);
    }
    for (const Planes& planes : dead) delete_planes(table, planes);
}

}  // namespace engine::gl
