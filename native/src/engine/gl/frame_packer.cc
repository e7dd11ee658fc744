// See frame_packer.h.
#include "engine/gl/frame_packer.h"

#include <zstd.h>

namespace engine::gl {
namespace {

// The fastest but one: 2 GB a second, and pictures of programs become 4 to 20 times smaller.
constexpr int kLevel = -1;

}  // namespace

void FramePacker::End::operator()(ZSTD_CCtx_s* context) const { ZSTD_freeCCtx(context); }

std::span<const std::byte> FramePacker::pack(std::span<const std::byte> pixels) {
    if (context_ == nullptr) context_.reset(ZSTD_createCCtx());
    if (context_ == nullptr) return {};
    // What does not fit is no smaller than what there is.
    if (packed_.size() < pixels.size()) packed_.resize(pixels.size());
    const std::size_t size = ZSTD_compressCCtx(context_.get(), packed_.data(), pixels.size(), pixels.data(),
                                               pixels.size(), kLevel);
    if (ZSTD_isError(size) != 0) return {};
    return std::span(packed_).first(size);
}

}  // namespace engine::gl
