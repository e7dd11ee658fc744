// What every guest program shares: inputs from a seed, an exact or close comparison, a checksum and the one
// verdict line. Included by test/guests/cuda and test/guests/driver. It must stay plain C++17 without any
// part of Ferry: these programs stand for programs that know nothing of it.
#pragma once
#include <cmath>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <type_traits>
#include <vector>

namespace guest {

inline const char* program_name = "unnamed";

// Prints `FAIL <name> <text>` and ends the process at once, without exit handlers: they may hang after a
// failure.
[[noreturn]] inline void fail(const char* format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    std::printf("FAIL %s ", program_name);
    std::vprintf(format, arguments);
    std::printf("\n");
    va_end(arguments);
    std::fflush(stdout);
    std::_Exit(1);
}

// splitmix64: every seed gives a usable sequence, and it is the same on every machine.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        std::uint64_t mixed = state_ += 0x9E3779B97F4A7C15ull;
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9ull;
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBull;
        return mixed ^ mixed >> 31;
    }
    std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(next() % limit); }
    // In [0, 1), a multiple of 2^-24, so that it is exact in f32.
    float unit() { return static_cast<float>(next() >> 40) / 16777216.0f; }

private:
    std::uint64_t state_;
};

// One run of a guest program: `program SEED [SIZE...]`.
class Run {
public:
    Run(const char* name, int argc, char** argv)
        : random(argc > 1 ? std::strtoull(argv[1], nullptr, 0) : 1), argc_(argc), argv_(argv) {
        program_name = name;
    }

    // The size at position `index` after the seed, or `fallback` where the command line has none.
    long size(int index, long fallback) const {
        return index + 2 < argc_ ? std::strtol(argv_[index + 2], nullptr, 0) : fallback;
    }
    std::vector<float> floats(std::size_t count) {
        std::vector<float> values(count);
        for (float& value : values) value = random.unit();
        return values;
    }

    // Exact equality; adds `got` to the checksum.
    template <class T>
    void compare(const char* what, std::size_t index, T expected, T got) {
        digest(&got, 1);
        if (expected == got) return;
        if constexpr (std::is_floating_point_v<T>) {
            fail("%s index %zu expected %.17g got %.17g", what, index, double(expected), double(got));
        } else {
            fail("%s index %zu expected %lld got %lld", what, index, (long long)expected, (long long)got);
        }
    }
    template <class T>
    void compare_all(const char* what, const std::vector<T>& expected, const std::vector<T>& got) {
        for (std::size_t i = 0; i < expected.size(); ++i) compare(what, i, expected[i], got[i]);
    }
    // |expected - got| <= tolerance * max(1, |expected|); adds the bits of `got` to the checksum.
    template <class T>
    void compare_close(const char* what, std::size_t index, double expected, T got, double tolerance) {
        digest(&got, 1);
        const double scale = std::fmax(1.0, std::fabs(expected));
        if (std::fabs(expected - double(got)) <= tolerance * scale) return;
        fail("%s index %zu expected %.17g got %.17g", what, index, expected, double(got));
    }
    void require(bool holds, const char* what) {
        if (!holds) fail("%s", what);
    }

    // FNV-1a over the bytes, so that two runs can be compared by their last line.
    template <class T>
    void digest(const T* data, std::size_t count) {
        const unsigned char* bytes = reinterpret_cast<const unsigned char*>(data);
        for (std::size_t i = 0; i < count * sizeof(T); ++i) {
            checksum_ = (checksum_ ^ bytes[i]) * 0x100000001B3ull;
        }
    }
    int finish() {
        std::printf("PASS %s %016llx\n", program_name, (unsigned long long)checksum_);
        std::fflush(stdout);
        return 0;
    }

    Random random;

private:
    int argc_;
    char** argv_;
    std::uint64_t checksum_ = 0xCBF29CE484222325ull;
};

#ifdef __CUDACC__
inline void require_success(cudaError_t error, const char* call, int line) {
    if (error == cudaSuccess) return;
    fail("%s line %d expected 0 got %d (%s)", call, line, int(error), cudaGetErrorString(error));
}
inline void require_error(cudaError_t error, cudaError_t expected, const char* call, int line) {
    if (error == expected) return;
    fail("%s line %d expected %d got %d (%s)", call, line, int(expected), int(error),
         cudaGetErrorString(error));
}
#define CUDA_OK(call) guest::require_success((call), #call, __LINE__)
#define CUDA_FAILS(call, expected) guest::require_error((call), (expected), #call, __LINE__)

// Device memory for `count` elements, freed with the object; copies are the blocking ones.
template <class T>
class DeviceArray {
public:
    explicit DeviceArray(std::size_t count) : count_(count) { CUDA_OK(cudaMalloc(&data_, size())); }
    explicit DeviceArray(const std::vector<T>& source) : DeviceArray(source.size()) { upload(source); }
    DeviceArray(const DeviceArray&) = delete;
    DeviceArray& operator=(const DeviceArray&) = delete;
    ~DeviceArray() { cudaFree(data_); }

    T* data() const { return data_; }
    std::size_t size() const { return count_ * sizeof(T); }
    void upload(const std::vector<T>& source) {
        CUDA_OK(cudaMemcpy(data_, source.data(), size(), cudaMemcpyHostToDevice));
    }
    void clear() { CUDA_OK(cudaMemset(data_, 0, size())); }
    std::vector<T> download() const {
        std::vector<T> target(count_);
        CUDA_OK(cudaMemcpy(target.data(), data_, size(), cudaMemcpyDeviceToHost));
        return target;
    }

private:
    T* data_ = nullptr;
    std::size_t count_;
};
#endif

}  // namespace guest
