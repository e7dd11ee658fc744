// Modules and libraries around the engine's Programs.
#include "soft/module/code.h"

#include <algorithm>

namespace soft::driver {
namespace {
constexpr int kDefaultShared = 48 << 10;  // bytes a block has without opting in
}

Module::Module(std::unique_ptr<Program> program, std::uint64_t context_number)
    : program_(std::move(program)), context_number_(context_number) {
    const auto declared = program_->functions();
    functions_.reserve(declared.size());
    for (std::size_t index = 0; index < declared.size(); ++index) {
        auto settings = std::make_shared<FunctionSettings>();
        settings->max_dynamic_shared =
            std::max(0, kDefaultShared - static_cast<int>(declared[index].static_shared));
        functions_.push_back({this, index, &declared[index], std::move(settings), 0});
        by_name_.emplace(declared[index].name, index);
    }
}

Module::~Module() {
    if (managed_owner != nullptr) managed_owner->free_managed(managed.address);
}

Library::~Library() {
    if (managed_owner_ != nullptr) managed_owner_->free_managed(managed_.address);
}

ModuleFunction* Module::find_function(std::string_view name) {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &functions_[found->second];
}

const GlobalInfo* Module::find_global(std::string_view name) const {
    const auto globals = program_->globals();
    const auto found = std::ranges::find(globals, name, &GlobalInfo::name);
    return found == globals.end() ? nullptr : &*found;
}

std::shared_ptr<Module> load_module(std::span<const std::string> units, std::uint64_t context_number,
                                    DeviceServices& services, abi::CUresult& error, std::string& log,
                                    ManagedImage* managed) {
    const std::vector<std::string_view> views(units.begin(), units.end());
    ManagedImage own;
    LoadResult loaded = Program::load(views, services, managed == nullptr ? own : *managed);
    if (loaded.program == nullptr) {
        if (own.address != 0) services.free_managed(own.address);
        error = loaded.error == 0 ? abi::CUDA_ERROR_UNKNOWN : static_cast<abi::CUresult>(loaded.error);
        log = std::move(loaded.log);
        return nullptr;
    }
    error = abi::CUDA_SUCCESS;
    auto module = std::make_shared<Module>(std::move(loaded.program), context_number);
    module->managed = own;
    if (own.address != 0) module->managed_owner = &services;
    return module;
}

Library::Instance Library::in_context(std::uint64_t number, DeviceServices& services) {
    const std::lock_guard lock(mutex_);
    Instance answer;
    if (const auto found = instances_.find(number); found != instances_.end()) {
        answer.module = found->second;
        return answer;
    }
    answer.module = load_module(units_, number, services, answer.error, answer.log, &managed_);
    // The context may end before the library; what is left of it still serves.
    if (managed_.address != 0 && managed_owner_ == nullptr) managed_owner_ = &services;
    if (!answer.module) return answer;
    answer.fresh = true;
    answer.module->library = this;
    instances_.emplace(number, answer.module);
    const auto functions = answer.module->functions();
    if (kernels_.empty()) {
        kernels_.reserve(functions.size());
        for (const ModuleFunction& function : functions) {
            kernels_.push_back({this, function.index, *function.declared, function.settings, 0});
        }
    }
    for (ModuleFunction& function : functions) function.settings = kernels_[function.index].settings;
    return answer;
}

std::shared_ptr<Module> Library::leave_context(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    auto node = instances_.extract(number);
    return node.empty() ? nullptr : std::move(node.mapped());
}

std::vector<std::shared_ptr<Module>> Library::all_instances() {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<Module>> all;
    for (auto& [number, module] : instances_) all.push_back(std::move(module));
    instances_.clear();
    return all;
}

LibraryKernel* Library::find_kernel(std::string_view name) {
    const auto found = std::ranges::find(
        kernels_, name,
        [](const LibraryKernel& kernel) -> const std::string& { return kernel.declared.name; });
    return found == kernels_.end() ? nullptr : &*found;
}

}  // namespace soft::driver
