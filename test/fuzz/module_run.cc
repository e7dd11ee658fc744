// See module_run.h.
#include "module_run.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "heap_device.h"

namespace fuzz {
namespace {

constexpr int kCut = 702;  // as the engine ends a kernel that runs too long

// Loads find small and large integers, and floats of every kind.
void fill(const soft_test::Buffer<std::uint32_t>& buffer) {
    constexpr std::uint32_t kOdd[] = {0,           0x80000000u, 0x7f800000u, 0xff800000u, 0x7fc00001u, 1u,
                                      0x807fffffu, 0x3f800000u, 0xcf000000u, 31u,         0xffffffffu};
    std::uint32_t state = 1;
    for (std::size_t k = 0; k < buffer.size(); ++k) {
        state = state * 1664525u + 1013904223u;
        buffer[k] = state >> 30 == 0 ? kOdd[(state >> 8) % std::size(kOdd)] : state >> 7;
    }
}

}  // namespace

void run_module(std::string_view text, int limit_ms, Outcome& outcome) {
    outcome = Outcome{};
    const auto keep = [&](const std::string& why) {
        std::memcpy(outcome.text.data(), why.data(), std::min(why.size(), outcome.text.size() - 1));
    };
    soft_test::HeapDevice device;
    soft_test::Kernels kernels(device, std::string(text));
    outcome.error = kernels.error;
    outcome.is_load = kernels.error != 0;
    keep(kernels.log);
    if (outcome.is_load) return;
    device.kernel_limit = static_cast<std::uint64_t>(limit_ms) * 1'000'000;
    const soft_test::Buffer<std::uint32_t> buffer(device, kBufferBytes / 4);
    const soft_test::Buffer<std::byte> dump(device, kDumpBytes);
    fill(buffer);
    soft_test::Shape shape{{kBlocks, 1, 1}, {kernels.find("k")->required_block[0], 1, 1}};
    shape.dynamic_shared = 256;
    const soft::Fault fault =
        kernels.launch("k", shape, soft_test::Arguments().add(buffer.address()).add(dump.address()));
    outcome.error = fault.error;
    outcome.is_cut = fault.error == kCut;
    keep(fault.text);
    std::memcpy(outcome.memory.data(), buffer.data(), kBufferBytes);
    std::memcpy(outcome.memory.data() + kBufferBytes, dump.data(), kDumpBytes);
}

}  // namespace fuzz
