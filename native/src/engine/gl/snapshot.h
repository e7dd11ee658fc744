// What a guest has to know of a new context: strings, extensions and limits, in the form in which the reply
// to gl_context_create carries them. The context is current.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "host/gl_table.h"

namespace engine::gl {

struct Snapshot {
    std::uint32_t profile = 0;
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::uint32_t flags = 0;
    std::vector<std::byte> strings;
    std::vector<std::byte> extensions;
    std::vector<std::byte> values;
};

Snapshot take_snapshot(const device::GlTable& table, bool is_es);

}  // namespace engine::gl
