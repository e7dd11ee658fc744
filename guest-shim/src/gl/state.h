// The state of a context that the guest answers itself: what calls have set, or the host has said once. A
// value is known or it is not; what is not known is asked of the host, and everything is forgotten when
// something happens that the guest does not follow. What is here is true because only calls that GL cannot
// refuse set it (`sets` in proto/spec/gl). A context's; one thread.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "gl/enums.h"
#include "gl/types.h"

namespace guest::gl {

// How glGet* converts a value.
enum class StateKind : std::uint8_t {
    integer,  // an integer, an enumerant, a name, or a truth
    real,     // to the nearest integer
    colour,   // to the whole range of integers: asked for as such, the host says it
};

struct StateValue {
    std::uint8_t count = 0;  // 0: not known
    StateKind kind = StateKind::integer;
    std::array<GLint, 4> integers{};
    std::array<GLfloat, 4> reals{};
};

// Texture units whose state is followed.
inline constexpr unsigned kFollowedUnits = 8;

class State {
  public:
    // Null: not followed, or not known.
    const StateValue* find(GLenum name) const;
    // Whether calls that set it are followed.
    static bool follows(GLenum name);
    static StateKind kind_of(GLenum name);

    template <class... Values>
    void set(GLenum name, Values... values) {
        StateValue value;
        value.count = sizeof...(values);
        std::size_t at = 0;
        ((value.integers[at] = static_cast<GLint>(values), value.reals[at] = static_cast<GLfloat>(values),
          ++at),
         ...);
        put(name, value);
    }
    void put(GLenum name, StateValue value);
    void forget(GLenum name);
    // Bindings of textures, of all units.
    void forget_textures();
    void forget_all();

    // glPushAttrib, glPopAttrib, where GL takes them.
    void push(GLbitfield mask);
    void pop();
    std::size_t pushed() const { return pushed_.size(); }

  private:
    struct Saved {
        std::uint16_t at;
        StateValue value;
    };
    struct Group {
        GLbitfield mask = 0;
        std::vector<Saved> values;
    };

    std::size_t place_of(GLenum name) const;

    static constexpr std::size_t kMost = 240;
    std::array<StateValue, kMost> values_{};
    std::vector<Group> pushed_;
};

}  // namespace guest::gl
