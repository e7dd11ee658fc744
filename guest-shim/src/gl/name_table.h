// The names of one kind of object: which numbers are in use. Names are small and given out lowest first, as
// drivers do, so that the host can keep what stands behind them in an array. Not thread-safe.
#pragma once
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "gl/types.h"

namespace guest::gl {

// What a name is the name of. Programs and shaders share one name space.
enum class NameKind : std::uint8_t {
    buffer,
    texture,
    framebuffer,
    renderbuffer,
    sampler,
    program,
    pipeline,
    query,
    vertex_array,
    transform_feedback,
    list,
    sync,
};
inline constexpr std::size_t kNameKinds = 12;

class NameTable {
  public:
    // The lowest free name; 0 when there are no more.
    GLuint take();
    // The first of `count` free names that follow one another; 0 when there are none.
    GLuint take_run(GLuint count);
    // A name the program has made up. True: it was free.
    bool hold(GLuint name);
    // The name is free again. True: it was in use.
    bool give(GLuint name);
    bool holds(GLuint name) const;

  private:
    // Beyond this a name is one that a program has made up, and stands alone.
    static constexpr GLuint kDense = 1 << 20;
    static constexpr GLuint kBits = 64;

    void set(GLuint name, bool used);

    std::vector<std::uint64_t> words_;  // bit n of word w: 64 * w + n is in use
    std::size_t first_free_ = 0;        // no word before this one has a free name
    std::set<GLuint> sparse_;
};

}  // namespace guest::gl
