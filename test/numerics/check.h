// What every numerics test shares: counting checks, random operands that like edges, and the amount of work
// to do. Included by the tests of this folder only. FERRY_TEST_SEED repeats a run, FERRY_LONG=1 does 50 times
// the work.
#pragma once
#include <bit>
#include <cstdint>
#include <cstdio>
#include <string>

namespace numerics_test {

struct Context {
    std::uint64_t seed;
    std::uint64_t rounds;  // random cases per property
    std::uint64_t checks = 0;
    std::uint64_t failures = 0;
};

class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15u;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }

    // A float of `precision` bits in `width`, as bits: uniform, near a corner of the format, or near 1.
    std::uint64_t float_bits(int width, int precision) {
        const std::uint64_t mask = width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
        const std::uint64_t hidden = std::uint64_t{1} << (precision - 1);
        const std::uint64_t infinity = (mask >> 1) & ~(hidden - 1);
        const std::uint64_t one = (infinity >> 1) & ~(hidden - 1);
        const std::uint64_t corners[] = {0, hidden, infinity, one, infinity | (hidden >> 1), one + hidden};
        const std::uint64_t sign = (next() & 1) << (width - 1);
        const std::uint64_t few =
            next() & ~(~std::uint64_t{0} << below(static_cast<std::uint64_t>(precision)));
        switch (below(6)) {
            case 0:
                return ((corners[below(6)] + below(5) - 2) & (mask >> 1)) | sign;
            case 1:
                return ((one + (below(9) << (precision - 1)) - 4 * hidden) & (mask >> 1)) |
                       (few & (hidden - 1)) | sign;
            case 2:
                return ((next() & infinity) | (hidden - few % hidden - 1)) | sign;
            case 3:
                return few | sign;
            default:
                return next() & mask;
        }
    }
    float f32() { return std::bit_cast<float>(static_cast<std::uint32_t>(float_bits(32, 24))); }
    double f64() { return std::bit_cast<double>(float_bits(64, 53)); }

  private:
    std::uint64_t state_;
};

// Compares; the first failures of a run are printed with the text that `describe` makes.
template <class T, class Describe>
void expect_equal(Context& context, const T& actual, const T& expected, Describe&& describe) {
    context.checks += 1;
    if (actual == expected) return;
    context.failures += 1;
    if (context.failures <= 20) std::fprintf(stderr, "FAILED %s\n", std::string(describe()).c_str());
}

inline std::string hex(std::uint64_t v) {
    char text[32];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(v));
    return text;
}

// An integer result of a named case.
inline void expect_bits(Context& context, const char* name, std::uint64_t actual, std::uint64_t expected,
                        std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0) {
    expect_equal(context, actual, expected, [&] {
        return std::string(name) + " (" + hex(a) + ", " + hex(b) + ", " + hex(c) + ") = " + hex(actual) +
               ", expected " + hex(expected);
    });
}

// The topics; each lives in the file of its name.
void test_approx(Context&);
void test_bits(Context&);
void test_convert(Context&);
void test_half(Context&);
void test_matrix(Context&);
void test_printf(Context&);
void test_rounding(Context&);
void test_video(Context&);

}  // namespace numerics_test
