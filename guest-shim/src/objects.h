// What the guest remembers about each kind of object, behind its handles. Every object but a context and a
// library belongs to a context; when that goes (destroyed, or its primary context reset), its epoch moves on
// and everything made in it becomes an invalid handle without being visited.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cudart/abi.h"
#include "device_memory.h"
#include "futex.h"
#include "wire/handle.h"

namespace guest {

// The last answer of the host to a query, and when it was given. `position` says what it was about.
struct Question {
    std::atomic<std::uint64_t> done{0};       // known to be done up to here
    std::atomic<std::uint64_t> not_ready{0};  // "not ready" was the answer for this, and the host follows it
    std::atomic<std::int64_t> asked_ns{0};
};

struct Context {
    wire::Handle handle;
    int device = 0;       // the guest's ordinal
    int host_device = 0;  // the snapshot's
    unsigned flags = 0;
    bool primary = false;
    std::uint64_t id = 0;
    std::atomic<bool> alive{false};
    std::atomic<std::uint32_t> epoch{1};
    std::atomic<int> uses{1};  // cuCtxAttach
    abi::CUfunc_cache cache_config = abi::CU_FUNC_CACHE_PREFER_NONE;
    // What the host has answered once and goes on answering (entry_limits.cc); 0: not asked yet.
    std::atomic<std::uint64_t> priority_range{0};
    std::array<std::atomic<std::uint64_t>, abi::CU_LIMIT_MAX> limits = {};  // each the value plus one
    // Something has been launched since the last wait for all of it: then an end of this context, or of code,
    // may have text to bring out. Set behind the launch and cleared before the wait, so never too early.
    mutable std::atomic<bool> launched{false};
    void note_launch() const {
        if (!launched.load(std::memory_order_relaxed)) launched.store(true, std::memory_order_relaxed);
    }
    DeviceHeap heap;
    MemoryFacts memory;
    Question legacy;  // of the legacy default stream; see Stream
};

struct Object {
    Context* context = nullptr;  // null: of no context in particular
    std::uint32_t epoch = 0;
    bool current() const {
        return context == nullptr || context->epoch.load(std::memory_order_relaxed) == epoch;
    }
    virtual ~Object() = default;
};

struct Stream : Object {
    unsigned flags = 0;
    int priority = 0;
    std::uint64_t id = 0;
    Question question;  // position: records appended
};

struct Event : Object {
    std::atomic<std::uint64_t> recorded{0};  // recordings appended
    Question question;                       // position: a recording
};

struct Array : Object {
    abi::CUDA_ARRAY3D_DESCRIPTOR description{};
    bool is_level = false;  // it ends with its mipmapped array
};

struct Mipmap : Object {
    abi::CUDA_ARRAY3D_DESCRIPTOR description{};
    Mutex mutex;
    std::vector<wire::Handle> levels;  // those that have been asked for; value 0 else
};

struct Parameter {
    std::uint32_t offset;  // bytes from the start of the packed arguments
    std::uint32_t size;    // bytes
};

inline constexpr std::size_t kFunctionAttributes = abi::CU_FUNC_ATTRIBUTE_MAX;

struct KernelFacts {
    std::string name;
    std::atomic<std::int32_t> attributes[kFunctionAttributes] = {};
    std::vector<Parameter> parameters;
    std::uint32_t parameter_bytes = 0;
    bool has_gaps = false;  // between parameters
    std::atomic<std::uint64_t> handle{0};  // once somebody has asked for it
};

struct Variable {
    std::uint64_t address;
    std::uint64_t size;  // bytes
};

// A module, or a library.
struct Image : Object {
    wire::Handle handle;
    wire::Handle module;       // of a library: what cuLibraryGetModule answers
    Image* library = nullptr;  // of a library's module: the library, whose kernels it has
    std::vector<KernelFacts*> kernels;
    std::unordered_map<std::string_view, KernelFacts*> by_name;
    std::unordered_map<std::string, Variable> variables;
    ~Image() override {
        for (KernelFacts* kernel : kernels) delete kernel;
    }
};

// A CUfunction or a CUkernel.
struct Function : Object {
    wire::Handle handle;
    Image* image = nullptr;
    KernelFacts* facts = nullptr;
};

}  // namespace guest
