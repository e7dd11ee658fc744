// Dealing blocks to threads: each runs once, and none waits for ever for one that its own thread has taken
// but not begun. PTX text, no toolkit.
#include <algorithm>

#include "heap_device.h"
#include "ptx_kernel.h"
#include "testing.h"

namespace soft_test {
namespace {

constexpr std::uint32_t kBlocks = 5000;
constexpr int kLimit_ms = 20'000;

// Short blocks first, so that a thread takes several at once. %r0 is the block, %out its own word of flags.
std::string block_program(const std::string& body) {
    return plain_kernel("mov.u32 %r0, %ctaid.x; mad.wide.u32 %p, %r0, 4, %out;\n" + body);
}

void run_blocks(const std::string& body, std::uint32_t blocks) {
    for (const unsigned threads : {1u, 2u, 3u}) {
        HeapDevice device;
        Kernels kernels(device, block_program(body));
        CHECK_EQ(kernels.log, std::string());
        Buffer<std::uint32_t> flags(device, blocks);
        const auto fault = kernels.launch("k", {{blocks, 1, 1}, {1, 1, 1}, 0, false, threads},
                                          Arguments().add(flags.address()), kLimit_ms);
        CHECK_EQ(fault.text, std::string());
        CHECK_EQ(std::count(flags.data(), flags.data() + blocks, 1u), static_cast<std::ptrdiff_t>(blocks));
    }
}

TEST("every block runs once, however many threads share the grid") {
    for (const std::uint32_t blocks : {1u, 2u, 7u, 64u, kBlocks})
        run_blocks("red.global.add.u32 [%p], 1;", blocks);
}

TEST("a block may wait for the one before it") {
    run_blocks(R"(
        setp.eq.u32 %q0, %r0, 0; @%q0 bra DONE;
        AGAIN: ld.volatile.global.u32 %r1, [%p+-4]; setp.eq.u32 %q0, %r1, 0; @%q0 bra AGAIN;
        DONE: red.global.add.u32 [%p], 1;)",
               kBlocks);
}

TEST("a block may wait for the one after it, which the same thread may have taken") {
    run_blocks(R"(
        setp.lt.u32 %q0, %r0, 256; and.b32 %r2, %r0, 7; setp.eq.or.u32 %q0, %r2, 7, %q0; @%q0 bra DONE;
        AGAIN: nanosleep.u32 10; ld.volatile.global.u32 %r1, [%p+4]; setp.eq.u32 %q0, %r1, 0; @%q0 bra AGAIN;
        DONE: red.global.add.u32 [%p], 1;)",
               320);
}

}  // namespace
}  // namespace soft_test
