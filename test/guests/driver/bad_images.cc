// Images that are no programs: malformed PTX (with a log), garbage, truncated containers, nothing. Each is
// refused, and the session works afterwards. Run by test/e2e as `bad_images SEED [ROUNDS]`.
#include "driver.h"

static CUresult load(const void* image, std::string& log) {
    std::vector<char> buffer(8192, '\0');
    CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
    void* values[] = {buffer.data(), reinterpret_cast<void*>(buffer.size())};
    CUmodule module = nullptr;
    const CUresult result = cuModuleLoadDataEx(&module, image, 2, options, values);
    log = buffer.data();
    if (result == CUDA_SUCCESS) CU_OK(cuModuleUnload(module));
    return result;
}

static const char* const kHead = ".version 7.0\n.target sm_75\n.address_size 64\n";

static void check_malformed(guest::Run& run) {
    const char* const bodies[] = {".visible .entry broken( {\n ret;\n}\n",
                                  ".visible .entry broken()\n{\n  frobnicate.u32 %r0, 1;\n  ret;\n}\n",
                                  ".visible .entry broken()\n{\n  mov.u32 %undeclared, 1;\n  ret;\n}\n",
                                  ".visible .entry broken()\n{\n  bra nowhere;\n}\n",
                                  ".visible .entry broken()\n{\n  ret;\n"};
    for (const char* body : bodies) {
        std::string log;
        const CUresult result = load((std::string(kHead) + body).c_str(), log);
        run.compare("malformed PTX", 0, int(CUDA_ERROR_INVALID_PTX), int(result));
        if (log.empty()) guest::fail("no log for: %s", body);
    }
    // The same text in a buffer for the log that is far too small: cut, terminated, nothing written behind
    // it.
    char small[16];
    std::memset(small, 'x', sizeof small);
    CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
    void* values[] = {small, reinterpret_cast<void*>(8)};
    CUmodule module = nullptr;
    const std::string broken = std::string(kHead) + bodies[1];
    CU_FAILS(cuModuleLoadDataEx(&module, broken.c_str(), 2, options, values), CUDA_ERROR_INVALID_PTX);
    run.require(std::memchr(small, '\0', 8) != nullptr, "the short log is terminated");
    for (int i = 8; i < 16; ++i) run.compare("behind the log", i, 'x', small[i]);
}

// Truncated and mutated copies of a good text must be refused or load, and never hurt.
static void check_mutations(guest::Run& run, int rounds) {
    const std::string good(kernels_ptx);
    for (int round = 0; round < rounds; ++round) {
        std::string text = good.substr(0, 200 + run.random.below(unsigned(good.size()) - 200));
        if (round % 2) {
            text = good;
            for (int i = 0; i < 5; ++i)
                text[run.random.below(unsigned(text.size()))] = char(33 + run.random.below(90));
        }
        std::string log;
        const CUresult result = load(text.c_str(), log);
        run.require(result == CUDA_SUCCESS || result == CUDA_ERROR_INVALID_PTX ||
                        result == CUDA_ERROR_UNSUPPORTED_PTX_VERSION || result == CUDA_ERROR_INVALID_IMAGE,
                    "a mutated text loads or is refused as PTX");
    }
}

int main(int argc, char** argv) {
    guest::Run run("bad_images", argc, argv);
    guest::Session session;
    std::string log;
    CU_FAILS(cuModuleLoadData(&session.module, nullptr), CUDA_ERROR_INVALID_VALUE);
    // Nothing that CUDA knows: it takes it for text, or for no image.
    std::vector<unsigned char> garbage(4096);
    for (unsigned char& byte : garbage) byte = (unsigned char)(128 + run.random.below(127));
    garbage.back() = 0;
    CU_FAILS_EITHER(load(garbage.data(), log), CUDA_ERROR_INVALID_IMAGE, CUDA_ERROR_INVALID_PTX);
    CU_FAILS_EITHER(load("", log), CUDA_ERROR_INVALID_IMAGE, CUDA_ERROR_INVALID_PTX);
    CU_FAILS_EITHER(load("hello, world", log), CUDA_ERROR_INVALID_IMAGE, CUDA_ERROR_INVALID_PTX);
    // A container with nothing in it, and one whose only entry is of a kind that nobody knows.
    const std::uint32_t empty[8] = {0xBA55ED50, 0x00100001, 0, 0};
    const CUresult result = load(empty, log);
    run.require(result == CUDA_ERROR_INVALID_IMAGE || result == CUDA_ERROR_NO_BINARY_FOR_GPU,
                "an empty container");
    std::uint32_t odd[24] = {0xBA55ED50, 0x00100001, 72, 0, 0x01010077, 64, 8, 0};
    CU_FAILS_EITHER(load(odd, log), CUDA_ERROR_INVALID_IMAGE, CUDA_ERROR_NO_BINARY_FOR_GPU);
    check_malformed(run);
    check_mutations(run, int(run.size(0, 30)));

    const CUdeviceptr target = guest::allocate(4);
    const unsigned value = unsigned(run.random.next());
    CU_OK(guest::launch(session.function("store"), 1, 1, nullptr, target, value));
    run.compare("still works", 0, value, guest::download<unsigned>(target, 1)[0]);
    session.close();
    return run.finish();
}
