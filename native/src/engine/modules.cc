// Image placement, compile options and logs. See modules.h; descriptions are in modules_describe.cc.
#include "engine/modules.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "cudart/fatbin_image.h"
#include "engine/executor.h"
#include "engine/limits.h"

namespace engine {
namespace {

constexpr std::size_t kImageSlack = 64;  // zeros behind an image, for parsers that read in words
constexpr std::size_t kLogSize = 16 << 10;
constexpr std::size_t kMaxOptions = 64;

// Options that are plain numbers. All others hold pointers of the guest, or are outputs.
bool is_plain(std::uint32_t option) {
    constexpr std::array kPlain = {
        abi::CU_JIT_MAX_REGISTERS,
        abi::CU_JIT_THREADS_PER_BLOCK,
        abi::CU_JIT_OPTIMIZATION_LEVEL,
        abi::CU_JIT_TARGET_FROM_CUCONTEXT,
        abi::CU_JIT_TARGET,
        abi::CU_JIT_FALLBACK_STRATEGY,
        abi::CU_JIT_GENERATE_DEBUG_INFO,
        abi::CU_JIT_LOG_VERBOSE,
        abi::CU_JIT_GENERATE_LINE_INFO,
        abi::CU_JIT_CACHE_MODE,
        abi::CU_JIT_POSITION_INDEPENDENT_CODE,
        abi::CU_JIT_MIN_CTA_PER_SM,
        abi::CU_JIT_MAX_THREADS_PER_BLOCK,
        abi::CU_JIT_OVERRIDE_DIRECTIVE_VALUES,
        abi::CU_JIT_SPLIT_COMPILE,
    };
    return std::any_of(kPlain.begin(), kPlain.end(), [option](abi::CUjit_option plain) {
        return static_cast<std::uint32_t>(plain) == option;
    });
}

// CUDA passes numbers in a void*.
void* as_option_value(std::uint64_t value) {
    void* pointer = nullptr;
    static_assert(sizeof pointer == sizeof value);
    std::memcpy(&pointer, &value, sizeof pointer);
    return pointer;
}

}  // namespace

// What the driver gets: the guest's plain options and two log buffers of ours.
struct Modules::Options {
    explicit Options(std::span<const std::byte> pairs) {
        // pairs: u32 option, u32 padding, u64 value
        for (; pairs.size() >= 16 && count < kMaxOptions; pairs = pairs.subspan(16)) {
            std::uint32_t option = 0;
            std::uint64_t value = 0;
            std::memcpy(&option, pairs.data(), sizeof option);
            std::memcpy(&value, pairs.data() + 8, sizeof value);
            if (is_plain(option)) add(static_cast<abi::CUjit_option>(option), value);
        }
        add_buffer(abi::CU_JIT_INFO_LOG_BUFFER, abi::CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES, info);
        add_buffer(abi::CU_JIT_ERROR_LOG_BUFFER, abi::CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES, error);
    }
    void add(abi::CUjit_option name, std::uint64_t value) {
        names[count] = name;
        values[count++] = as_option_value(value);
    }
    void add_buffer(abi::CUjit_option buffer, abi::CUjit_option size, std::vector<char>& bytes) {
        names[count] = buffer;
        values[count++] = bytes.data();
        add(size, bytes.size());
    }
    std::vector<char> info = std::vector<char>(kLogSize);
    std::vector<char> error = std::vector<char>(kLogSize);
    std::array<abi::CUjit_option, kMaxOptions + 4> names{};
    std::array<void*, kMaxOptions + 4> values{};
    unsigned count = 0;
};

// A copy of the image that is aligned, ends in zeros, and is what a driver expects behind its pointer.
struct Modules::Placed {
    std::unique_ptr<std::byte[]> bytes;
    std::vector<const void*> prelinked;
    struct Wrapper {
        std::uint32_t magic;
        std::uint32_t version;
        const void* data;
        const void* prelinked;
    } wrapper{};
    const void* image = nullptr;
};

struct Modules::Load {
    explicit Load(std::span<const std::byte> given)
        : for_driver(given), options(given.begin(), given.end()) {}
    Placed placed;
    std::size_t size = 0;  // of the image
    Options for_driver;
    std::vector<std::byte> options;
};

abi::CUresult Modules::place(std::span<const std::byte> image, Placed& placed) {
    const cudart::ImageKind kind = cudart::check_image(image);
    if (kind == cudart::ImageKind::none) return abi::CUDA_ERROR_INVALID_IMAGE;
    placed.bytes.reset(new std::byte[image.size() + kImageSlack]);
    std::memcpy(placed.bytes.get(), image.data(), image.size());
    std::memset(placed.bytes.get() + image.size(), 0, kImageSlack);
    placed.image = placed.bytes.get();
    if (kind != cudart::ImageKind::fatbin) return abi::CUDA_SUCCESS;

    // One fatbin goes as it is. Several are a version 2 wrapper's: the first, and the list of prelinked ones.
    std::span<const std::byte> rest(placed.bytes.get(), image.size());
    for (bool first = true; !rest.empty(); first = false) {
        const auto fatbin = cudart::first_fatbin(rest);
        if (fatbin.empty()) break;
        if (!first) placed.prelinked.push_back(fatbin.data());
        rest = rest.subspan(std::min(rest.size(), wire::align_up(fatbin.size(), wire::kRecordAlignment)));
    }
    if (placed.prelinked.empty()) return abi::CUDA_SUCCESS;
    placed.prelinked.push_back(nullptr);
    placed.wrapper = {cudart::kWrapperMagic, 2, placed.bytes.get(), placed.prelinked.data()};
    placed.image = &placed.wrapper;
    return abi::CUDA_SUCCESS;
}

std::span<const std::byte> Modules::image_of(std::span<const std::byte> field) {
    referenced_.clear();
    wire::ImageReference reference{};
    if (!wire::read_reference(field, reference)) return field;
    if (store_ != nullptr) referenced_ = store_->find(reference);
    return referenced_;
}

bool Modules::is_reference(std::span<const std::byte> field) {
    wire::ImageReference reference{};
    return wire::read_reference(field, reference);
}

void Modules::keep(const Load& load, bool library, abi::CUdevice device) {
    if (store_ == nullptr) return;
    store_->keep({load.placed.bytes.get(), load.size}, {.image = {},
                                                        .library = library,
                                                        .device = device,
                                                        .options = load.options,
                                                        .log = log(),
                                                        .kernels = kernels_});
}

void Modules::keep_log(const Options& options, abi::CUresult result) {
    const auto& bytes = result == abi::CUDA_SUCCESS ? options.info : options.error;
    log_.assign(bytes.data(), ::strnlen(bytes.data(), bytes.size()));
}

abi::CUresult Modules::prepare(std::span<const std::byte> image, std::span<const std::byte> options,
                               std::shared_ptr<Load>& load) {
    log_.clear();
    kernels_.clear();
    load = std::make_shared<Load>(options);
    load->size = image.size();
    return place(image, load->placed);
}

abi::CUresult Modules::load_module(Load& load, abi::CUmodule& module) {
    Options& options = load.for_driver;
    const abi::CUresult result = driver_.cuModuleLoadDataEx(
        &module, load.placed.image, options.count, options.names.data(), options.values.data());
    keep_log(options, result);
    return result;
}

abi::CUresult Modules::load_library(Load& load, abi::CUlibrary& library) {
    Options& options = load.for_driver;
    const abi::CUresult result =
        driver_.cuLibraryLoadData(&library, load.placed.image, options.names.data(), options.values.data(),
                                  options.count, nullptr, nullptr, 0);
    keep_log(options, result);
    return result;
}

bool Modules::name_module(wire::Handle module, wire::Handle library) {
    if (module.kind() != wire::HandleKind::module || module_names_.size() >= kMaxModules) return false;
    return module_names_.emplace(module.value, library).second;
}

void Modules::forget_library(wire::Handle library) {
    std::erase_if(module_names_, [library](const auto& name) { return name.second == library; });
}

wire::Handle Modules::owner_of(wire::Handle module) const {
    const auto found = module_names_.find(module.value);
    return found != module_names_.end() ? found->second : module;
}

abi::CUresult Modules::module_of_library(Executor& executor, wire::Handle module, void*& object) const {
    object = nullptr;
    const auto found = module_names_.find(module.value);
    if (found == module_names_.end()) return abi::CUDA_ERROR_INVALID_HANDLE;
    auto* library =
        static_cast<abi::CUlibrary>(executor.handles().find(wire::HandleKind::library, found->second));
    if (library == nullptr || driver_.cuLibraryGetModule == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
    abi::CUmodule current = nullptr;
    const abi::CUresult result = driver_.cuLibraryGetModule(&current, library);
    object = current;
    return result;
}

}  // namespace engine
