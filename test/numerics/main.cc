// Runs one topic of the numerics tests, or all: numerics_v1 [topic]. Exit status 0 when every check held, 1
// when one failed, 77 when this machine cannot run the instruction set it was compiled for.
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "check.h"

namespace {

struct Topic {
    const char* name;
    void (*run)(numerics_test::Context&);
};
constexpr Topic kTopics[] = {
    {"approx", numerics_test::test_approx},   {"bits", numerics_test::test_bits},
    {"convert", numerics_test::test_convert}, {"half", numerics_test::test_half},
    {"matrix", numerics_test::test_matrix},
    {"printf", numerics_test::test_printf},   {"rounding", numerics_test::test_rounding},
    {"video", numerics_test::test_video},
};

bool machine_can_run_this() {
#if defined(__AVX512F__)
    return __builtin_cpu_supports("x86-64-v4") != 0;
#elif defined(__AVX2__)
    return __builtin_cpu_supports("x86-64-v3") != 0;
#else
    return true;
#endif
}

}  // namespace

int main(int argc, char** argv) {
    if (!machine_can_run_this()) return 77;
    const char* seed_text = std::getenv("FERRY_TEST_SEED");
    const auto now = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
    const std::uint64_t seed = seed_text != nullptr ? std::strtoull(seed_text, nullptr, 0) : now;
    const char* long_text = std::getenv("FERRY_LONG");
    const bool is_long = long_text != nullptr && *long_text == '1';
    std::uint64_t failures = 0;
    for (const Topic& topic : kTopics) {
        if (argc > 1 && std::strcmp(argv[1], topic.name) != 0) continue;
        numerics_test::Context context{seed, is_long ? 20'000'000u : 400'000u};
        topic.run(context);
        std::printf("%s: seed %llu, %llu checks, %llu failures\n", topic.name,
                    static_cast<unsigned long long>(seed), static_cast<unsigned long long>(context.checks),
                    static_cast<unsigned long long>(context.failures));
        failures += context.failures;
    }
    return failures == 0 ? 0 : 1;
}
