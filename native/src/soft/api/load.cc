// Loading: image -> PTX texts -> Program -> handles. Parsing is done at the load, so that its errors are the
// load's.
#include "soft/api/load.h"

#include <cstdio>
#include <cstdlib>

#include "soft/api/entry.h"
#include "soft/module/image.h"

namespace soft::driver {
namespace {

// The one failure people meet with programs that are not broken is said aloud: machine code cannot run here.
void explain(CUresult error, const std::string& log) {
    if (error == abi::CUDA_SUCCESS) return;
    if (error != abi::CUDA_ERROR_NO_BINARY_FOR_GPU && std::getenv("FERRY_LOG") == nullptr) return;
    std::fprintf(stderr, "ferry-soft: cannot load code (error %d): %s\n", error, log.c_str());
}

class Stopwatch {
  public:
    float milliseconds() const { return static_cast<float>(static_cast<double>(now_ns() - start_ns_) / 1e6); }

  private:
    const std::uint64_t start_ns_ = now_ns();
};

CUresult finish(const JitOptions& options, CUresult error, const std::string& log, const Stopwatch& watch) {
    options.report({}, error == abi::CUDA_SUCCESS ? std::string_view() : std::string_view(log),
                   watch.milliseconds());
    explain(error, log);
    return error;
}

}  // namespace

CUresult load_into(Context& context, const void* image, const JitOptions& options, abi::CUmodule& module) {
    const Stopwatch watch;
    const CodeUnits units = read_units(image);
    if (units.error != abi::CUDA_SUCCESS) return finish(options, units.error, units.log, watch);
    CUresult error = abi::CUDA_SUCCESS;
    std::string log;
    const auto loaded = load_module(units.texts, context.number, context, error, log);
    if (loaded && !context.add_module(loaded)) error = abi::CUDA_ERROR_OUT_OF_MEMORY;
    if (error == abi::CUDA_SUCCESS) module = as_handle<abi::CUmodule>(loaded->handle);
    return finish(options, error, log, watch);
}

CUresult load_library(Device& device, const void* image, const JitOptions& options, abi::CUlibrary& library) {
    const Stopwatch watch;
    CodeUnits units = read_units(image);
    if (units.error != abi::CUDA_SUCCESS) return finish(options, units.error, units.log, watch);
    Context* context = nullptr;
    if (find_current(device, context) != abi::CUDA_SUCCESS) context = &device.primary(0);
    auto made = std::make_shared<Library>(std::move(units.texts));
    CUresult error = abi::CUDA_SUCCESS;
    std::string log;
    if (!context->instance_of(*made, error, log)) return finish(options, error, log, watch);
    made->handle = device.handles.add(made.get());
    if (made->handle == 0) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    for (LibraryKernel& kernel : made->kernels()) kernel.handle = device.handles.add(&kernel);
    library = as_handle<abi::CUlibrary>(made->handle);
    device.add_library(std::move(made));
    return finish(options, abi::CUDA_SUCCESS, log, watch);
}

std::unique_ptr<std::vector<char>> read_file(const char* path) {
    std::FILE* file = std::fopen(path, "rb");
    if (file == nullptr) return nullptr;
    auto bytes = std::make_unique<std::vector<char>>();
    char part[65536];
    for (std::size_t got = 0; (got = std::fread(part, 1, sizeof part, file)) != 0;) {
        bytes->insert(bytes->end(), part, part + got);
    }
    const bool failed = std::ferror(file) != 0;
    std::fclose(file);
    bytes->push_back('\0');
    return failed ? nullptr : std::move(bytes);
}

}  // namespace soft::driver
