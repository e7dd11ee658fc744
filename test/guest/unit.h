// The few words the shim's unit tests are written in: a named test, a check that says where it failed. Used
// by the *_test.cc files here; main is in unit_main.cc. Nothing of this is linked into the shim.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace unit {

struct Test {
    Test(const char* test_name, void (*test_body)());
    const char* name;
    void (*body)();
    Test* next;
};

void check(bool good, const char* what, const char* file, int line);

using Bytes = std::vector<std::byte>;

// FERRY_TEST_SEED, by default 0, so that every run draws the same.
std::uint64_t run_seed();
// 10 with FERRY_TEST_LONG=1, else 1: how much longer a test is to be.
std::uint64_t scale();

// splitmix64.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed + run_seed()) {}
    std::uint64_t next();
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }

private:
    std::uint64_t state_;
};

}  // namespace unit

#define UNIT_JOIN2(a, b) a##b
#define UNIT_JOIN(a, b) UNIT_JOIN2(a, b)
#define UNIT_TEST(name, number)                                         \
    static void UNIT_JOIN(body, number)();                              \
    static unit::Test UNIT_JOIN(test, number)(name, UNIT_JOIN(body, number)); \
    static void UNIT_JOIN(body, number)()
// Not by its line, which another file may have a test at.
#define TEST(name) UNIT_TEST(name, __COUNTER__)
#define CHECK(condition) unit::check((condition), #condition, __FILE__, __LINE__)
