// Checks every message that a header lists (of CUDA, or of OpenGL) and prints one line each: its name, a tab,
// and "ok" or what failed. Run by codec.test.ts, which knows from the specification which lines it must find.
#include <cstdio>

#include "message.h"
#include FERRY_MESSAGES

int main() {
    for (const codec_test::MessageKind& kind : codec_test::FERRY_LIST()) {
        const auto failures = codec_test::check_message(kind);
        if (failures.empty()) std::printf("%s\tok\n", kind.name);
        for (const char* failure : failures) std::printf("%s\t%s\n", kind.name, failure);
    }
    return 0;
}
