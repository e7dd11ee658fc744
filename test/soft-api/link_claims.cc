// Claims about linking at run time.
#include <cstring>
#include <fstream>

#include "soft-api/claim.h"

using namespace abi;
using claims::begin;

namespace {

const char* const caller_text = R"(
.version 7.0
.target sm_70
.address_size 64
.extern .func (.param .b32 result) twice (.param .b32 value);
.visible .entry use(.param .u64 p)
{
    .reg .b32 %r<3>;
    .reg .b64 %d0;
    ld.param.u64 %d0, [p];
    ld.global.u32 %r0, [%d0];
    {
    .param .b32 in;
    .param .b32 out;
    st.param.b32 [in], %r0;
    call.uni (out), twice, (in);
    ld.param.b32 %r1, [out];
    }
    st.global.u32 [%d0], %r1;
    ret;
}
)";

const char* const callee_text = R"(
.version 7.0
.target sm_70
.address_size 64
.visible .func (.param .b32 result) twice (.param .b32 value)
{
    .reg .b32 %r<2>;
    ld.param.b32 %r0, [value];
    add.u32 %r1, %r0, %r0;
    st.param.b32 [result], %r1;
    ret;
}
)";

CUresult add_text(CUlinkState link, const char* text) {
    std::string copy(text);
    return cuLinkAddData_v2(link, CU_JIT_INPUT_PTX, copy.data(), copy.size(), "a text", 0, nullptr, nullptr);
}

}  // namespace

CLAIM("two texts that need each other are linked, and their image outlives the link") {
    begin();
    CUlinkState link = nullptr;
    MUST(cuLinkCreate_v2(0, nullptr, nullptr, &link));
    MUST(add_text(link, caller_text));
    const std::string path = "/tmp/ferry-link-" + std::to_string(reinterpret_cast<std::uintptr_t>(link));
    std::ofstream(path) << callee_text;
    MUST(cuLinkAddFile_v2(link, CU_JIT_INPUT_PTX, path.c_str(), 0, nullptr, nullptr));
    std::remove(path.c_str());
    void* image = nullptr;
    std::size_t size = 0;
    MUST(cuLinkComplete(link, &image, &size));
    std::vector<std::byte> copy(static_cast<std::byte*>(image), static_cast<std::byte*>(image) + size);
    MUST(cuLinkDestroy(link));
    EXPECT_IS(cuLinkDestroy(link), CUDA_ERROR_INVALID_HANDLE);
    CUmodule module = nullptr;
    MUST(cuModuleLoadData(&module, copy.data()));
    CUdeviceptr word = claims::zeroed_words(1);
    MUST(cuMemsetD32_v2(word, 21, 1));
    MUST(claims::launch(claims::kernel(module, "use"), 1, 1, {&word}));
    EXPECT_IS(claims::read_words(word, 1)[0], 42U);
}

CLAIM("a link that fails says why in the buffers it was given") {
    begin();
    char log[512] = "";
    CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
    void* values[] = {log, reinterpret_cast<void*>(sizeof log)};
    CUlinkState link = nullptr;
    MUST(cuLinkCreate_v2(2, options, values, &link));
    void* image = nullptr;
    EXPECT_IS(cuLinkComplete(link, &image, nullptr), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(add_text(link, "nothing of the kind"), CUDA_ERROR_INVALID_IMAGE);
    EXPECT(std::strlen(log) != 0);
    log[0] = '\0';
    MUST(add_text(link, caller_text));
    EXPECT(cuLinkComplete(link, &image, nullptr) != CUDA_SUCCESS);
    EXPECT(std::strstr(log, "twice") != nullptr);
    EXPECT_IS(cuLinkAddFile_v2(link, CU_JIT_INPUT_PTX, "/nowhere/at/all", 0, nullptr, nullptr),
              CUDA_ERROR_FILE_NOT_FOUND);
    MUST(add_text(link, callee_text));
    MUST(cuLinkComplete(link, &image, nullptr));
    MUST(cuLinkDestroy(link));
}
