// The .approx instructions, see numerics/approx.h. Compiled once per instruction set by
// interpreter_approx_*.cc.
#include "soft/launch/lanes.h"
#include "soft/launch/modifiers.h"
#include "soft/launch/registry.h"
#include "soft/launch/tables.h"
#include "soft/numerics/approx.h"

namespace soft {
namespace {

namespace n = numerics;

#define FERRY_APPROX(code, op) \
    FERRY_OP(unary_approx, f32, code, n::op), FERRY_OP(unary_approx, f32, code + kFtz, n::op##_ftz)

float tanh_flushed(float x) { return n::tanh_approx(x); }

const OpEntry kEntries[] = {
    FERRY_APPROX(kEx2, ex2_approx),
    FERRY_APPROX(kLg2, lg2_approx),
    FERRY_APPROX(kSin, sin_approx),
    FERRY_APPROX(kCos, cos_approx),
    FERRY_APPROX(kRcp, rcp_approx),
    FERRY_APPROX(kRsqrt, rsqrt_approx),
    FERRY_APPROX(kSqrt, sqrt_approx),
    FERRY_OP(unary_approx, f32, kTanh, tanh_flushed),
    FERRY_OP(unary_approx, f64, kRcp + kFtz, n::rcp_approx_ftz_f64),
    FERRY_OP(unary_approx, f64, kRsqrt + kFtz, n::rsqrt_approx_ftz_f64),
    FERRY_OP(div_approx, f32, 0, n::div_approx),
    FERRY_OP(div_approx, f32, 1, n::div_approx_ftz),
    FERRY_OP(div_approx, f32, 2, n::div_full),
    FERRY_OP(div_approx, f32, 3, n::div_full_ftz),
};

}  // namespace

namespace FERRY_ISA {
std::span<const OpEntry> approx_entries() { return kEntries; }
}  // namespace FERRY_ISA

}  // namespace soft
