// Frames for guests far away, packed without loss: a frame of 1080p is 8 MB, which most links carry a few
// times a second. One thread.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

struct ZSTD_CCtx_s;

namespace engine::gl {

class FramePacker {
  public:
    // Valid until the next call; nothing when it would not be smaller, or there is no memory.
    std::span<const std::byte> pack(std::span<const std::byte> pixels);

  private:
    struct End {
        void operator()(ZSTD_CCtx_s* context) const;
    };
    std::unique_ptr<ZSTD_CCtx_s, End> context_;
    std::vector<std::byte> packed_;
};

}  // namespace engine::gl
