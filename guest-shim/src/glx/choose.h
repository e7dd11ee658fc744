// Attribute lists of GLX: what a program wants of a configuration, which ones will do, and what a
// configuration says of itself.
#pragma once
#include <vector>

#include "glx/screen.h"

namespace guest::glx {

// Those that will do, the best first. Null or empty list: all. Unknown attributes: none.
std::vector<const Config*> choose_configs(const Screen& screen, const int* attributes);
// The same for the lists of glXChooseVisual, whose booleans have no value.
std::vector<const Config*> choose_for_visual(const Screen& screen, const int* attributes);

// False: there is no such attribute.
bool read_attribute(const Config& config, int attribute, int& value);

}  // namespace guest::glx
