// The test program's frame: claims with names, checks that say what differs, and the few lines most claims
// begin with. Included by every file here; main.cc runs one claim per process.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <type_traits>
#include <vector>

#include "soft/stubs.h"

namespace claims {

struct Claim {
    const char* text;
    void (*body)();
};
std::vector<Claim>& all();
void fail(const char* file, int line, const std::string& what);

struct Registration {
    Registration(const char* text, void (*body)()) { all().push_back({text, body}); }
};

// cuInit, and the primary context current. Ends the process when that fails.
abi::CUcontext begin();

// A module of the kernels in kernels.cc; ends the process when it does not load.
abi::CUmodule load_kernels();
abi::CUfunction kernel(abi::CUmodule module, const char* name);

// Device memory of `count` words, all zero.
abi::CUdeviceptr zeroed_words(std::size_t count);
std::vector<std::uint32_t> read_words(abi::CUdeviceptr address, std::size_t count);

// Launches `function` with these arguments: device addresses as 64-bit values, numbers as 32-bit ones.
abi::CUresult launch(abi::CUfunction function, unsigned grid, unsigned block, std::vector<void*> arguments,
                     abi::CUstream stream = nullptr, unsigned dynamic_shared = 0);

// A pinned word that host and kernels share.
volatile std::uint32_t* pinned_word();

// Runs `body` with file descriptor 1 in a file, and answers what was written there.
std::string captured_stdout(void (*body)());

std::string name_of(abi::CUresult result);
inline std::string name_of(bool value) { return value ? "true" : "false"; }
template <class T>
std::string name_of(const T& value) {
    if constexpr (std::is_convertible_v<T, std::string>) {
        return value;
    } else {
        return std::to_string(value);
    }
}

extern const char* const kernel_text;
extern const char* const broken_text;

}  // namespace claims

#define CLAIM_JOINED_(a, b) a##b
#define CLAIM_JOIN_(a, b) CLAIM_JOINED_(a, b)
#define CLAIM(text)                                                                                      \
    static void CLAIM_JOIN_(claim_, __LINE__)();                                                         \
    static const claims::Registration CLAIM_JOIN_(registered_, __LINE__)(text,                           \
                                                                         CLAIM_JOIN_(claim_, __LINE__)); \
    static void CLAIM_JOIN_(claim_, __LINE__)()

#define EXPECT_IS(actual, expected)                                                            \
    do {                                                                                       \
        const auto got_ = (actual);                                                            \
        const auto want_ = static_cast<std::decay_t<decltype(got_)>>(expected);                \
        if (!(got_ == want_)) {                                                                \
            claims::fail(__FILE__, __LINE__,                                                   \
                         std::string(#actual " is ") + claims::name_of(got_) + ", expected " + \
                             claims::name_of(want_));                                          \
        }                                                                                      \
    } while (false)
#define EXPECT(condition) EXPECT_IS(static_cast<bool>(condition), true)

// For what a claim stands on: ends the process when it does not succeed.
#define MUST(call)                                                                           \
    do {                                                                                     \
        const abi::CUresult result_ = (call);                                                \
        if (result_ != abi::CUDA_SUCCESS) {                                                  \
            claims::fail(__FILE__, __LINE__, #call " answered " + claims::name_of(result_)); \
            std::_Exit(1);                                                                   \
        }                                                                                    \
    } while (false)
