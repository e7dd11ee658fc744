// What a context draws with, as far as it decides whether GL may refuse a draw; and which textures have been
// bound to which target, for GL refuses another. A context's; one thread.
#pragma once
#include <unordered_map>

#include "gl/types.h"

namespace guest::gl {

struct Drawing {
    GLuint program = 0;
    GLuint framebuffer = 0;
    bool is_odd = false;  // something has been used that is not followed
};

class TextureTargets {
  public:
    // A name that this context has just made, and that has no target yet.
    void make(GLuint texture) {
        GLenum& target = targets_[texture];
        if (target != kLost) target = 0;
    }
    // Whether GL takes that binding for certain; a new texture is of that target from then on.
    bool takes(GLuint texture, GLenum target) {
        if (texture == 0) return true;
        const auto known = targets_.find(texture);
        if (known == targets_.end()) return false;
        if (known->second == 0) known->second = target;
        return known->second == target;
    }
    // It may be bound to any target at any time, by a display list.
    void lose(GLuint texture) { targets_[texture] = kLost; }
    void forget(GLuint texture) {
        const auto known = targets_.find(texture);
        if (known != targets_.end() && known->second != kLost) targets_.erase(known);
    }
    void forget_all() {
        std::erase_if(targets_, [](const auto& known) { return known.second != kLost; });
    }

  private:
    static constexpr GLenum kLost = ~GLenum{0};

    std::unordered_map<GLuint, GLenum> targets_;
};

}  // namespace guest::gl
