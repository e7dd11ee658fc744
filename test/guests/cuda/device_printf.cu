// Device printf: ids in two and three dimensions, conversions, strings, and delivery at a synchronise.
// Run by test/e2e as `device_printf SEED`. The program catches its own stdout in a file to check the text,
// then shows it. Blocks may print in any order, so lines are compared sorted.
#include <unistd.h>

#include <algorithm>
#include <string>

#include "../common.h"

__global__ void print_ids(int value) {
    printf("[%d, %d]:\t\tValue is:%d\n", blockIdx.y * gridDim.x + blockIdx.x,
           threadIdx.z * blockDim.x * blockDim.y + threadIdx.y * blockDim.x + threadIdx.x, value);
}

__global__ void print_conversions(int number, double real, long long wide, const char* device_text) {
    printf("%d|%5d|%-5d|%05d|%+d|%x|%X|%o|%u|%c|%%\n", number, number, number, number, number, number, number,
           number, number, 'A' + number % 26);
    printf("%f|%.3f|%10.2f|%e|%g|%s|%lld|%llx\n", real, real, real, real, real, "constant", wide, wide);
    printf("[%s]\n", device_text);
}

__device__ char greeting[8] = "hello";

__global__ void print_text() { printf("text %s\n", greeting); }

// Runs everything with stdout going to `file`.
static std::string capture(int number, double real, long long wide) {
    std::fflush(stdout);
    std::FILE* file = std::tmpfile();
    if (file == nullptr) guest::fail("tmpfile");
    const int saved = dup(1);
    dup2(fileno(file), 1);
    print_ids<<<dim3(2, 2), dim3(2, 2, 2)>>>(number);
    CUDA_OK(cudaDeviceSynchronize());
    guest::DeviceArray<char> text(std::vector<char>{'d', 'e', 'v', 'i', 'c', 'e', '\0', '\0'});
    print_conversions<<<1, 1>>>(number, real, wide, text.data());
    print_text<<<1, 1>>>();
    CUDA_OK(cudaDeviceSynchronize());
    std::fflush(stdout);
    dup2(saved, 1);
    close(saved);
    std::rewind(file);
    std::string caught;
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) caught += char(c);
    std::fclose(file);
    return caught;
}

static std::vector<std::string> sorted_lines(const std::string& text) {
    std::vector<std::string> lines;
    std::size_t begin = 0;
    for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
        lines.push_back(text.substr(begin, end - begin));
    }
    std::sort(lines.begin(), lines.end());
    return lines;
}

static std::string expected_text(int number, double real, long long wide) {
    std::string expected;
    char line[256];
    for (int block = 0; block < 4; ++block) {
        for (int thread = 0; thread < 8; ++thread) {
            std::snprintf(line, sizeof line, "[%d, %d]:\t\tValue is:%d\n", block, thread, number);
            expected += line;
        }
    }
    std::snprintf(line, sizeof line, "%d|%5d|%-5d|%05d|%+d|%x|%X|%o|%u|%c|%%\n", number, number, number,
                  number, number, unsigned(number), unsigned(number), unsigned(number), unsigned(number),
                  'A' + number % 26);
    expected += line;
    std::snprintf(line, sizeof line, "%f|%.3f|%10.2f|%e|%g|%s|%lld|%llx\n", real, real, real, real, real,
                  "constant", wide, static_cast<unsigned long long>(wide));
    expected += line;
    return expected + "[device]\ntext hello\n";
}

int main(int argc, char** argv) {
    guest::Run run("device_printf", argc, argv);
    const int number = int(run.random.below(5000));
    const double real = run.random.unit() * 1000.0;
    const long long wide = static_cast<long long>(run.random.next());
    const std::string caught = capture(number, real, wide);
    const auto expected = sorted_lines(expected_text(number, real, wide)), got = sorted_lines(caught);
    for (std::size_t i = 0; i < std::max(expected.size(), got.size()); ++i) {
        const std::string want = i < expected.size() ? expected[i] : "(nothing)";
        const std::string have = i < got.size() ? got[i] : "(nothing)";
        if (want != have) guest::fail("line %zu expected '%s' got '%s'", i, want.c_str(), have.c_str());
        std::printf("%s\n", have.c_str());
        run.digest(have.data(), have.size());
    }
    return run.finish();
}
