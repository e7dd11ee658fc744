// Claims about kernels that launch kernels: when those run, and what a launch answers that cannot be.
#include "soft-api/claim.h"

using namespace abi;
using claims::begin;

namespace {

const char* const declarations = R"(
.version 7.0
.target sm_80
.address_size 64
.extern .func (.param .b64 r) __cudaCDP2GetParameterBufferV2
    (.param .b64 f, .param .align 4 .b8 g[12], .param .align 4 .b8 b[12], .param .b32 s);
.extern .func (.param .b32 r) __cudaCDP2LaunchDeviceV2 (.param .b64 p, .param .b64 s);
.extern .func (.param .b32 r) __cudaCDP2StreamCreateWithFlags (.param .b64 p, .param .b32 f);
.extern .func (.param .b32 r) __cudaCDP2StreamDestroy (.param .b64 s);
.extern .func (.param .b32 r) __cudaCDP2GetLastError ();
)";

// note(list, value): appends to what follows the count in the list's first word. Every thread does.
const char* const note_text = R"(
.visible .entry note(.param .u64 list, .param .u32 value)
{
    .reg .b64 %d<3>;
    .reg .b32 %r<3>;
    ld.param.u64 %d0, [list];
    ld.param.u32 %r0, [value];
    atom.global.add.u32 %r1, [%d0], 1;
    mad.wide.u32 %d1, %r1, 4, %d0;
    st.global.u32 [%d1+4], %r0;
    ret;
}
)";

std::string note_here(unsigned value) {
    return "atom.global.add.u32 %r1, [%list], 1; mad.wide.u32 %d1, %r1, 4, %list; st.global.u32 [%d1+4], " +
           std::to_string(value) + ";\n";
}

// Launches `kernel`(list, value) with `blocks` blocks of `threads` threads into the stream in %stream; %r2 is
// what that answers, or what the last error is where there was no room for its arguments.
std::string launch_of(const std::string& kernel, unsigned value, unsigned blocks = 1, unsigned threads = 1) {
    static unsigned count = 0;
    const std::string end = "done_" + std::to_string(count++);
    return "{ .param .b64 f; .param .align 4 .b8 g[12]; .param .align 4 .b8 b[12]; .param .b32 s;\n"
           "  .param .b64 buffer; mov.u64 %d1, " +
           kernel +
           "; st.param.b64 [f], %d1;\n"
           "  st.param.b32 [g], " +
           std::to_string(blocks) +
           "; st.param.b32 [g+4], 1;\n"
           "  st.param.b32 [g+8], 1; st.param.b32 [b], " +
           std::to_string(threads) +
           ";\n"
           "  st.param.b32 [b+4], 1; st.param.b32 [b+8], 1; st.param.b32 [s], 0;\n"
           "  call.uni (buffer), __cudaCDP2GetParameterBufferV2, (f, g, b, s);\n"
           "  ld.param.b64 %d2, [buffer]; }\n"
           "setp.eq.s64 %q, %d2, 0; @%q bra no_room_" +
           end +
           ";\n"
           "st.u64 [%d2], %list; st.u32 [%d2+8], " +
           std::to_string(value) +
           ";\n"
           "{ .param .b64 p; .param .b64 s; .param .b32 r; st.param.b64 [p], %d2;\n"
           "  st.param.b64 [s], %stream;\n"
           "  call.uni (r), __cudaCDP2LaunchDeviceV2, (p, s); ld.param.b32 %r2, [r]; }\n"
           "bra " +
           end + "; no_room_" + end +
           ":\n"
           "{ .param .b32 r; call.uni (r), __cudaCDP2GetLastError; ld.param.b32 %r2, [r]; }\n" +
           end + ":\n";
}

// Writes the last answer as what word `index` of the list holds.
std::string keep_answer(unsigned index) {
    return "st.global.u32 [%list+" + std::to_string(4 * index) + "], %r2;\n";
}

std::string entry(const std::string& name, const std::string& body) {
    return ".visible .entry " + name +
           "(.param .u64 l, .param .u32 value)\n{\n.local .align 8 .b8 room[8];\n"
           ".reg .b64 %d<4>; .reg .b64 %list; .reg .b64 %stream; .reg .b32 %r<4>; .reg .pred %q;\n"
           "ld.param.u64 %list, [l]; mov.u64 %stream, 0;\n" +
           body + "ret;\n}\n";
}

CUmodule load(const std::string& text) {
    CUmodule module = nullptr;
    MUST(cuModuleLoadData(&module, (declarations + text).c_str()));
    return module;
}

CUdeviceptr run(CUmodule module, const char* kernel, std::size_t words, CUresult expected = CUDA_SUCCESS) {
    CUdeviceptr list = claims::zeroed_words(words);
    unsigned value = 0;
    MUST(claims::launch(claims::kernel(module, kernel), 1, 1, {&list, &value}));
    EXPECT_IS(cuStreamSynchronize(nullptr), expected);
    return list;
}

}  // namespace

CLAIM("kernels that a kernel launches run behind it, their own before the next, and those of its tail last") {
    begin();
    const std::string text =
        std::string(note_text) + entry("middle", note_here(3) + launch_of("note", 4)) +
        entry("parent", "mov.u64 %stream, 3;\n" + launch_of("note", 9) + "mov.u64 %stream, 0;\n" +
                            launch_of("note", 1) + "mov.u64 %stream, 4;\n" + launch_of("note", 2) +
                            launch_of("middle", 0) + note_here(0));
    const std::vector<std::uint32_t> seen = claims::read_words(run(load(text), "parent", 8), 8);
    EXPECT_IS(seen[0], 6U);
    const std::uint32_t order[] = {0, 1, 2, 3, 4, 9};
    for (std::size_t at = 0; at < 6; ++at) EXPECT_IS(seen[at + 1], order[at]);
}

CLAIM("work behind a kernel in its stream waits for all threads of the kernels that it launched") {
    begin();
    const CUmodule module = load(std::string(note_text) + entry("parent", launch_of("note", 7, 40, 100)));
    CUdeviceptr list = claims::zeroed_words(4001);
    CUdeviceptr copy = claims::zeroed_words(4001);
    CUstream stream = nullptr;
    MUST(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    unsigned value = 0;
    MUST(claims::launch(claims::kernel(module, "parent"), 1, 1, {&list, &value}, stream));
    MUST(cuMemcpyDtoDAsync_v2(copy, list, 4001 * 4, stream));
    MUST(cuStreamSynchronize(stream));
    const std::vector<std::uint32_t> seen = claims::read_words(copy, 4001);
    EXPECT_IS(seen[0], 4000U);
    for (std::size_t at = 1; at <= 4000; ++at) EXPECT_IS(seen[at], 7U);
}

CLAIM("a launch that cannot be says why, to the thread that made it") {
    begin();
    MUST(cuCtxSetLimit(CU_LIMIT_DEV_RUNTIME_PENDING_LAUNCH_COUNT, 2));
    const std::string stream =
        "mov.u64 %d3, room; cvta.local.u64 %d3, %d3;\n"
        "{ .param .b64 p; .param .b32 f; .param .b32 r; st.param.b64 [p], %d3; st.param.b32 [f], 1;\n"
        "  call.uni (r), __cudaCDP2StreamCreateWithFlags, (p, f); ld.param.b32 %r2, [r]; }\n"
        "ld.local.u64 %stream, [room];\n";
    const std::string destroy =
        "{ .param .b64 p; .param .b32 r; st.param.b64 [p], %stream;\n"
        "  call.uni (r), __cudaCDP2StreamDestroy, (p); ld.param.b32 %r2, [r]; }\n";
    const std::string text =
        std::string(note_text) +
        entry("parent", launch_of("note", 1, 1, 2000) + keep_answer(10) + launch_of("note", 1, 0) +
                            keep_answer(11) + stream + keep_answer(12) + launch_of("note", 5) +
                            keep_answer(13) + destroy + keep_answer(14) + destroy + keep_answer(15) +
                            launch_of("note", 6) + keep_answer(16) + "mov.u64 %stream, 0;\n" +
                            launch_of("note", 7) + keep_answer(17));
    const std::vector<std::uint32_t> seen = claims::read_words(run(load(text), "parent", 20), 20);
    EXPECT_IS(seen[0], 1U);
    EXPECT_IS(seen[1], 5U);
    // Configuration, twice; then good ones; a stream that is no more, three times; and too many that wait.
    const std::uint32_t answers[] = {9, 9, 0, 0, 0, 400, 400, 69};
    for (std::size_t at = 0; at < 8; ++at) EXPECT_IS(seen[10 + at], answers[at]);
}

CLAIM("a fault of a kernel that a kernel launched ends the context, and what waited behind it") {
    begin();
    const std::string text = std::string(note_text) +
                             entry("bad", "mov.u64 %d1, 64;\nst.global.u32 [%d1], 1;\n") +
                             entry("parent", launch_of("bad", 0) + launch_of("note", 1));
    run(load(text), "parent", 8, CUDA_ERROR_ILLEGAL_ADDRESS);
}

CLAIM("kernels launch themselves until they are too deep") {
    begin();
    const std::string text =
        entry("again", note_here(1) + launch_of("again", 0) + "setp.eq.u32 %q, %r2, 0;\n@%q bra fine;\n" +
                           "st.global.u32 [%list+200], %r2;\nfine:\n");
    const std::vector<std::uint32_t> seen = claims::read_words(run(load(text), "again", 60), 60);
    EXPECT_IS(seen[0], 25U);
    EXPECT_IS(seen[50], 65U);
}
