// What a context has open: the display list that is being compiled, and glBegin. Drivers check less in lists
// than elsewhere (D-48). Engine thread.
#pragma once
#include "gl/enums.h"
#include "gl/types.h"

namespace engine::gl {

struct ListState {
    GLenum mode = 0;  // of glNewList; 0: no list is being compiled
    bool has_begun = false;

    bool compiles() const { return mode != 0; }
};

}  // namespace engine::gl
