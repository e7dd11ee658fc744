// Fuzzes the interpreter: bytes choose a module that is valid by construction (module_writer.h), which must
// load and must end: by itself, by a fault that CUDA knows, or by being cancelled.
#include <cstdio>
#include <cstdlib>

#include "heap_device.h"
#include "module_writer.h"
#include "target.h"

namespace {

constexpr int kLimitMs = 300;
constexpr std::size_t kBufferBytes = 4096;

[[noreturn]] void give_up(const std::string& text, const std::string& why) {
    std::fprintf(stderr, "%s\n%s\n", text.c_str(), why.c_str());
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) { return setenv("FERRY_SOFT_ISA", "base", 1); }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text = fuzz::write_module({data, size});
    soft_test::HeapDevice device;
    soft_test::Kernels kernels(device, text);
    if (kernels.error != 0) give_up(text, kernels.log);
    const soft_test::Buffer<std::byte> buffer(device, kBufferBytes);
    soft_test::Shape shape{{2, 1, 1}, {48, 1, 1}};
    shape.dynamic_shared = 256;
    const soft::Fault fault =
        kernels.launch("k", shape, soft_test::Arguments().add(buffer.address()), kLimitMs);
    // 715 is an instruction that the device does not execute, a negative code a grid that does not end.
    if (fault.error == 715 || fault.error < 0) give_up(text, fault.text);
    return 0;
}
