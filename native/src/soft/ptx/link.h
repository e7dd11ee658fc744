// Merges the symbols of several units, lays out and fills the memory image. Called by Program::load; its
// result feeds the decoder.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "soft/device_services.h"
#include "soft/launch/insn.h"
#include "soft/ptx/program.h"
#include "soft/ptx/symbols.h"

namespace soft::ptx {

class Linker {
  public:
    Linker(std::vector<Module>& modules, DeviceServices& services, ManagedImage& managed)
        : modules_(modules), services_(services), managed_(managed) {}

    // 0, or the CUresult to answer, with log() set.
    int run(Link& link, std::vector<std::unique_ptr<Code>>& codes);
    const std::string& log() const { return log_; }
    std::uint64_t image() const { return image_; }
    const std::vector<GlobalInfo>& globals() const { return globals_; }

  private:
    int collect();
    int add_definition(SymbolMap& map, std::string_view name, Linkage linkage, const Symbol& symbol,
                       std::uint32_t line);
    int lay_out();
    int lay_out_managed();
    int place_variable(Variable& variable, SymbolMap& own);
    int add_functions(std::uint32_t unit);
    int add_aliases(std::uint32_t unit);
    int resolve_externals();
    int resolve_variable(const Variable& variable, SymbolMap& own);
    int resolve_function(const FunctionSyntax& function, std::uint32_t unit);
    int fill_image();
    int fill_variable(const Variable& variable, std::uint32_t unit, std::uint64_t address);
    int fail(int error, std::uint32_t line, const std::string& message);

    std::vector<Module>& modules_;
    DeviceServices& services_;
    ManagedImage& managed_;
    Link* link_ = nullptr;
    std::vector<std::unique_ptr<Code>>* codes_ = nullptr;
    std::string log_;
    std::uint64_t image_ = 0;
    std::uint64_t image_size_ = 0;
    std::uint64_t managed_size_ = 0;
    bool fills_managed_ = true;
    std::vector<GlobalInfo> globals_;
    SymbolMap exported_;  // what other units see
    std::unordered_map<std::string_view, bool> exported_is_weak_;
};

}  // namespace soft::ptx
