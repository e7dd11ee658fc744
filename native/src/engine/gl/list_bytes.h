// Bytes that a display list takes from a buffer. Mesa (22.3) copies those of compressed images and of pixel
// maps from where the pointer points, a buffer bound or not. Used by generated handlers; engine thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/gl/borrowed.h"
#include "engine/gl/gl_executor.h"

namespace engine::gl {

// While a list is compiled: `size` bytes from `pointer` on of the buffer that is bound for images are read,
// `pointer` is where they are, and no buffer is bound until the end of the scope. Otherwise nothing.
class ListBytes {
public:
    ListBytes(GlExecutor& executor, std::uint8_t from, std::size_t size, const void*& pointer);
    // An error of the program's: the buffer has fewer bytes, or is mapped.
    bool is_refused() const { return is_refused_; }

private:
    std::optional<NoBuffer> unbound_;
    bool is_refused_ = false;
};

}  // namespace engine::gl
