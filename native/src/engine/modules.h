// Modules: loading code and telling the guest what is in it. The image goes to the driver only after its own
// tables have been found to lie inside it; compile options that hold host pointers never get there, our log
// buffers do. Used by the handlers of cuModule* and cuLibrary*; calls the driver through the table the
// executor lends it.
//
// kernels, as a reply carries them: u32 count, then per kernel, 8-aligned: bytes name (with its NUL), 16 x
// i32 attributes (CUfunction_attribute 0..15), u32 parameter count, per parameter u32 offset, u32 size.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "cudart/abi.h"
#include "engine/image_store.h"
#include "host/driver_table.h"
#include "wire/handle.h"

namespace engine {

class Executor;

class Modules {
public:
    struct Load;

    explicit Modules(const device::DriverTable& driver) : driver_(driver) {}

    // Where images are kept for the next process; outlives this. Null: nowhere.
    void keep_in(ImageStore* store) { store_ = store; }
    // The image that a record's field means: its bytes, or those of the kept image it refers to, until the
    // next call of this. Empty when there is none such.
    std::span<const std::byte> image_of(std::span<const std::byte> field);
    // Keeps an image whose load has been described last.
    void keep(const Load& load, bool library, abi::CUdevice device);
    static bool is_reference(std::span<const std::byte> field);

    // A load in two steps. The first copies what the driver needs and finds the image good, or answers why it
    // is not; the second is for any thread, and nothing else of this may be called meanwhile. Both of these
    // leave what the compiler said in log().
    abi::CUresult prepare(std::span<const std::byte> image, std::span<const std::byte> options,
                          std::shared_ptr<Load>& load);
    abi::CUresult load_module(Load& load, abi::CUmodule& module);
    abi::CUresult load_library(Load& load, abi::CUlibrary& library);
    std::span<const std::byte> log() const { return std::as_bytes(std::span(log_)); }

    // What is in a module or library; no kernels when it has more than are described at load, or the driver
    // is too old to say. Valid until the next call of this object.
    std::span<const std::byte> describe_module(abi::CUmodule module);
    std::span<const std::byte> describe_library(abi::CUlibrary library, abi::CUdevice device);
    std::span<const std::byte> describe_function(abi::CUfunction function, const char* name);
    std::span<const std::byte> describe_kernel(abi::CUkernel kernel, const char* name, abi::CUdevice device);

    // `module` will stand for whatever module `library` has in the context that is current when it is used.
    bool name_module(wire::Handle module, wire::Handle library);
    void forget_library(wire::Handle library);
    abi::CUresult module_of_library(Executor& executor, wire::Handle module, void*& object) const;
    // The handle under which functions of `module` are kept.
    wire::Handle owner_of(wire::Handle module) const;

private:
    struct Options;
    struct Placed;
    static abi::CUresult place(std::span<const std::byte> image, Placed& placed);
    void keep_log(const Options& options, abi::CUresult result);
    template <class Subject>
    void put_kernel(const Subject& subject, const char* name);
    struct FunctionSubject;
    struct KernelSubject;

    const device::DriverTable& driver_;
    ImageStore* store_ = nullptr;
    std::vector<std::byte> referenced_;
    std::string log_;
    std::vector<std::byte> kernels_;
    std::unordered_map<std::uint64_t, wire::Handle> module_names_;  // module handle to its library's
};

}  // namespace engine
