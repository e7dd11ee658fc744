// The randomised differential test: one instruction over thousands of lanes through PTX, every lane against a
// reference that shares no code with the engine. Used by the lanes_*_test.cc files. FERRY_TEST_LONG=1 takes
// 10^6 lanes instead of 10^4. The seed is a fresh one, printed; FERRY_TEST_SEED repeats a run.
#pragma once
#include <bit>
#include <cstdint>
#include <functional>
#include <string>

#include "../numerics/check.h"

namespace soft_test {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;
using s64 = std::int64_t;
__extension__ using u128 = unsigned __int128;
__extension__ using s128 = __int128;

// What random operands look like, and what two results have in common to be the same.
enum class Kind : u8 {
    bits,   // integers: uniform, near powers of two, small
    count,  // shift amounts, positions and lengths: mostly small, sometimes any
    f16,
    bf16,
    f32,
    f64,
    f16x2,
    bf16x2,
    e4m3x2,
};

struct Operand {
    Kind kind;
    int width;  // in bits: 8, 16, 32 or 64
};

// `text` reads %a, %b and %c and writes %d; the reference gets and returns raw bits.
struct Lanes {
    std::string text;
    Operand d, a, b, c;
    std::function<u64(u64, u64, u64)> reference;
    // When not 0: results may differ by this part of the reference (or of `floor`, where that is larger).
    double relative = 0;
    double floor = 0;
};

u64 random_operand(numerics_test::Random& random, Operand operand);

// Runs the instruction and reports the first lane that differs.
void check_lanes(const Lanes& lanes);

// How many there were so far.
int checked_instructions();

// Operand descriptions by PTX type: u8..s64, b16.., f16, bf16, f32, f64, f16x2, bf16x2.
Operand operand_of(const std::string& type);

// One to three operands of the same type, and a result of another or the same.
void check_typed(const std::string& text, const std::string& to, const std::string& from,
                 const std::function<u64(u64, u64, u64)>& reference, const std::string& c = "");

inline float as_f32(u64 bits) { return std::bit_cast<float>(static_cast<u32>(bits)); }
inline double as_f64(u64 bits) { return std::bit_cast<double>(bits); }
inline u64 bits_of(float v) { return std::bit_cast<u32>(v); }
inline u64 bits_of(double v) { return std::bit_cast<u64>(v); }

}  // namespace soft_test
