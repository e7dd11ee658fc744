// What the host has said of a program since it was linked: it stays true until the program is linked again.
// A share group's; whoever uses it holds the group's lock.
#pragma once
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "gl/types.h"

namespace guest::gl {

// What a name in a program is asked for.
enum class Naming : unsigned char { uniform, attribute, block };

struct ProgramFacts {
    std::map<std::pair<Naming, std::string>, GLint> places;
    std::unordered_map<GLenum, GLint> parameters;
};

using Programs = std::unordered_map<GLuint, ProgramFacts>;

}  // namespace guest::gl
