// Runs every unit test and prints `ok NAME` or `FAIL NAME: what (file:line)` for each; guest.test.ts reads
// that.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "unit.h"

namespace unit {
namespace {

Test* first = nullptr;
bool failed = false;
const char* running = "";

}  // namespace

Test::Test(const char* test_name, void (*test_body)()) : name(test_name), body(test_body), next(first) {
    first = this;
}

void check(bool good, const char* what, const char* file, int line) {
    if (good) return;
    failed = true;
    std::printf("FAIL %s: %s (%s:%d)\n", running, what, file, line);
}

std::uint64_t run_seed() {
    static const char* const text = std::getenv("FERRY_TEST_SEED");
    return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
}

std::uint64_t scale() {
    static const char* const text = std::getenv("FERRY_TEST_LONG");
    return text != nullptr && std::strcmp(text, "1") == 0 ? 10 : 1;
}

std::uint64_t Random::next() {
    std::uint64_t mixed = state_ += 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
    return mixed ^ mixed >> 31;
}

// All tests whose names hold `wanted`, last registered first.
int run_all(const char* wanted);
int run_all(const char* wanted) {
    bool any = false;
    for (const Test* test = first; test != nullptr; test = test->next) {
        if (std::strstr(test->name, wanted) == nullptr) continue;
        failed = false;
        running = test->name;
        test->body();
        if (!failed) std::printf("ok %s\n", test->name);
        any = any || failed;
    }
    return any ? 1 : 0;
}

}  // namespace unit

// The shim's tables are never freed, by design: threads of a program may use them while it exits.
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

int main(int count, char** arguments) { return unit::run_all(count > 1 ? arguments[1] : ""); }
