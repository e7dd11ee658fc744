// Loaded code: modules and their functions, libraries and their kernels.
// Made and owned by api/ (a context owns its modules, the device its libraries); launches keep a module
// alive.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cudart/abi.h"
#include "soft/device_services.h"
#include "soft/ptx/program.h"
#include "soft/stream/kernel_times.h"

namespace soft::driver {

class Module;
class Library;

// What cuFuncSetAttribute and cuKernelSetAttribute change. A kernel and its functions share one.
struct FunctionSettings {
    std::atomic<int> max_dynamic_shared{0};  // bytes; set to 48 KiB less the static part at load
    std::atomic<int> carveout{-1};           // percent
    std::atomic<int> non_portable_cluster{0};
    std::atomic<int> cluster_policy{0};
    KernelTimes times;
};

// A CUfunction.
struct ModuleFunction {
    Module* module = nullptr;
    std::size_t index = 0;
    const FunctionInfo* declared = nullptr;
    std::shared_ptr<FunctionSettings> settings;
    std::uint64_t handle = 0;
};

// A CUmodule.
class Module : public std::enable_shared_from_this<Module> {
  public:
    Module(std::unique_ptr<Program> program, std::uint64_t context_number);
    ~Module();

    ModuleFunction* find_function(std::string_view name);
    const GlobalInfo* find_global(std::string_view name) const;
    std::span<ModuleFunction> functions() { return functions_; }
    const Program& program() const { return *program_; }
    std::uint64_t context_number() const { return context_number_; }

    std::uint64_t handle = 0;
    Library* library = nullptr;  // whose instance this is, or null
    // Of a module that is not a library's: its managed variables, and who gives them back.
    ManagedImage managed;
    DeviceServices* managed_owner = nullptr;

  private:
    const std::unique_ptr<Program> program_;
    const std::uint64_t context_number_;
    std::vector<ModuleFunction> functions_;
    std::map<std::string_view, std::size_t> by_name_;
};

// A CUkernel: a function that is the same in every context.
struct LibraryKernel {
    Library* library = nullptr;
    std::size_t index = 0;
    FunctionInfo declared;
    std::shared_ptr<FunctionSettings> settings;
    std::uint64_t handle = 0;
};

// A CUlibrary: code that is loaded into each context that uses it.
class Library {
  public:
    explicit Library(std::vector<std::string> units) : units_(std::move(units)) {}
    ~Library();

    // The module of this library in the context `number`; loads it there first when need be.
    struct Instance {
        std::shared_ptr<Module> module;  // null on failure
        bool fresh = false;              // loaded by this call: the caller gives it handles
        abi::CUresult error = abi::CUDA_SUCCESS;
        std::string log;
    };
    Instance in_context(std::uint64_t number, DeviceServices& services);
    // The context ends: gives up its instance.
    std::shared_ptr<Module> leave_context(std::uint64_t number);
    std::vector<std::shared_ptr<Module>> all_instances();

    // Filled from the first instance; empty before.
    std::vector<LibraryKernel>& kernels() { return kernels_; }
    LibraryKernel* find_kernel(std::string_view name);

    std::uint64_t handle = 0;

  private:
    std::mutex mutex_;
    const std::vector<std::string> units_;
    std::map<std::uint64_t, std::shared_ptr<Module>> instances_;
    std::vector<LibraryKernel> kernels_;
    ManagedImage managed_;  // one for all contexts, of the first that asked
    DeviceServices* managed_owner_ = nullptr;
};

// Loads `units` (see CodeUnits) for a context; null with `error` and `log` set on failure. `managed`: where
// managed variables are, of a library's instance; null: the module has its own.
std::shared_ptr<Module> load_module(std::span<const std::string> units, std::uint64_t context_number,
                                    DeviceServices& services, abi::CUresult& error, std::string& log,
                                    ManagedImage* managed = nullptr);

}  // namespace soft::driver
