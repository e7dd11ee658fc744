// Registration and main() of the unit tests. See check.h.
#include "check.h"

#include <cstring>
#include <vector>

namespace check {
namespace {

struct Named {
    const char* name;
    Test test;
};
std::vector<Named>& tests() {
    static std::vector<Named> all;
    return all;
}
int failures = 0;

}  // namespace

Registration::Registration(const char* name, Test test) { tests().push_back({name, test}); }

void fail(const char* file, int line, const std::string& what) {
    ++failures;
    std::cout << "  " << file << ":" << line << ": " << what << std::endl;
}

static int run(int count, char** names) {
    int failed = 0;
    for (const Named& named : tests()) {
        bool wanted = count <= 1;
        for (int index = 1; index < count; ++index)
            wanted = wanted || std::strcmp(names[index], named.name) == 0;
        if (!wanted) continue;
        failures = 0;
        named.test();
        std::cout << (failures == 0 ? "ok " : "FAILED ") << named.name << std::endl;
        if (failures != 0) ++failed;
    }
    return failed == 0 ? 0 : 1;
}

}  // namespace check

int main(int count, char** names) { return check::run(count, names); }
