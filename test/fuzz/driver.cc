// The loop of libFuzzer for compilers that have none: runs the corpus, then mutates it for -max_total_time=N
// seconds and keeps what reaches new edges. Arguments as libFuzzer's: that one, -seed=N, -dict=FILE, folders
// and files. What it was doing when a sanitizer or a signal ended it is written to crash-input.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "target.h"

extern "C" void __sanitizer_set_death_callback(void (*callback)());

namespace {

using Input = std::vector<std::uint8_t>;

constexpr std::size_t kEdges = 1 << 16;
constexpr std::size_t kLongest = 1 << 14;

std::uint8_t edges[kEdges];
std::uint8_t seen[kEdges];
Input current;

void save_current() {
    std::FILE* file = std::fopen("crash-input", "wb");
    if (file == nullptr) return;
    std::fwrite(current.data(), 1, current.size(), file);
    std::fclose(file);
    std::fprintf(stderr, "the input of %zu bytes is in crash-input\n", current.size());
}

void on_abort(int) {
    save_current();
    std::_Exit(134);
}

// Whether this run reached an edge that none before it did.
bool run(const Input& input) {
    current = input;
    std::memset(edges, 0, sizeof edges);
    LLVMFuzzerTestOneInput(current.data(), current.size());
    bool fresh = false;
    for (std::size_t k = 0; k < kEdges; ++k) {
        if (edges[k] == 0 || seen[k] != 0) continue;
        seen[k] = 1;
        fresh = true;
    }
    return fresh;
}

class Mutator {
  public:
    Mutator(std::uint64_t seed, std::vector<Input> words) : random_(seed), words_(std::move(words)) {}
    std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }

    Input mutate(Input input, const Input& other) {
        for (std::size_t count = 1 + below(4); count > 0; --count) step(input, other);
        if (input.size() > kLongest) input.resize(kLongest);
        return input;
    }

  private:
    void step(Input& input, const Input& other) {
        const auto at = static_cast<std::ptrdiff_t>(below(input.size() + 1));
        const auto left = input.size() - static_cast<std::size_t>(at);
        switch (below(7)) {
            case 0:
                if (left > 0) input[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(random_());
                break;
            case 1:
                input.erase(input.begin() + at,
                            input.begin() + at +
                                static_cast<std::ptrdiff_t>(below(std::min<std::size_t>(left, 40) + 1)));
                break;
            case 2:
                splice(input, at, other);
                break;
            case 3:
                splice(input, at, Input(input));
                break;
            case 4:
                if (left > 0) input[static_cast<std::size_t>(at)] ^= static_cast<std::uint8_t>(1 << below(8));
                break;
            case 5: {
                static const std::uint64_t kNumbers[] = {0,          1,          0x7f,  0xff,
                                                         0x7fffffff, 0xffffffff, ~0ull, 1ull << 63};
                const std::uint64_t number = kNumbers[below(std::size(kNumbers))];
                if (left > 0)
                    std::memcpy(input.data() + at, &number, std::min<std::size_t>(left, 1u << below(4)));
                break;
            }
            default: {
                if (words_.empty()) break;
                const Input& word = words_[below(words_.size())];
                input.insert(input.begin() + at, word.begin(), word.end());
            }
        }
    }

    void splice(Input& input, std::ptrdiff_t at, const Input& other) {
        const std::size_t from = below(other.size());
        const std::size_t count = below(std::min<std::size_t>(other.size() - from, 200) + 1);
        const auto begin = other.begin() + static_cast<std::ptrdiff_t>(from);
        input.insert(input.begin() + at, begin, begin + static_cast<std::ptrdiff_t>(count));
    }

    std::mt19937_64 random_;
    std::vector<Input> words_;
};

// The words of a dictionary as libFuzzer takes it, one a line in quotes; a backslash is in front of itself
// and of quotes.
std::vector<Input> read_words(const std::string& path) {
    std::ifstream file(path);
    std::vector<Input> words;
    for (std::string line; std::getline(file, line);) {
        if (line.size() < 2 || line.front() != '"') continue;
        Input word;
        for (std::size_t k = 1; k + 1 < line.size(); ++k) {
            if (line[k] == '\\') ++k;
            word.push_back(static_cast<std::uint8_t>(line[k]));
        }
        words.push_back(std::move(word));
    }
    return words;
}

Input read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return Input(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

// Called at every edge of the engine, which is compiled with -fsanitize-coverage=trace-pc.
extern "C" void __sanitizer_cov_trace_pc() {
    const auto from = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));  // SAFETY: only hashed.
    edges[(from ^ from >> 16) % kEdges] = 1;
}

int main(int argc, char** argv) {
    LLVMFuzzerInitialize(&argc, &argv);
    __sanitizer_set_death_callback(save_current);
    std::signal(SIGABRT, on_abort);
    long seconds = 0;
    std::uint64_t seed = std::random_device{}();
    std::vector<Input> corpus;
    std::vector<Input> words;
    for (int k = 1; k < argc; ++k) {
        const std::string word = argv[k];
        if (word.starts_with("-max_total_time=")) seconds = std::atol(argv[k] + 16);
        if (word.starts_with("-seed=")) seed = std::strtoull(argv[k] + 6, nullptr, 0);
        if (word.starts_with("-dict=")) words = read_words(word.substr(6));
        if (word[0] == '-') continue;
        if (std::filesystem::is_directory(word)) {
            for (const auto& entry : std::filesystem::directory_iterator(word))
                corpus.push_back(read_file(entry));
        } else {
            corpus.push_back(read_file(word));
        }
    }
    if (corpus.empty()) return 2;
    for (const Input& input : corpus) run(input);
    Mutator mutator(seed, std::move(words));
    long runs = static_cast<long>(corpus.size());
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    for (; std::chrono::steady_clock::now() < end; ++runs) {
        Input input =
            mutator.mutate(corpus[mutator.below(corpus.size())], corpus[mutator.below(corpus.size())]);
        if (run(input)) corpus.push_back(std::move(input));
    }
    std::fprintf(stderr, "seed %llu: %ld runs, %zu inputs, %ld edges\n",
                 static_cast<unsigned long long>(seed), runs, corpus.size(),
                 static_cast<long>(std::count(seen, seen + kEdges, 1)));
    return 0;
}
