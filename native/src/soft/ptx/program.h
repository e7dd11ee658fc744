// The engine's face, part one: PTX text in, a loaded Program out. Used by module/ (which finds the PTX in
// fatbins). A Program is immutable after load except for its memory image; any number of grids may run from
// it at once.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "soft/device_services.h"

namespace soft {

struct ParamInfo {
    std::uint32_t offset;  // bytes from the start of the parameter block
    std::uint32_t size;    // bytes
    std::uint32_t align;
};

struct FunctionInfo {
    std::string name;
    std::vector<ParamInfo> params;                // in declaration order
    std::uint32_t param_bytes = 0;                // size of the whole parameter block
    std::uint32_t static_shared = 0;              // bytes of .shared with a known size
    std::uint32_t local_bytes = 0;                // bytes of .local per thread
    std::uint32_t registers = 0;                  // a plausible count for occupancy, 1..255
    std::uint32_t max_threads = 1024;             // .maxntid / .reqntid product, else 1024
    std::uint32_t required_block[3] = {0, 0, 0};  // .reqntid, zeros when absent
    std::int32_t ptx_version =
        0;  // 10 * major + minor of the .target's compute capability, as CUDA reports it
};

struct GlobalInfo {
    std::string name;
    std::uint64_t address;
    std::uint64_t size;  // bytes
    bool is_const;
    bool is_managed;
};

// Where managed variables lie: the same place in every Program that is loaded with it. Filled by the first.
struct ManagedImage {
    std::uint64_t address = 0;
    std::uint64_t size = 0;  // bytes
};

class Function;  // one kernel, decoded at its first launch

class Program;
struct LoadResult {
    std::unique_ptr<Program> program;  // null on failure
    int error = 0;  // CUresult: 0, CUDA_ERROR_INVALID_PTX (218), _OUT_OF_MEMORY (2), _NOT_FOUND (500) for an
                    // unresolved symbol
    std::string log;  // "line 12: ..." for people; set on failure
};

class Program {
  public:
    // Parses and links `units` (one PTX text each; several when a -rdc fatbin names several translation
    // units), allocates and fills the memory image. `services` outlives the Program. Thread-safe against
    // other loads. What `managed` names is the caller's to free.
    static LoadResult load(std::span<const std::string_view> units, DeviceServices& services,
                           ManagedImage& managed);
    virtual ~Program() = default;

    virtual std::span<const FunctionInfo> functions() const = 0;  // the .entry points
    virtual std::span<const GlobalInfo> globals() const = 0;      // visible .global and .const variables
    // The kernel at `index` of functions(); lives as long as the Program.
    virtual const Function& function(std::size_t index) const = 0;
};

}  // namespace soft
