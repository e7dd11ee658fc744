// Images on their way between the program and the host. In records and replies they are tight; in the
// program's memory glPixelStore says how they lie. With a pixel buffer bound the pointer is an offset into
// that, and the host is told the pixel store for as long as the call lasts. Used by entry_images.cc and
// entry_read.cc.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "gl/context.h"
#include "gl/pixels.h"

namespace guest::gl {

// What a call without `bufSize` says to the one that has it.
inline constexpr GLsizei kNoLimit = -1;

// What a call uploads. Alive until its record has been sent.
class Upload {
  public:
    // Of `image`, which `pixels` points at as the program says it.
    Upload(Context& context, const wire::gl::Image& image, const void* pixels);
    // Of `size` bytes of a compressed image.
    Upload(Context& context, std::size_t size, const void* data);
    ~Upload();
    Upload(const Upload&) = delete;
    Upload& operator=(const Upload&) = delete;

    // False: it is too large for a record, and GL_OUT_OF_MEMORY has been noted.
    bool ok() const { return ok_; }
    // The fields of the record.
    std::uint8_t from = 0;
    std::uint64_t offset = 0;
    std::span<const std::byte> bytes;

  private:
    void take(std::size_t size, const void* data);

    Context& context_;
    bool told_ = false;  // the host knows the program's pixel store
    bool ok_ = true;
    std::vector<std::byte> tight_;
};

// What a call reads back into the program's memory, or into the pixel buffer that is bound.
class Download {
  public:
    Download(Context& context, const void* pixels);
    ~Download();
    Download(const Download&) = delete;
    Download& operator=(const Download&) = delete;

    bool into_buffer() const { return from == 2; }
    std::uint8_t from = 1;
    std::uint64_t offset = 0;

  private:
    Context& context_;
    bool told_ = false;
};

}  // namespace guest::gl
