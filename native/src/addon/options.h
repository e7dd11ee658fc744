// start()'s options, from JavaScript to the engine's struct, each checked: name, what was expected, what
// came.
#pragma once
#include <napi.h>

#include <string>

#include "engine/engine.h"
#include "status.h"

namespace addon {

ferry::Result<engine::Options> read_options(const Napi::Object& values);
ferry::Result<engine::DriverKind> read_driver_kind(const std::string& name);

}  // namespace addon
