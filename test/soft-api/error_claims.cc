// Errors a kernel ends its context with, and the limits that decide about them.
#include <cstdlib>

#include "soft-api/claim.h"

using namespace abi;
using claims::begin;
using claims::launch;

namespace {

// A kernel k(p) of its own module.
CUfunction kernel_of(const std::string& body, const std::string& module_text = "") {
    const std::string text = ".version 7.0\n.target sm_70\n.address_size 64\n" + module_text +
                             ".visible .entry k(.param .u64 p)\n"
                             "{ .reg .pred %q; .reg .b32 %r<4>; .reg .b64 %d<4>;\n"
                             "ld.param.u64 %d0, [p];\n" +
                             body + "\nret; }\n";
    CUmodule module = nullptr;
    MUST(cuModuleLoadData(&module, text.c_str()));
    return claims::kernel(module, "k");
}

void expect_error(CUfunction function, CUresult error) {
    CUdeviceptr words = claims::zeroed_words(4);
    MUST(launch(function, 1, 32, {&words}));
    EXPECT_IS(cuCtxSynchronize(), error);
    EXPECT_IS(cuCtxSynchronize(), error);
}

}  // namespace

CLAIM("an atomic operation on local memory is error INVALID_ADDRESS_SPACE") {
    begin();
    expect_error(kernel_of(".local .align 4 .b8 l[4]; mov.u64 %d1, l; cvta.local.u64 %d1, %d1; "
                           "atom.add.u32 %r0, [%d1], 1;"),
                 CUDA_ERROR_INVALID_ADDRESS_SPACE);
}

CLAIM("an access that is not aligned to its size is error MISALIGNED_ADDRESS") {
    begin();
    expect_error(kernel_of("ld.global.u32 %r0, [%d0+2];"), CUDA_ERROR_MISALIGNED_ADDRESS);
}

CLAIM("a kernel that runs longer than FERRY_SOFT_KERNEL_LIMIT_MS is error LAUNCH_TIMEOUT") {
    setenv("FERRY_SOFT_KERNEL_LIMIT_MS", "30", 1);
    begin();
    expect_error(kernel_of("L: ld.volatile.global.u32 %r0, [%d0]; setp.eq.u32 %q, %r0, 0; @%q bra L;"),
                 CUDA_ERROR_LAUNCH_TIMEOUT);
}

CLAIM("recursion past the stack limit is error LAUNCH_FAILED, and a higher limit lets it through") {
    const char* const kDeep = R"(
.func (.param .b32 r) deep (.param .b32 n)
{ .reg .b32 %n, %m; .reg .pred %q; .local .align 4 .b8 room[256];
  ld.param.b32 %n, [n]; mov.u32 %m, 0; setp.eq.u32 %q, %n, 0; @%q bra END;
  sub.u32 %n, %n, 1; st.local.u32 [room], %n;
  { .param .b32 a; .param .b32 b; st.param.b32 [a], %n; call (b), deep, (a); ld.param.b32 %m, [b]; }
  ld.local.u32 %n, [room]; add.u32 %m, %m, 1;
  END: st.param.b32 [r], %m; ret; }
)";
    const char* const kCall = "{ .param .b32 a; .param .b32 b; st.param.b32 [a], 2000; call (b), deep, (a); "
                              "ld.param.b32 %r0, [b]; } st.global.u32 [%d0], %r0;";
    begin();
    MUST(cuCtxSetLimit(CU_LIMIT_STACK_SIZE, std::size_t{2} << 20));
    const CUfunction function = kernel_of(kCall, kDeep);
    CUdeviceptr words = claims::zeroed_words(4);
    MUST(launch(function, 1, 32, {&words}));
    EXPECT_IS(claims::read_words(words, 1)[0], 2000U);
    MUST(cuCtxSetLimit(CU_LIMIT_STACK_SIZE, 1024));
    expect_error(function, CUDA_ERROR_LAUNCH_FAILED);
}
