// Fuzzes what reads PTX: any text may be refused with a line, none may do anything else. Parser, linker and
// decoder run; no kernel does.
#include <cstdlib>
#include <string>

#include "heap_device.h"
#include "target.h"

extern "C" int LLVMFuzzerInitialize(int*, char***) { return setenv("FERRY_SOFT_ISA", "base", 1); }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    soft_test::HeapDevice device;
    const std::string text(data, data + size);
    const soft_test::Kernels kernels(device, text);
    if (kernels.error != 0 && kernels.log.empty()) std::abort();
    return 0;
}
