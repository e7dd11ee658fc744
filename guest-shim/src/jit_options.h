// Compile options on their way to the host, and the compiler's messages on their way back into the program's
// buffers. Called by modules.cc only.
#pragma once
#include <cstddef>
#include <span>

#include "modules.h"

namespace guest {

// Packs {u32 option, u32 0, u64 value} for every option that means something to the host; those that point
// into guest memory are served here. False when a pointer is missing or an option is unknown.
bool pack_options(const JitOptions& options, std::span<std::byte> out, std::size_t& size);

// Copies the log into the info or error buffer of the options and states the sizes that were filled.
void return_logs(const JitOptions& options, bool success, std::span<const std::byte> log);

}  // namespace guest
