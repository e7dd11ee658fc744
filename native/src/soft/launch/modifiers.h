// The numbers by which the decoder and the handlers name combinations of modifiers.
#pragma once
#include <cstdint>

namespace soft {

// Variant of float arithmetic, in Insn::mod[0] too: flags and one rounding mode.
constexpr std::uint8_t kFtz = 1;
constexpr std::uint8_t kSat = 2;
constexpr std::uint8_t kRoundZero = 4;
constexpr std::uint8_t kRoundDown = 8;
constexpr std::uint8_t kRoundUp = 12;
constexpr std::uint8_t kRoundBits = 12;

// Insn::mod[1] of min and max.
constexpr std::uint8_t kMinNan = 1;
constexpr std::uint8_t kMinXorSign = 2;
constexpr std::uint8_t kMinThree = 4;

// Insn::mod[3] of cvt_general.
constexpr std::uint8_t kCvtFtz = 1;
constexpr std::uint8_t kCvtSat = 2;
constexpr std::uint8_t kCvtRelu = 4;
constexpr std::uint8_t kCvtSatFinite = 8;

// Family::unary_approx: this plus kFtz.
enum Approximate : std::uint8_t {
    kEx2 = 2,
    kLg2 = 4,
    kSin = 6,
    kCos = 8,
    kTanh = 10,
    kRcp = 12,
    kRsqrt = 14,
    kSqrt = 16
};

// Family::half: the operation in Insn::mod[0]; mod[1] has these.
enum HalfOp : std::uint8_t {
    kHalfAdd,
    kHalfSub,
    kHalfMul,
    kHalfFma,
    kHalfMin,
    kHalfMax,
    kHalfNeg,
    kHalfAbs,
    kHalfEx2,
    kHalfTanh
};
// Family::pair, two integers of 16 bits: Insn::mod[0]; mod[1]: signed, mod[2]: negative results become zero.
enum PairOp : std::uint8_t { kPairAdd, kPairSub, kPairMin, kPairMax };
constexpr std::uint8_t kHalfFtz = 1;
constexpr std::uint8_t kHalfSat = 2;
constexpr std::uint8_t kHalfRelu = 4;
constexpr std::uint8_t kHalfNan = 8;
constexpr std::uint8_t kHalfXorSign = 16;

}  // namespace soft
