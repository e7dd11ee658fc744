// Draws whose vertices or indices lie in the program's own memory: they go into buffers of Ferry's on the
// host, and the draw is told offsets. Used by entry_draw.cc.
#pragma once
#include <cstdint>

#include "gl/context.h"

namespace guest::gl {

// Of a draw: the vertices it takes, first to last, and its instances.
struct DrawRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t instances = 1;
    std::uint64_t base_instance = 0;
};

// What points at the program's memory crosses now, as far as the draw takes it.
void send_vertices(Context& context, const DrawRange& range);

// The indices of a draw, and the vertices they name. `indices` is the program's pointer, and then what the
// record carries. False: there is nothing to draw, or the call is wrong, and the host may say so.
bool send_elements(Context& context, GLsizei count, GLenum type, std::int64_t base_vertex,
                   const DrawRange& instances, const void*& indices);

// Bytes of an index; 0 for what is no type of indices.
std::size_t index_bytes(GLenum type);

}  // namespace guest::gl
