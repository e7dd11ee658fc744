// Random records of OpenGL (test/fuzz/gl_target.cc): those of the corpus, then others for FERRY_FUZZ_SECONDS,
// or 15, from FERRY_FUZZ_SEED on, or 1. What it did when a sanitizer ended it is said, and is in crash-input.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "../fuzz/target.h"
#include "fake_gl.h"

extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace {

using Input = std::vector<std::uint8_t>;

Input current;

void save_current() {
    std::FILE* file = std::fopen("crash-input", "wb");
    if (file == nullptr) return;
    std::fwrite(current.data(), 1, current.size(), file);
    std::fclose(file);
    std::fprintf(stderr, "the input of %zu bytes is in crash-input\n", current.size());
}

void run(Input input) {
    current = std::move(input);
    LLVMFuzzerTestOneInput(current.data(), current.size());
}

Input random_input(std::uint64_t seed) {
    constexpr std::size_t kBytes = 8192;
    std::mt19937_64 random(seed);
    Input input(kBytes);
    for (auto& byte : input) byte = static_cast<std::uint8_t>(random());
    return input;
}

}  // namespace

TEST(random_records_of_gl_break_nothing) {
    if (fake::no_gl()) return;
    if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(save_current);
    for (const auto& entry : std::filesystem::directory_iterator(FERRY_GL_CORPUS)) {
        std::ifstream file(entry.path(), std::ios::binary);
        run(Input(std::istreambuf_iterator<char>(file), {}));
    }
    const char* given = std::getenv("FERRY_FUZZ_SECONDS");
    const char* chosen = std::getenv("FERRY_FUZZ_SEED");
    std::uint64_t seed = chosen != nullptr ? std::strtoull(chosen, nullptr, 0) : 1;
    const auto end = std::chrono::steady_clock::now() +
                     std::chrono::seconds(given == nullptr ? 15 : std::strtol(given, nullptr, 10));
    std::cout << "  FERRY_FUZZ_SEED=" << seed << std::endl;
    long runs = 0;
    for (; std::chrono::steady_clock::now() < end; ++runs)
        run(random_input(seed + static_cast<unsigned long>(runs)));
    std::cout << "  " << runs << " runs" << std::endl;
}
