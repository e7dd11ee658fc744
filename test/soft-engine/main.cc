// Runs the engine's tests: soft-engine <directory of these sources> <directory of compiled PTX or ''>
// [filter]. With `bench` as filter it measures speed against C++ instead, with `cases <list>` it runs other
// people's kernels.
#include <cstdlib>

#include "heap_device.h"
#include "lanes.h"
#include "testing.h"

namespace soft_test {
namespace {

int failures = 0;
const char* current = "";
std::string sources;
std::string compiled_to;

}  // namespace

std::vector<Test>& tests() {
    static std::vector<Test> list;
    return list;
}

void report_failure(const char* file, int line, const std::string& text) {
    if (++failures <= 12)
        std::cout << "FAIL " << current << " " << file << ":" << line << ": " << text << "\n";
}

const std::string& compiled_directory() { return compiled_to; }
const std::string& source_directory() { return sources; }

std::string compiled(const std::string& name) {
    if (compiled_to.empty()) {
        std::cout << "SKIP " << current << ": nvcc is not installed\n";
        return {};
    }
    return read_text(compiled_to + "/" + name + ".ptx");
}

int run_tests(const std::string& filter) {
    int count = 0;
    for (const Test& test : tests()) {
        if (std::string(test.name).find(filter) == std::string::npos) continue;
        current = test.name;
        const int before = failures;
        test.body();
        ++count;
        std::cout << (failures == before ? "ok   " : "BAD  ") << test.name << std::endl;
    }
    if (checked_instructions() > 0)
        std::cout << checked_instructions() << " instructions over random lanes\n";
    std::cout << count << " tests, " << failures << " failures\n";
    return failures == 0 && count > 0 ? 0 : 1;
}

int run_bench();
int run_cases(const std::string& list);

}  // namespace soft_test

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    soft_test::sources = argv[1];
    soft_test::compiled_to = argv[2];
    const std::string filter = argc > 3 ? argv[3] : "";
    if (filter == "bench") return soft_test::run_bench();
    if (filter == "cases" && argc > 4) return soft_test::run_cases(argv[4]);
    return soft_test::run_tests(filter);
}
