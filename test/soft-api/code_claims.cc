// Claims about code: images of every kind, modules, libraries, kernels, variables, compile logs.
#include <sys/resource.h>

#include <cstring>

#include "soft-api/claim.h"

using namespace abi;
using claims::begin;
using claims::launch;

namespace {

using Bytes = std::vector<unsigned char>;

template <class T>
void put(Bytes& bytes, T value) {
    const auto* raw = reinterpret_cast<const unsigned char*>(&value);
    bytes.insert(bytes.end(), raw, raw + sizeof value);
}

constexpr std::uint64_t kLz4 = 0x2000;
constexpr std::uint64_t kZstd = 0x8000;

// One fatbin entry: a header of 64 bytes and the payload, padded to 8.
void put_entry(Bytes& bytes, std::uint16_t kind, std::uint32_t arch, std::uint64_t flags, Bytes payload,
               std::uint64_t uncompressed_size) {
    const auto exact = static_cast<std::uint32_t>(payload.size());
    payload.resize((payload.size() + 7) / 8 * 8);
    put<std::uint16_t>(bytes, kind);
    put<std::uint16_t>(bytes, 0x0101);
    put<std::uint32_t>(bytes, 64);
    put<std::uint64_t>(bytes, payload.size());
    put<std::uint32_t>(bytes, uncompressed_size == 0 ? 0 : exact);
    put<std::uint32_t>(bytes, 0);
    put<std::uint16_t>(bytes, 0);
    put<std::uint16_t>(bytes, 9);
    put<std::uint32_t>(bytes, arch);
    put<std::uint64_t>(bytes, 0);
    put<std::uint64_t>(bytes, flags | 0x11);
    put<std::uint64_t>(bytes, 0);
    put<std::uint64_t>(bytes, uncompressed_size);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
}

Bytes fatbin(const Bytes& entries) {
    Bytes bytes;
    put<std::uint32_t>(bytes, 0xBA55ED50);
    put<std::uint16_t>(bytes, 1);
    put<std::uint16_t>(bytes, 16);
    put<std::uint64_t>(bytes, entries.size());
    bytes.insert(bytes.end(), entries.begin(), entries.end());
    return bytes;
}

struct Wrapper {
    std::uint32_t magic = 0x466243B1;
    std::uint32_t version = 1;
    const void* data = nullptr;
    const void* const* prelinked = nullptr;
};

Bytes text_bytes(const std::string& text) {
    Bytes bytes(text.begin(), text.end());
    bytes.push_back(0);
    return bytes;
}

// An LZ4 block of the bytes: literals up to the last 64, then what an overlapping match can say, then the
// rest.
Bytes lz4_block(const Bytes& plain) {
    Bytes block;
    const auto put_count = [&block](std::size_t rest) {
        for (; rest >= 255; rest -= 255) block.push_back(255);
        block.push_back(static_cast<unsigned char>(rest));
    };
    block.push_back(0xF0);
    put_count(plain.size() - 15);
    block.insert(block.end(), plain.begin(), plain.end());
    return block;
}

// A zstd frame with one raw block: single segment, 4-byte content size.
Bytes zstd_frame(const Bytes& plain) {
    Bytes frame;
    put<std::uint32_t>(frame, 0xFD2FB528);
    frame.push_back(0xA0);
    put<std::uint32_t>(frame, static_cast<std::uint32_t>(plain.size()));
    const auto header = static_cast<std::uint32_t>(plain.size() << 3 | 1);
    for (int shift = 0; shift < 24; shift += 8) frame.push_back(static_cast<unsigned char>(header >> shift));
    frame.insert(frame.end(), plain.begin(), plain.end());
    return frame;
}

// PTX with one kernel of that name.
std::string small_ptx(const std::string& kernel, const std::string& target = "sm_75") {
    return ".version 6.4\n.target " + target + "\n.address_size 64\n.visible .entry " + kernel +
           "() { ret; }\n";
}

bool loads(const void* image, const char* kernel) {
    CUmodule module = nullptr;
    CUfunction function = nullptr;
    if (cuModuleLoadData(&module, image) != CUDA_SUCCESS) return false;
    const bool found = cuModuleGetFunction(&function, module, kernel) == CUDA_SUCCESS;
    return found && launch(function, 1, 32, {}) == CUDA_SUCCESS && cuModuleUnload(module) == CUDA_SUCCESS;
}

}  // namespace

CLAIM("PTX loads from text and from fatbins, plain, LZ4 and zstd") {
    begin();
    const Bytes plain = text_bytes(small_ptx("one"));
    EXPECT(loads(plain.data(), "one"));
    Bytes entries;
    put_entry(entries, 1, 75, 0, plain, 0);
    const Bytes raw = fatbin(entries);
    EXPECT(loads(raw.data(), "one"));
    Wrapper wrapper;
    wrapper.data = raw.data();
    EXPECT(loads(&wrapper, "one"));
    entries.clear();
    put_entry(entries, 1, 75, kLz4, lz4_block(plain), plain.size());
    EXPECT(loads(fatbin(entries).data(), "one"));
    entries.clear();
    put_entry(entries, 1, 75, kZstd, zstd_frame(plain), plain.size());
    EXPECT(loads(fatbin(entries).data(), "one"));
}

CLAIM("of several entries the newest that the device can run is taken") {
    begin();
    Bytes entries;
    put_entry(entries, 1, 52, 0, text_bytes(small_ptx("old", "sm_52")), 0);
    put_entry(entries, 2, 80, 0, text_bytes("machine code"), 0);
    put_entry(entries, 1, 80, 0, text_bytes(small_ptx("right", "sm_80")), 0);
    put_entry(entries, 1, 90, 0, text_bytes(small_ptx("new", "sm_90")), 0);
    const Bytes image = fatbin(entries);
    EXPECT(loads(image.data(), "right"));
    EXPECT(!loads(image.data(), "old"));
    EXPECT(!loads(image.data(), "new"));
}

CLAIM("relocatable code is linked from its prelinked fatbins") {
    begin();
    Bytes entries;
    put_entry(entries, 1, 80, 0, text_bytes(small_ptx("left")), 0);
    const Bytes first = fatbin(entries);
    entries.clear();
    put_entry(entries, 1, 80, 0, text_bytes(small_ptx("other")), 0);
    const Bytes second = fatbin(entries);
    entries.clear();
    put_entry(entries, 1, 121, 0, text_bytes(small_ptx("runtime", "sm_121")), 0);
    const Bytes third = fatbin(entries);
    const Bytes linked = fatbin({});
    const void* prelinked[] = {first.data(), second.data(), third.data(), nullptr};
    Wrapper wrapper{0x466243B1, 2, linked.data(), prelinked};
    EXPECT(loads(&wrapper, "left"));
    EXPECT(loads(&wrapper, "other"));
    EXPECT(!loads(&wrapper, "runtime"));
}

CLAIM("damaged and unusable images are refused with CUDA's codes") {
    begin();
    CUmodule module = nullptr;
    EXPECT_IS(cuModuleLoadData(&module, "no code at all"), CUDA_ERROR_INVALID_IMAGE);
    EXPECT_IS(cuModuleLoadData(&module, nullptr), CUDA_ERROR_INVALID_VALUE);
    EXPECT_IS(cuModuleLoadData(&module, claims::broken_text), CUDA_ERROR_INVALID_PTX);
    EXPECT_IS(cuModuleLoadData(&module, small_ptx("one", "sm_90").c_str()), CUDA_ERROR_INVALID_PTX);
    const std::string newer = ".version 9.9\n.target sm_80\n.address_size 64\n";
    EXPECT_IS(cuModuleLoadData(&module, newer.c_str()), CUDA_ERROR_UNSUPPORTED_PTX_VERSION);
    const Bytes plain = text_bytes(small_ptx("one"));
    for (const std::uint64_t flags : {kLz4, kZstd}) {
        const Bytes whole = flags == kLz4 ? lz4_block(plain) : zstd_frame(plain);
        for (std::size_t size = 0; size < whole.size(); size += 7) {
            Bytes entries;
            put_entry(entries, 1, 75, flags, Bytes(whole.begin(), whole.begin() + static_cast<long>(size)),
                      plain.size());
            EXPECT_IS(cuModuleLoadData(&module, fatbin(entries).data()), CUDA_ERROR_INVALID_IMAGE);
        }
        Bytes entries;
        put_entry(entries, 1, 75, flags, whole, std::uint64_t{1} << 40);
        EXPECT_IS(cuModuleLoadData(&module, fatbin(entries).data()), CUDA_ERROR_INVALID_IMAGE);
    }
    EXPECT_IS(cuModuleLoad(&module, "/nonexistent/file"), CUDA_ERROR_FILE_NOT_FOUND);
    EXPECT_IS(cuModuleUnload(nullptr), CUDA_ERROR_INVALID_HANDLE);
}

CLAIM("no room is made for what a small image cannot hold") {
    begin();
    const auto most_kib = [] {
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        return usage.ru_maxrss;
    };
    const Bytes plain = text_bytes(small_ptx("one"));
    const long before = most_kib();
    for (const std::uint64_t flags : {kLz4, kZstd}) {
        Bytes entries;
        put_entry(entries, 1, 75, flags, flags == kLz4 ? lz4_block(plain) : zstd_frame(plain), 200u << 20);
        CUmodule module = nullptr;
        EXPECT_IS(cuModuleLoadData(&module, fatbin(entries).data()), CUDA_ERROR_INVALID_IMAGE);
    }
    EXPECT(most_kib() - before < 100 << 10);
}

CLAIM("the error log says where PTX is wrong") {
    begin();
    char errors[256] = "untouched";
    char information[16] = "untouched";
    CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES,
                              CU_JIT_INFO_LOG_BUFFER, CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES, CU_JIT_WALL_TIME};
    void* values[] = {errors, reinterpret_cast<void*>(sizeof errors), information,
                      reinterpret_cast<void*>(sizeof information), nullptr};
    CUmodule module = nullptr;
    EXPECT_IS(cuModuleLoadDataEx(&module, claims::broken_text, 5, options, values), CUDA_ERROR_INVALID_PTX);
    EXPECT(std::strstr(errors, "7") != nullptr);
    EXPECT_IS(reinterpret_cast<std::size_t>(values[1]), std::strlen(errors) + 1);
    EXPECT_IS(std::string(information), "");
    options[0] = static_cast<CUjit_option>(99);
    EXPECT_IS(cuModuleLoadDataEx(&module, claims::broken_text, 5, options, values), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("modules give functions and variables by name") {
    begin();
    const CUmodule module = claims::load_kernels();
    CUdeviceptr address = 0;
    std::size_t size = 0;
    EXPECT_IS(cuModuleGetGlobal_v2(&address, &size, module, "table"), CUDA_SUCCESS);
    EXPECT_IS(size, std::size_t{16});
    EXPECT_IS(claims::read_words(address, 4)[2], 3U);
    EXPECT_IS(cuModuleGetGlobal_v2(&address, &size, module, "counter"), CUDA_SUCCESS);
    EXPECT_IS(claims::read_words(address, 1)[0], 7U);
    MUST(launch(claims::kernel(module, "count_up"), 1, 1, {}));
    EXPECT_IS(claims::read_words(address, 1)[0], 8U);
    EXPECT_IS(cuModuleGetGlobal_v2(&address, &size, module, "nothing"), CUDA_ERROR_NOT_FOUND);
    CUfunction function = nullptr;
    EXPECT_IS(cuModuleGetFunction(&function, module, "nothing"), CUDA_ERROR_NOT_FOUND);
    unsigned count = 0;
    EXPECT_IS(cuModuleGetFunctionCount(&count, module), CUDA_SUCCESS);
    EXPECT_IS(count, 14U);
    std::vector<CUfunction> functions(count);
    EXPECT_IS(cuModuleEnumerateFunctions(functions.data(), count, module), CUDA_SUCCESS);
    const char* name = nullptr;
    EXPECT_IS(cuFuncGetName(&name, functions[0]), CUDA_SUCCESS);
    EXPECT_IS(cuModuleGetFunction(&function, module, name), CUDA_SUCCESS);
    EXPECT(function == functions[0]);
    CUmodule home = nullptr;
    EXPECT_IS(cuFuncGetModule(&home, function), CUDA_SUCCESS);
    EXPECT(home == module);
    int value = 0;
    EXPECT_IS(
        cuFuncGetAttribute(&value, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, claims::kernel(module, "narrow")),
        CUDA_SUCCESS);
    EXPECT_IS(value, 64);
    MUST(cuModuleUnload(module));
    EXPECT_IS(launch(function, 1, 1, {}), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_IS(cuMemsetD8_v2(address, 0, 1), CUDA_ERROR_INVALID_VALUE);
}

CLAIM("a library's kernels are functions wherever one is wanted") {
    MUST(cuInit(0));
    CUlibrary library = nullptr;
    MUST(cuLibraryLoadData(&library, claims::kernel_text, nullptr, nullptr, 0, nullptr, nullptr, 0));
    CUkernel kernel = nullptr;
    MUST(cuLibraryGetKernel(&kernel, library, "store"));
    EXPECT_IS(cuLibraryGetKernel(&kernel, library, "nothing"), CUDA_ERROR_NOT_FOUND);
    MUST(cuLibraryGetKernel(&kernel, library, "store"));
    begin();
    const auto as_function = reinterpret_cast<CUfunction>(kernel);
    CUdeviceptr address = claims::zeroed_words(1);
    unsigned value = 31;
    MUST(launch(as_function, 1, 1, {&address, &value}));
    EXPECT_IS(claims::read_words(address, 1)[0], 31U);
    int attribute = 0;
    EXPECT_IS(cuFuncGetAttribute(&attribute, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, as_function),
              CUDA_SUCCESS);
    EXPECT_IS(attribute, 1024);
    int blocks = 0;
    EXPECT_IS(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, as_function, 64, 0), CUDA_SUCCESS);
    CUfunction function = nullptr;
    EXPECT_IS(cuKernelGetFunction(&function, kernel), CUDA_SUCCESS);
    value = 32;
    MUST(launch(function, 1, 1, {&address, &value}));
    EXPECT_IS(claims::read_words(address, 1)[0], 32U);
    EXPECT_IS(cuKernelSetAttribute(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 60'000, kernel, 0),
              CUDA_SUCCESS);
    EXPECT_IS(cuFuncGetAttribute(&attribute, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, function),
              CUDA_SUCCESS);
    EXPECT_IS(attribute, 60'000);
    CUmodule module = nullptr;
    EXPECT_IS(cuLibraryGetModule(&module, library), CUDA_SUCCESS);
    EXPECT_IS(cuModuleUnload(module), CUDA_ERROR_INVALID_HANDLE);
    CUdeviceptr here = 0;
    CUdeviceptr there = 0;
    MUST(cuLibraryGetGlobal(&here, nullptr, library, "counter"));
    CUcontext other = nullptr;
    MUST(cuCtxCreate_v2(&other, 0, 0));
    MUST(cuLibraryGetGlobal(&there, nullptr, library, "counter"));
    EXPECT(here != there);
    MUST(cuCtxDestroy_v2(other));
    begin();
    MUST(cuLibraryUnload(library));
    EXPECT_IS(launch(as_function, 1, 1, {&address, &value}), CUDA_ERROR_INVALID_HANDLE);
    EXPECT_IS(cuLibraryUnload(library), CUDA_ERROR_INVALID_HANDLE);
}

CLAIM("code survives a reset of the primary context") {
    begin();
    CUlibrary library = nullptr;
    CUkernel kernel = nullptr;
    MUST(cuLibraryLoadData(&library, claims::kernel_text, nullptr, nullptr, 0, nullptr, nullptr, 0));
    MUST(cuLibraryGetKernel(&kernel, library, "count_up"));
    MUST(launch(reinterpret_cast<CUfunction>(kernel), 1, 1, {}));
    MUST(cuDevicePrimaryCtxReset_v2(0));
    begin();
    MUST(launch(reinterpret_cast<CUfunction>(kernel), 1, 1, {}));
    CUdeviceptr counter = 0;
    MUST(cuLibraryGetGlobal(&counter, nullptr, library, "counter"));
    EXPECT_IS(claims::read_words(counter, 1)[0], 8U);
}
