// Vertex arrays as the guest knows them: which slots are enabled, and which of them point at the program's
// own memory. Such arrays are read when a draw uses them, so they must cross then: the draw's vertices go
// into a buffer of Ferry's on the host, and the slots point there. A context's; one thread.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "gl/types.h"

namespace guest::gl {

// The slots of a vertex array object: those of fixed names first, then the numbered ones.
namespace slot {
inline constexpr unsigned kVertex = 0;
inline constexpr unsigned kNormal = 1;
inline constexpr unsigned kColor = 2;
inline constexpr unsigned kIndex = 3;
inline constexpr unsigned kEdgeFlag = 4;
inline constexpr unsigned kFogCoord = 5;
inline constexpr unsigned kSecondaryColor = 6;
inline constexpr unsigned kTexCoord = 8;  // and the seven behind it
inline constexpr unsigned kGeneric = 16;
inline constexpr unsigned kCount = 48;
}  // namespace slot

struct ArraySlot {
    GLint size = 4;
    GLenum type = 0x1406;  // GL_FLOAT
    bool normalized = false;
    bool integer = false;
    GLsizei stride = 0;
    const void* pointer = nullptr;  // into the program's memory, or the offset into `buffer`
    GLuint buffer = 0;
    GLuint divisor = 0;

    // Bytes of one element, and from one to the next.
    std::size_t element() const;
    std::size_t step() const { return stride != 0 ? static_cast<std::size_t>(stride) : element(); }
};

struct VertexArray {
    GLuint element_buffer = 0;
    std::uint64_t enabled = 0;  // a bit a slot
    std::uint64_t client = 0;   // slots that point at the program's memory
    std::array<ArraySlot, slot::kCount> slots;

    std::uint64_t from_client() const { return enabled & client; }
};

// Which indices of a draw begin another primitive, and so are no vertices.
struct Restart {
    bool is_on = false;
    bool is_fixed = false;  // GL_PRIMITIVE_RESTART_FIXED_INDEX: the largest there is, whatever `index` says
    GLuint index = 0;

    // False: none does.
    bool finds(GLuint largest, GLuint& at) const {
        at = is_fixed ? largest : index;
        return (is_on || is_fixed) && at <= largest;
    }
};

class Arrays {
  public:
    Arrays() : current_(&objects_[0]) {}

    VertexArray& current() { return *current_; }
    GLuint name() const { return name_; }
    void bind(GLuint name) {
        current_ = &objects_[name];
        name_ = name;
    }
    void forget(GLuint name) {
        if (name == 0) return;
        if (name == name_) bind(0);
        objects_.erase(name);
    }
    // What is known of an object; null for one that has never been bound.
    VertexArray* find(GLuint name) {
        const auto found = objects_.find(name);
        return found == objects_.end() ? nullptr : &found->second;
    }
    // `buffer` is no more: it is unbound wherever it was.
    void forget_buffer(GLuint buffer);

    // GL_CLIENT_ACTIVE_TEXTURE, as a number of a unit.
    unsigned client_unit = 0;
    Restart restart;

  private:
    std::unordered_map<GLuint, VertexArray> objects_;  // its nodes stay where they are
    VertexArray* current_;
    GLuint name_ = 0;
};

// Bytes of a component, or of all of them for packed types; 0 for what is no type of an array.
std::size_t component_bytes(GLenum type);

}  // namespace guest::gl
