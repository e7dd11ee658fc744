// Submission, and the look-ups that entries share (see entry.h).
#include "soft/api/entry.h"

namespace soft::driver {

CUresult submit_work(Device& device, Context& context, const CommandRef& command, bool wait) {
    device.scheduler.submit(command, nullptr, wait);
    if (!wait) return abi::CUDA_SUCCESS;
    device.scheduler.wait(command, context.spins());
    context.output.flush();
    return context.error();
}

ModuleFunction* find_function(Device& device, Context& context, abi::CUfunction handle, CUresult& error) {
    error = abi::CUDA_ERROR_INVALID_HANDLE;
    if (auto* function = device.handles.find<ModuleFunction>(handle)) return function;
    const auto* kernel = device.handles.find<LibraryKernel>(handle);
    if (kernel == nullptr) return nullptr;
    std::string log;
    const auto module = context.instance_of(*kernel->library, error, log);
    if (!module || kernel->index >= module->functions().size()) return nullptr;
    error = abi::CUDA_SUCCESS;
    return &module->functions()[kernel->index];
}

}  // namespace soft::driver
