// Asynchronous copies and the barriers in shared memory that count arrivals and bytes.
#include "heap_device.h"
#include "ptx_kernel.h"
#include "testing.h"

namespace soft_test {
namespace {

using u64 = std::uint64_t;

// What each of `threads` threads stores at %p.
std::vector<u64> run(const std::string& body, unsigned threads, std::string* text = nullptr) {
    HeapDevice device;
    const std::string module = ".shared .align 16 .b8 s[1024];\n.shared .align 8 .b64 bar[2];\n";
    Kernels kernels(device, plain_kernel(body, module));
    CHECK_EQ(kernels.log, std::string());
    Buffer<u64> out(device, threads);
    for (unsigned k = 0; k < threads; ++k) out[k] = k;
    const auto fault =
        kernels.launch("k", {{1, 1, 1}, {threads, 1, 1}}, Arguments().add(out.address()), 20'000);
    if (text != nullptr)
        *text = std::to_string(fault.error) + " " + fault.text;
    else
        CHECK_EQ(fault.text, std::string());
    return {out.data(), out.data() + threads};
}

const std::string kInit = "setp.eq.u32 %q0, %t, 0; @%q0 mbarrier.init.shared.b64 [bar], 64; bar.sync 0;\n";

TEST("a phase of an mbarrier ends with its last arrival, and its parity alternates") {
    // Every thread writes, arrives, waits, and reads what its neighbour of another warp wrote; ten rounds.
    const auto out = run(kInit + R"(
        mov.u32 %r0, 0; mov.u32 %r9, 0; mov.u32 %r7, s;
        LOOP:
        mad.lo.u32 %r1, %t, 4, %r7; add.u32 %r2, %t, %r0; st.shared.u32 [%r1], %r2;
        mbarrier.arrive.shared.b64 %d0, [bar];
        WAIT: mbarrier.test_wait.shared.b64 %q1, [bar], %d0; @!%q1 bra WAIT;
        xor.b32 %r3, %t, 63; mad.lo.u32 %r1, %r3, 4, %r7; ld.shared.u32 %r4, [%r1]; add.u32 %r9, %r9, %r4;
        and.b32 %r5, %r0, 1; mov.u32 %r6, 1;
        bar.sync 1;
        mbarrier.test_wait.parity.shared.b64 %q2, [bar], %r5; @!%q2 add.u32 %r9, %r9, 100000;
        xor.b32 %r5, %r5, 1;
        mbarrier.test_wait.parity.shared.b64 %q2, [bar], %r5; @%q2 add.u32 %r9, %r9, 100000;
        bar.sync 1;
        add.u32 %r0, %r0, 1; setp.lt.u32 %q3, %r0, 10; @%q3 bra LOOP;
        cvt.u64.u32 %d1, %r9; st.global.u64 [%p], %d1;)",
                         64);
    for (unsigned t = 0; t < 64; ++t) CHECK_EQ(out[t], u64{10 * (t ^ 63u) + 45});
}

TEST("counted, incomplete and dropping arrivals leave the counts the manual gives") {
    const auto out = run(R"(
        setp.ne.u32 %q0, %t, 0; @%q0 ret;
        mbarrier.init.shared.b64 [bar], 10;
        mbarrier.arrive.noComplete.shared.b64 %d0, [bar], 3;   mbarrier.pending_count.b64 %r0, %d0;
        mbarrier.arrive_drop.shared.b64 %d1, [bar];            mbarrier.pending_count.b64 %r1, %d1;
        mbarrier.arrive_drop.noComplete.shared.b64 %d2, [bar], 2;
        mbarrier.pending_count.b64 %r2, %d2;
        mbarrier.arrive.shared::cta.b64 %d3, [bar], 4;         mbarrier.pending_count.b64 %r3, %d3;
        mbarrier.test_wait.shared.b64 %q1, [bar], %d3;
        mbarrier.arrive.shared.b64 _, [bar];
        mbarrier.arrive.release.cta.shared.b64 %d4, [bar];
        mbarrier.pending_count.b64 %r4, %d4;
        mbarrier.try_wait.shared.b64 %q2, [bar], %d4, 20;
        mbarrier.inval.shared.b64 [bar];
        mad.lo.u32 %r5, %r0, 100, %r1; mad.lo.u32 %r5, %r5, 100, %r2; mad.lo.u32 %r5, %r5, 100, %r3;
        mad.lo.u32 %r5, %r5, 100, %r4;
        cvt.u64.u32 %d5, %r5; selp.b64 %d6, 1, 0, %q1; selp.b64 %d7, 2, 0, %q2; shl.b64 %d5, %d5, 8;
        or.b64 %d5, %d5, %d6; or.b64 %d5, %d5, %d7; st.global.u64 [%p], %d5;)",
                         1);
    // 10, then 7, 6 and 4 are due; the next phase has 7, of which one came.
    CHECK_EQ(out[0], (u64{1007060406} << 8) + 1);
}

TEST("bytes that are expected hold a phase open until they are complete") {
    const auto out = run(R"(
        setp.ne.u32 %q0, %t, 0; @%q0 ret;
        mbarrier.init.shared.b64 [bar], 1; mov.u64 %d9, bar; cvta.shared.u64 %d9, %d9;
        mbarrier.arrive.expect_tx.b64 %d0, [%d9], 48;
        mbarrier.test_wait.b64 %q1, [%d9], %d0;
        mbarrier.complete_tx.relaxed.cta.shared.b64 [bar], 16;
        mbarrier.test_wait.b64 %q2, [%d9], %d0;
        mbarrier.expect_tx.relaxed.cta.shared.b64 [bar], 8;
        mbarrier.complete_tx.relaxed.cta.shared.b64 [bar], 32;
        mbarrier.test_wait.b64 %q3, [%d9], %d0;
        mbarrier.complete_tx.relaxed.cta.shared.b64 [bar], 8;
        mbarrier.test_wait.b64 %q4, [%d9], %d0;
        selp.b64 %d1, 1, 0, %q1; selp.b64 %d2, 2, 0, %q2; selp.b64 %d3, 4, 0, %q3; selp.b64 %d4, 8, 0, %q4;
        add.u64 %d1, %d1, %d2; add.u64 %d1, %d1, %d3; add.u64 %d1, %d1, %d4; st.global.u64 [%p], %d1;)",
                         1);
    CHECK_EQ(out[0], u64{8});
}

TEST("copies into shared memory are there when the barrier they arrive at completes") {
    const auto out = run(kInit + R"(
        mul.lo.u32 %r0, %t, 8; mov.u32 %r1, s; add.u32 %r0, %r0, %r1;
        cp.async.ca.shared.global.L2::128B [%r0], [%p], 8;
        cp.async.mbarrier.arrive.shared.b64 [bar];
        cp.async.mbarrier.arrive.noinc.shared::cta.b64 [bar];
        WAIT: mbarrier.try_wait.parity.shared.b64 %q1, [bar], 0; @!%q1 bra WAIT;
        xor.b32 %r2, %t, 32; mad.lo.u32 %r2, %r2, 8, %r1;
        ld.shared.u64 %d0, [%r2]; st.global.u64 [%p], %d0;)",
                         64);
    for (unsigned t = 0; t < 64; ++t) CHECK_EQ(out[t], u64{t ^ 32u});
}

TEST("cp.async takes a cache policy, a size and a predicate that says to read nothing") {
    const auto out = run(R"(
        mul.lo.u32 %r0, %t, 8; mov.u32 %r1, s; add.u32 %r0, %r0, %r1; st.shared.u64 [%r0], -1;
        mov.b64 %d8, 0; and.b32 %r3, %t, 1; setp.ne.u32 %q1, %r3, 0; add.u64 %p, %p, 0;
        setp.lt.u32 %q2, %t, 16; setp.lt.u32 %q3, %t, 32;
        @%q2 cp.async.ca.shared.global.L2::cache_hint [%r0], [%p], 8, %d8;
        not.pred %q4, %q2; and.pred %q4, %q4, %q3;
        @%q4 cp.async.ca.shared.global.L2::cache_hint [%r0], [%p], 8, 4, %d8;
        @!%q3 cp.async.ca.shared.global [%r0], [%p], 8, %q1;
        cp.async.commit_group; cp.async.wait_group 0;
        ld.shared.u64 %d0, [%r0]; st.global.u64 [%p], %d0;)",
                         64);
    for (unsigned t = 0; t < 64; ++t) CHECK_EQ(out[t], u64{t >= 32 && t % 2 == 1 ? 0 : t});
    std::string text;
    run("add.u64 %p, %p, 4; mov.u32 %r1, s; cp.async.ca.shared.global [%r1], [%p], 8;", 2, &text);
    CHECK(text.find("716 misaligned address") == 0);
    run("mbarrier.init.b64 [%p], 1;", 1, &text);
    CHECK(text.find("717 mbarrier outside shared memory") == 0);
}

}  // namespace
}  // namespace soft_test
