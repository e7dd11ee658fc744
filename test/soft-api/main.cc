// Runs one claim: `soft_api <number>`; `soft_api --list` prints their texts, one a line. Exit status 1: a
// check failed.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cudart/errors.h"
#include "soft-api/claim.h"

namespace claims {
namespace {
int failures = 0;
}

std::vector<Claim>& all() {
    static std::vector<Claim> list;
    return list;
}

void fail(const char* file, int line, const std::string& what) {
    ++failures;
    std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
}

std::string name_of(abi::CUresult result) {
    const abi::ErrorText* row = abi::find_error(result);
    return row == nullptr ? std::to_string(static_cast<int>(result)) : row->name;
}

abi::CUcontext begin() {
    MUST(cuInit(0));
    abi::CUcontext context = nullptr;
    MUST(cuDevicePrimaryCtxRetain(&context, 0));
    MUST(cuCtxSetCurrent(context));
    return context;
}

abi::CUmodule load_kernels() {
    abi::CUmodule module = nullptr;
    MUST(cuModuleLoadData(&module, kernel_text));
    return module;
}

abi::CUfunction kernel(abi::CUmodule module, const char* name) {
    abi::CUfunction function = nullptr;
    MUST(cuModuleGetFunction(&function, module, name));
    return function;
}

abi::CUdeviceptr zeroed_words(std::size_t count) {
    abi::CUdeviceptr address = 0;
    MUST(cuMemAlloc_v2(&address, count * 4));
    MUST(cuMemsetD32_v2(address, 0, count));
    return address;
}

std::vector<std::uint32_t> read_words(abi::CUdeviceptr address, std::size_t count) {
    std::vector<std::uint32_t> words(count);
    MUST(cuMemcpyDtoH_v2(words.data(), address, count * 4));
    return words;
}

abi::CUresult launch(abi::CUfunction function, unsigned grid, unsigned block, std::vector<void*> arguments,
                     abi::CUstream stream, unsigned dynamic_shared) {
    return cuLaunchKernel(function, grid, 1, 1, block, 1, 1, dynamic_shared, stream, arguments.data(),
                          nullptr);
}

volatile std::uint32_t* pinned_word() {
    void* memory = nullptr;
    MUST(cuMemAllocHost_v2(&memory, 4096));
    auto* word = static_cast<volatile std::uint32_t*>(memory);
    *word = 0;
    return word;
}

std::string captured_stdout(void (*body)()) {
    std::fflush(stdout);
    const int kept = dup(1);
    const int file = memfd_create("stdout", 0);
    dup2(file, 1);
    body();
    std::fflush(stdout);
    dup2(kept, 1);
    std::string text(static_cast<std::size_t>(lseek(file, 0, SEEK_END)), '\0');
    if (pread(file, text.data(), text.size(), 0) < 0) text.clear();
    close(file);
    close(kept);
    return text;
}

}  // namespace claims

int main(int count, char** arguments) {
    const std::string asked = count > 1 ? arguments[1] : "--list";
    if (asked == "--list") {
        for (const claims::Claim& claim : claims::all()) std::puts(claim.text);
        return 0;
    }
    for (const claims::Claim& claim : claims::all()) {
        if (asked != claim.text) continue;
        claim.body();
        return claims::failures == 0 ? 0 : 1;
    }
    std::fprintf(stderr, "no such claim: %s\n", asked.c_str());
    return 2;
}
