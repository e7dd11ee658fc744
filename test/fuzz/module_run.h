// Runs one module and keeps what can be seen of it. Used by module_target.cc and other_engine.cc.
#pragma once
#include <array>
#include <cstddef>
#include <string_view>

#include "module_writer.h"

namespace fuzz {

struct Outcome {
    int error = 0;         // of the load, or of the grid
    bool is_cut = false;   // the grid ran longer than it may
    bool is_load = false;  // the load failed
    std::array<char, 512> text{};
    std::array<std::byte, kBufferBytes + kDumpBytes> memory{};
};

// Loads `text` and launches its kernel with the engine that the environment chooses.
void run_module(std::string_view text, int limit_ms, Outcome& outcome);

}  // namespace fuzz
