// Mutates PTX for a number of seconds: loading it may fail, must name a line when it does, and must never
// crash. What loads is run with small launches, which may fault. Build with -DFERRY_SANITIZE=address for
// this.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <random>

#include "heap_device.h"
#include "testing.h"

namespace soft_test {
namespace {

std::string mutate(std::string text, std::mt19937& random, const std::string& other) {
    const auto pick = [&](std::size_t below) { return below == 0 ? 0 : std::size_t{random()} % below; };
    static const char* const kWords[] = {"0x7fffffff", "%r1",
                                         "{",          "}",
                                         "[",          "]",
                                         ".v4",        ".b64",
                                         ".pred",      ";",
                                         ",",          "@",
                                         "-1",         "bra",
                                         "call",       "(",
                                         ")",          ".shared",
                                         ".param",     "99999999",
                                         ".f32",       ".reg",
                                         "!",          "|",
                                         "<4000000>",  ".b8 x[1099511627775]",
                                         "ret",        ":",
                                         "0f",         "\"",
                                         "/*"};
    for (std::size_t count = 1 + pick(4); count > 0; --count) {
        const std::size_t at = pick(text.size());
        switch (pick(6)) {
            case 0:
                text[at] = static_cast<char>(32 + pick(96));
                break;
            case 1:
                text.erase(at, 1 + pick(30));
                break;
            case 2:
                text.insert(at, kWords[pick(std::size(kWords))]);
                break;
            case 3:
                text.insert(at, other.substr(pick(other.size()), pick(60)));
                break;
            case 4:
                text.resize(at);
                break;
            default: {
                const std::size_t from = text.find('\n', pick(text.size()));
                const std::size_t to = from == std::string::npos ? from : text.find('\n', from + 1);
                if (to != std::string::npos) text.erase(from, to - from);
            }
        }
        if (text.empty()) break;
    }
    return text;
}

void run_all(HeapDevice& device, const std::string& text) {
    Kernels kernels(device, text);
    if (kernels.error == 218 && kernels.log.find("line ") != 0)
        std::printf("no line: %s\n", kernels.log.c_str());
    if (kernels.error != 0) return;
    for (const std::string& name : kernels.names()) {
        const soft::FunctionInfo* function = kernels.find(name);
        Arguments arguments;
        for (std::uint32_t k = 0; k < function->param_bytes; ++k) arguments.add(std::uint8_t{0});
        if (function->static_shared < 1u << 20 && function->param_bytes < 4096) {
            kernels.launch(name, {{2, 1, 1}, {40, 1, 1}, 64, false, 1}, arguments, 200);
        }
    }
}

}  // namespace

int run_fuzz(int seconds) {
    std::vector<std::string> corpus;
    for (const std::string& directory : {source_directory() + "/ptx", compiled_directory()}) {
        if (directory.empty() || !std::filesystem::is_directory(directory)) continue;
        for (const auto& entry : std::filesystem::directory_iterator(directory)) {
            if (entry.path().extension() == ".ptx") corpus.push_back(read_text(entry.path()));
        }
    }
    if (corpus.empty()) return 1;
    std::mt19937 random(static_cast<unsigned>(std::chrono::steady_clock::now().time_since_epoch().count()));
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    long count = 0;
    while (std::chrono::steady_clock::now() < end) {
        HeapDevice device;
        const std::string text =
            mutate(corpus[random() % corpus.size()], random, corpus[random() % corpus.size()]);
        std::FILE* last = std::fopen("fuzz-last.ptx", "w");
        if (last != nullptr) {
            std::fwrite(text.data(), 1, text.size(), last);
            std::fclose(last);
        }
        run_all(device, text);
        ++count;
    }
    std::printf("%ld mutations\n", count);
    return 0;
}

}  // namespace soft_test
