// Kernel metadata, asked of the driver and packed for the guest. Part of modules.h's class.
#include <algorithm>
#include <cstring>
#include <vector>

#include "engine/limits.h"
#include "engine/modules.h"
#include "wire/cursor.h"

namespace engine {
namespace {

constexpr std::size_t kCountSize = 8;  // u32 count, and padding up to the first kernel

struct Parameter {
    std::uint32_t offset;
    std::uint32_t size;
};

void put_count(std::vector<std::byte>& kernels, std::uint32_t count) {
    kernels.resize(std::max(kernels.size(), kCountSize));
    std::memcpy(kernels.data(), &count, sizeof count);
}

}  // namespace

// The same questions put to a CUfunction and to a CUkernel.
struct Modules::FunctionSubject {
    const device::DriverTable& driver;
    abi::CUfunction function;
    std::int32_t attribute(int index) const {
        int value = 0;
        const auto name = static_cast<abi::CUfunction_attribute>(index);
        if (driver.cuFuncGetAttribute == nullptr) return 0;
        return driver.cuFuncGetAttribute(&value, name, function) == abi::CUDA_SUCCESS ? value : 0;
    }
    bool parameter(std::size_t index, std::size_t& offset, std::size_t& size) const {
        return driver.cuFuncGetParamInfo != nullptr &&
               driver.cuFuncGetParamInfo(function, index, &offset, &size) == abi::CUDA_SUCCESS;
    }
};

struct Modules::KernelSubject {
    const device::DriverTable& driver;
    abi::CUkernel kernel;
    abi::CUdevice device;
    std::int32_t attribute(int index) const {
        int value = 0;
        const auto name = static_cast<abi::CUfunction_attribute>(index);
        if (driver.cuKernelGetAttribute == nullptr) return 0;
        return driver.cuKernelGetAttribute(&value, name, kernel, device) == abi::CUDA_SUCCESS ? value : 0;
    }
    bool parameter(std::size_t index, std::size_t& offset, std::size_t& size) const {
        return driver.cuKernelGetParamInfo != nullptr &&
               driver.cuKernelGetParamInfo(kernel, index, &offset, &size) == abi::CUDA_SUCCESS;
    }
};

template <class Subject>
void Modules::put_kernel(const Subject& subject, const char* name) {
    std::vector<Parameter> parameters;
    std::size_t offset = 0;
    std::size_t size = 0;
    while (parameters.size() < kMaxKernelParameters && subject.parameter(parameters.size(), offset, size)) {
        parameters.push_back({static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(size)});
    }
    const auto put = [&](auto& sink) {
        sink.bytes(std::as_bytes(std::span(name, std::strlen(name) + 1)));
        for (int index = 0; index < abi::CU_FUNC_ATTRIBUTE_MAX; ++index)
            sink.scalar(subject.attribute(index));
        sink.scalar(static_cast<std::uint32_t>(parameters.size()));
        for (const Parameter& parameter : parameters) {
            sink.scalar(parameter.offset);
            sink.scalar(parameter.size);
        }
        sink.pad_to(wire::kRecordAlignment);
    };
    const std::size_t name_size = wire::align_up(std::strlen(name) + 1, wire::kRecordAlignment);
    const std::size_t fixed = 8 + name_size + 4 * abi::CU_FUNC_ATTRIBUTE_MAX + 4;
    const std::size_t whole =
        wire::align_up(fixed + sizeof(Parameter) * parameters.size(), wire::kRecordAlignment);
    const std::size_t start = kernels_.size();
    if (start + whole > kMaxMetadataSize) return;
    kernels_.resize(start + whole);
    wire::Writer writer(kernels_.data() + start);
    put(writer);
}

std::span<const std::byte> Modules::describe_function(abi::CUfunction function, const char* name) {
    kernels_.assign(kCountSize, std::byte{0});
    put_kernel(FunctionSubject{driver_, function}, name);
    put_count(kernels_, 1);
    return kernels_;
}

std::span<const std::byte> Modules::describe_kernel(abi::CUkernel kernel, const char* name,
                                                    abi::CUdevice device) {
    kernels_.assign(kCountSize, std::byte{0});
    put_kernel(KernelSubject{driver_, kernel, device}, name);
    put_count(kernels_, 1);
    return kernels_;
}

std::span<const std::byte> Modules::describe_module(abi::CUmodule module) {
    kernels_.assign(kCountSize, std::byte{0});
    unsigned count = 0;
    const bool can_say = driver_.cuModuleGetFunctionCount != nullptr &&
                         driver_.cuModuleEnumerateFunctions != nullptr && driver_.cuFuncGetName != nullptr;
    if (!can_say || driver_.cuModuleGetFunctionCount(&count, module) != abi::CUDA_SUCCESS) return kernels_;
    if (count == 0 || count > kKernelsDescribedAtLoad) return kernels_;
    std::vector<abi::CUfunction> functions(count);
    if (driver_.cuModuleEnumerateFunctions(functions.data(), count, module) != abi::CUDA_SUCCESS)
        return kernels_;
    std::uint32_t described = 0;
    for (abi::CUfunction function : functions) {
        const char* name = nullptr;
        if (driver_.cuFuncGetName(&name, function) != abi::CUDA_SUCCESS || name == nullptr) continue;
        const std::size_t before = kernels_.size();
        put_kernel(FunctionSubject{driver_, function}, name);
        if (kernels_.size() != before) ++described;
    }
    put_count(kernels_, described);
    return kernels_;
}

std::span<const std::byte> Modules::describe_library(abi::CUlibrary library, abi::CUdevice device) {
    kernels_.assign(kCountSize, std::byte{0});
    unsigned count = 0;
    const bool can_say = driver_.cuLibraryGetKernelCount != nullptr &&
                         driver_.cuLibraryEnumerateKernels != nullptr && driver_.cuKernelGetName != nullptr;
    if (!can_say || driver_.cuLibraryGetKernelCount(&count, library) != abi::CUDA_SUCCESS) return kernels_;
    if (count == 0 || count > kKernelsDescribedAtLoad) return kernels_;
    std::vector<abi::CUkernel> found(count);
    if (driver_.cuLibraryEnumerateKernels(found.data(), count, library) != abi::CUDA_SUCCESS) return kernels_;
    std::uint32_t described = 0;
    for (abi::CUkernel kernel : found) {
        const char* name = nullptr;
        if (driver_.cuKernelGetName(&name, kernel) != abi::CUDA_SUCCESS || name == nullptr) continue;
        const std::size_t before = kernels_.size();
        put_kernel(KernelSubject{driver_, kernel, device}, name);
        if (kernels_.size() != before) ++described;
    }
    put_count(kernels_, described);
    return kernels_;
}

}  // namespace engine
