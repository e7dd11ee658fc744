// Which calls may stand between glBegin and glEnd. Drivers say an error for the others, but not where a
// display list is being compiled: there Mesa (22.3) lets them change what its open vertices refer to.
#pragma once
#include <cstdint>

namespace engine::gl {

// `call`: of a record of OpenGL. Ends of lists may, for they close what is open.
bool may_stand_in_begin(std::uint16_t call);

}  // namespace engine::gl
