// The GL half of the process: its lanes, what happens to them at fork and at exit, and the settings all
// contexts share. Nothing here runs before the program's first context, and nothing is destroyed at exit.
#pragma once
#include <cstddef>
#include <cstdint>

#include "gl/errors.h"
#include "wire/call_id.h"
#include "wire/gl_call_id.h"

namespace guest::gl {

class GlLane;

// Places of calls in counters: those of OpenGL, GLX and EGL, and one for Ferry's own records.
inline constexpr std::size_t kCounted = wire::kGlCallCount + 1;
constexpr std::size_t place_of(wire::GlCallId call) { return wire::gl_call_index(call); }
constexpr std::size_t place_of(wire::CallId) { return wire::kGlCallCount; }

// Another lane of this process: by the daemon's leave, or by that of the worker the others talk to. Waits.
// Null after one line on stderr.
GlLane* open_lane();
// One that lives; null: there is none.
GlLane* any_lane();
// Ends it in order.
void close_lane(GlLane& lane);

// Calls that have been made in contexts that are gone.
void add_counts(const std::uint64_t* counts);

// A number for a new share group; a number for a new drawable.
std::uint32_t next_group();
std::uint32_t next_drawable();

// FERRY_GL_ERRORS, read once.
ErrorMode error_mode();

}  // namespace guest::gl
