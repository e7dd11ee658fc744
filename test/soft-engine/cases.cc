// Runs kernels that others wrote, with inputs and outputs from a list: soft-engine <sources> <ptx> cases
// <list>. A line of the list is `file kernel threads input output`, the last two in hexadecimal and `-` for
// no input. The kernel gets the input's address, if there is any, and twice or once that of a zeroed output.
#include <fstream>
#include <iostream>
#include <sstream>

#include "heap_device.h"
#include "testing.h"

namespace soft_test {
namespace {

std::vector<unsigned char> from_hex(const std::string& text) {
    std::vector<unsigned char> bytes;
    for (std::size_t k = 0; k + 1 < text.size(); k += 2)
        bytes.push_back(static_cast<unsigned char>(std::stoul(text.substr(k, 2), nullptr, 16)));
    return bytes;
}

std::string to_hex(const Buffer<unsigned char>& buffer) {
    static const char* const kDigits = "0123456789abcdef";
    std::string text;
    for (std::size_t k = 0; k < buffer.size(); ++k) {
        text += kDigits[buffer[k] >> 4];
        text += kDigits[buffer[k] & 15];
    }
    return text;
}

// Empty when the output is as listed, else what is wrong.
std::string run_case(const std::string& file, const std::string& kernel, unsigned threads,
                     const std::string& input, const std::string& output) {
    // Some of those kernels write for every thread and mean only the first ones.
    HeapDevice device;
    device.slack = 4096;
    Kernels kernels(device, read_text(file));
    if (kernels.error != 0) return "does not load: " + kernels.log;
    const bool has_input = input != "-";
    Buffer<unsigned char> in(device, has_input ? from_hex(input) : std::vector<unsigned char>(1));
    Buffer<unsigned char> out(device, output.size() / 2);
    Arguments arguments;
    arguments.add(has_input ? in.address() : out.address());
    const soft::FunctionInfo* function = kernels.find(kernel);
    if (function == nullptr) return "has no kernel " + kernel;
    if (function->param_bytes > 8) arguments.add(out.address());
    Shape shape{{1, 1, 1}, {threads, 1, 1}};
    shape.dynamic_shared = 1024;
    const soft::Fault fault = kernels.launch(kernel, shape, arguments, 10'000);
    if (!fault.text.empty()) return fault.text;
    const std::string actual = to_hex(out);
    if (actual == output) return "";
    return "gives " + actual.substr(0, 160) + ", not " + output.substr(0, 160);
}

}  // namespace

int run_cases(const std::string& list) {
    std::ifstream lines(list);
    int equal = 0, wrong = 0;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string file, kernel, input, output;
        unsigned threads = 0;
        words >> file >> kernel >> threads >> input >> output;
        const std::string reason = run_case(file, kernel, threads, input, output);
        if (!reason.empty()) std::cout << "BAD " << kernel << ": " << reason << std::endl;
        (reason.empty() ? equal : wrong) += 1;
    }
    std::cout << equal << " equal, " << wrong << " wrong\n";
    return wrong == 0 && equal > 0 ? 0 : 1;
}

}  // namespace soft_test
