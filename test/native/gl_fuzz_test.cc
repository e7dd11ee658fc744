// Random records of OpenGL (test/fuzz/gl_target.cc): those of the corpus, then others from FERRY_FUZZ_SEED
// on, or 1, until FERRY_FUZZ_SECONDS or FERRY_FUZZ_RUNS are over: 60 and 100, so that a quicker machine does
// not try what this one never has. Inputs that reach what none before them did are kept and changed. What it
// did when a sanitizer ended it is in crash-input; FERRY_FUZZ_INPUT is run alone.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "../fuzz/gl_target.h"
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

// Whether it has reached something new.
bool run(Input input) {
    const auto count = [] {
        const auto reached = fuzz::gl_reached();
        return std::ranges::count(reached, 1);
    };
    const auto before = count();
    current = std::move(input);
    LLVMFuzzerTestOneInput(current.data(), current.size());
    return count() != before;
}

Input read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return Input(std::istreambuf_iterator<char>(file), {});
}

// Makes inputs of others, of whole records.
class Mutator {
  public:
    explicit Mutator(std::uint64_t seed) : random_(seed) {}
    std::size_t below(std::size_t bound) { return random_() % bound; }
    Input fresh() {
        Input input(fuzz::kMostRecords * fuzz::kRecordBytes);
        for (auto& byte : input) byte = static_cast<std::uint8_t>(random_());
        return input;
    }
    Input changed(Input input, const Input& other) {
        for (std::size_t steps = 1 + below(16); steps > 0; --steps) step(input, other);
        input.resize(std::min(input.size(), fuzz::kMostRecords * fuzz::kRecordBytes));
        return input;
    }

  private:
    using Offset = std::ptrdiff_t;
    void step(Input& input, const Input& other) {
        const Offset at = record_of(input);
        const Offset from = record_of(other);
        const auto left = static_cast<std::size_t>(std::ssize(other) - from) / fuzz::kRecordBytes;
        const auto size =
            static_cast<Offset>(fuzz::kRecordBytes * (1 + below(std::min<std::size_t>(left, 30) + 1)));
        const Offset count = std::min(size, std::ssize(other) - from);
        switch (below(5)) {
            case 0:
                input.insert(input.begin() + at, other.begin() + from, other.begin() + from + count);
                break;
            case 1:
                input.erase(input.begin() + at, input.begin() + std::min(at + size, std::ssize(input)));
                break;
            case 2:
                for (Offset byte = at; byte < std::min(at + size, std::ssize(input)); ++byte)
                    input[static_cast<std::size_t>(byte)] = static_cast<std::uint8_t>(random_());
                break;
            default:
                if (!input.empty()) input[below(input.size())] = static_cast<std::uint8_t>(random_());
        }
    }
    Offset record_of(const Input& input) {
        return static_cast<Offset>(below(input.size() / fuzz::kRecordBytes + 1) * fuzz::kRecordBytes);
    }

    std::mt19937_64 random_;
};

std::uint64_t number(const char* name, std::uint64_t otherwise) {
    const char* given = std::getenv(name);
    return given == nullptr ? otherwise : std::strtoull(given, nullptr, 0);
}

}  // namespace

TEST(random_records_of_gl_break_nothing) {
    if (fake::no_gl()) return;
    if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(save_current);
    if (const char* alone = std::getenv("FERRY_FUZZ_INPUT"); alone != nullptr) {
        run(read_file(alone));
        return;
    }
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::seconds(number("FERRY_FUZZ_SECONDS", 60));
    const std::uint64_t seed = number("FERRY_FUZZ_SEED", 1);
    std::cout << "  FERRY_FUZZ_SEED=" << seed << std::endl;
    Mutator mutator(seed);
    std::vector<Input> corpus;
    for (const auto& entry : std::filesystem::directory_iterator(FERRY_GL_CORPUS)) {
        corpus.push_back(read_file(entry.path()));
        run(corpus.back());
    }
    long runs = 0;
    const auto most = static_cast<long>(number("FERRY_FUZZ_RUNS", 100));
    for (; runs < most && std::chrono::steady_clock::now() < end; ++runs) {
        const bool is_fresh = corpus.empty() || mutator.below(4) == 0;
        Input input = is_fresh ? mutator.fresh()
                               : mutator.changed(corpus[mutator.below(corpus.size())],
                                                 corpus[mutator.below(corpus.size())]);
        if (run(input)) corpus.push_back(std::move(input));
    }
    std::cout << "  " << runs << " runs, " << corpus.size() << " inputs, "
              << std::ranges::count(fuzz::gl_reached(), 1) << " reached" << std::endl;
}
