// Drawables: what stands for the guest's windows, pixmaps and pbuffers. Each is a set of images of the host's
// GL that all contexts can put into a framebuffer of their own (frames.h). Any lane; a drawable's own lock is
// held while its images are made or taken away.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "gl/types.h"
#include "host/gl_table.h"

namespace engine::gl {

// As gl_drawable says it; checked by looks_of().
struct Looks {
    GLsizei width = 1;
    GLsizei height = 1;
    GLenum colour = 0;
    std::uint32_t depth = 0;    // bits
    std::uint32_t stencil = 0;  // bits
    GLsizei samples = 0;
    bool is_double = false;
};

// The images of one drawable for contexts of one kind (GL, or GLES); 0: there is none.
struct Planes {
    std::array<GLuint, 2> colour{};  // what is drawn on; on demand, the front of a double-buffered one
    GLuint depth_stencil = 0;
    GLuint resolved = 0;  // of a multisampled one: where its samples become pixels
    bool is_multisampled() const { return resolved != 0; }
    bool operator==(const Planes&) const = default;
};

class Drawable {
public:
    // Another size, or other looks: what was drawn is gone. Images that nobody needs any more are added to
    // `dead`, by kind.
    void set(const Looks& looks, std::array<std::vector<Planes>, 2>& dead);
    // The same for good.
    void end(std::array<std::vector<Planes>, 2>& dead);
    // What it looks like now, and its images, made now if need be; `generation` is another one after every
    // set(), and no other drawable's. `wants_front`: that one, too.
    struct State {
        Looks looks;
        Planes planes;
        std::uint64_t generation = 0;
    };
    State state(const device::GlTable& table, bool is_es, bool wants_front);
    Looks looks();
    std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

private:
    std::mutex mutex_;
    Looks looks_;
    std::array<Planes, 2> planes_;
    std::atomic<std::uint64_t> generation_{0};
};

class Drawables {
public:
    // Makes it or changes it. False: there are too many.
    bool set(std::uint32_t number, const Looks& looks);
    void remove(std::uint32_t number);
    // Null when there is none.
    std::shared_ptr<Drawable> find(std::uint32_t number);
    // Deletes images of this kind that nobody needs any more. A context of the kind is current.
    void bury(const device::GlTable& table, bool is_es);

private:
    std::mutex mutex_;
    std::unordered_map<std::uint32_t, std::shared_ptr<Drawable>> drawables_;
    std::vector<std::shared_ptr<Drawable>> gone_;  // some context may still draw on them
    std::array<std::vector<Planes>, 2> dead_;
};

}  // namespace engine::gl
