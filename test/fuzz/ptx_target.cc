// Fuzzes what reads PTX: any text may be refused with a line, none may do anything else. Parser, linker,
// scheduler, decoder and compiler run; no kernel does.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "heap_device.h"
#include "target.h"

extern "C" int LLVMFuzzerInitialize(int*, char***) { return 0; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    soft_test::HeapDevice device;
    device.largest = std::size_t{1} << 26;
    // As large as the text is, so that a character too far is found.
    const auto copy = std::make_unique<char[]>(size);
    std::copy_n(data, size, copy.get());
    const std::string_view text(copy.get(), size);
    soft::ManagedImage managed;
    const soft::LoadResult result = soft::Program::load({&text, 1}, device, managed);
    const bool is_refused = result.error != 0;
    if (is_refused != (result.program == nullptr) || (is_refused && result.log.empty())) {
        std::fprintf(stderr, "error %d with the text \"%s\"\n", result.error, result.log.c_str());
        std::abort();
    }
    return 0;
}
