// One video instruction: which parts of its operands, and what becomes of them. Written by
// ptx/build_video.cc, read by video_ops.cc; owned by its Code.
#pragma once
#include <cstdint>

#include "soft/numerics/video.h"

namespace soft {

enum class VideoOp : std::uint8_t { compute, shl, shr, compare, mad, simd };
enum class VideoEnd : std::uint8_t { replace, merge, second };

struct VideoSite {
    VideoOp op = VideoOp::compute;
    VideoEnd end = VideoEnd::replace;
    numerics::VideoOperation operation = numerics::VideoOperation::add;
    numerics::VideoSecond second = numerics::VideoSecond::add;
    numerics::Compare compare = numerics::Compare::eq;
    numerics::Overrun overrun = numerics::Overrun::clamp;
    numerics::Part part_a = numerics::Part::word;
    numerics::Part part_b = numerics::Part::word;
    numerics::Part part_d = numerics::Part::word;
    bool a_signed = false;
    bool b_signed = false;
    bool is_signed = false;  // of the result
    bool saturates = false;
    numerics::VideoMad mad;
    numerics::VideoSimd simd;
};

}  // namespace soft
