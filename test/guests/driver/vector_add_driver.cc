// The driver-API form of a vector addition, its code in a fat binary: one that the program builds itself and,
// when it is named, a file that the toolkit made. Run by test/e2e as `vector_add_driver SEED [ELEMENTS]
// [FILE]`.
#include <cstdio>

#include "driver.h"

static void append(std::vector<unsigned char>& bytes, std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) bytes.push_back((unsigned char)(value >> 8 * i));
}

// A container with one uncompressed PTX entry: 16 bytes of container head, 64 of entry head, the text padded
// to 8.
static std::vector<unsigned char> make_container(const std::string& text) {
    const std::size_t payload = (text.size() + 1 + 7) / 8 * 8;
    std::vector<unsigned char> bytes;
    append(bytes, 0xBA55ED50, 4);
    append(bytes, 1, 2);
    append(bytes, 16, 2);
    append(bytes, 64 + payload, 8);
    append(bytes, 1, 2);
    append(bytes, 0x0101, 2);
    append(bytes, 64, 4);
    append(bytes, payload, 8);
    append(bytes, 0, 8);
    append(bytes, 0, 2);
    append(bytes, 7, 2);
    append(bytes, 75, 4);
    append(bytes, 0, 8);
    append(bytes, 0x11, 8);
    append(bytes, 0, 16);
    bytes.insert(bytes.end(), text.begin(), text.end());
    bytes.resize(16 + 64 + payload, 0);
    return bytes;
}

static std::vector<unsigned char> read_file(const char* path) {
    std::vector<unsigned char> bytes;
    std::FILE* file = std::fopen(path, "rb");
    if (file == nullptr) guest::fail("cannot read %s", path);
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) bytes.push_back((unsigned char)c);
    std::fclose(file);
    return bytes;
}

static void add(guest::Run& run, const char* what, CUmodule module, int count) {
    CUfunction function = nullptr;
    CU_OK(cuModuleGetFunction(&function, module, "add_vectors"));
    const std::vector<float> left = run.floats(count), right = run.floats(count);
    const CUdeviceptr a = guest::allocate(left), b = guest::allocate(right),
                      sum = guest::allocate(count * sizeof(float));
    CU_OK(guest::launch(function, unsigned(count + 127) / 128, 128, nullptr, a, b, sum, count));
    CU_OK(cuCtxSynchronize());
    const std::vector<float> got = guest::download<float>(sum, count);
    for (int i = 0; i < count; ++i) run.compare(what, i, left[i] + right[i], got[i]);
    for (CUdeviceptr address : {a, b, sum}) CU_OK(cuMemFree_v2(address));
}

int main(int argc, char** argv) {
    guest::Run run("vector_add_driver", argc, argv);
    const int count = int(run.size(0, 10007));
    guest::Session session;
    add(run, "text", session.module, count);
    const std::vector<unsigned char> container = make_container(kernels_ptx);
    CUmodule module = nullptr;
    CU_OK(cuModuleLoadData(&module, container.data()));
    add(run, "container", module, count);
    CU_OK(cuModuleUnload(module));
    CU_OK(cuModuleLoadFatBinary(&module, container.data()));
    add(run, "container by the other call", module, count);
    CU_OK(cuModuleUnload(module));
    if (argc > 3) {
        const std::vector<unsigned char> file = read_file(argv[3]);
        CU_OK(cuModuleLoadData(&module, file.data()));
        add(run, "file", module, count);
        CU_OK(cuModuleUnload(module));
    }
    session.close();
    return run.finish();
}
