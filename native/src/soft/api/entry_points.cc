// Exported: how the runtime finds everything else: entry points by name and version, private tables, loading
// mode.
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "cudart/export_tables.h"
#include "soft/api/entry.h"
#include "soft/api/jit_options.h"
#include "soft/api/load.h"

using namespace soft;
using namespace soft::driver;

namespace {

struct Row {
    std::string_view name;
    int version;         // of CUDA, when this form appeared
    const char* symbol;  // "&symbol", as the table spells it
    const char* twin;    // the same with per-thread default streams, or "nullptr"
};

// The generated table holds every call of the specification: a row whose symbol is not exported here is not
// found.
#define FERRY_PROC(name, version, symbol, twin) {name, version, #symbol, #twin},
constexpr Row kRows[] = {
#include "soft/proc_table.inc"
};
#undef FERRY_PROC

// This library, however it was loaded: its own symbols must be found even where another libcuda comes first.
void* own_library() {
    static void* const library = [] {
        Dl_info here{};
        dladdr(as_pointer<void*>(&cuInit), &here);
        return dlopen(here.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    }();
    return library;
}

void* own_symbol(const char* spelled) {
    return *spelled == '&' && own_library() != nullptr ? dlsym(own_library(), spelled + 1) : nullptr;
}

// The newest form of `name` that is not newer than `version`.
void* find_symbol(std::string_view name, int version, bool per_thread, bool& known) {
    void* found = nullptr;
    known = false;
    for (const Row& row : kRows) {
        if (row.name != name) continue;
        void* const symbol = own_symbol(row.symbol);
        known = known || symbol != nullptr;
        if (symbol == nullptr || row.version > version) continue;
        void* const twin = per_thread ? own_symbol(row.twin) : nullptr;
        found = twin != nullptr ? twin : symbol;
    }
    return found;
}

CUresult load_module_here(abi::CUmodule* module, const void* image) {
    return enter([&](Device& device) {
        Context* context = nullptr;
        if (const CUresult found = find_current(device, context); found != abi::CUDA_SUCCESS) return found;
        return load_into(*context, image, JitOptions(0, nullptr, nullptr), *module);
    });
}

CUresult name_primary(abi::CUcontext* context, abi::CUdevice dev) {
    return enter([&](Device& device) {
        if (!device.has(dev)) return abi::CUDA_ERROR_INVALID_DEVICE;
        *context = as_handle<abi::CUcontext>(device.primary_handle(dev));
        return abi::CUDA_SUCCESS;
    });
}

CUresult create_context(abi::CUcontext* context, unsigned flags, abi::CUdevice dev) {
    return cuCtxCreate_v2(context, flags, dev);
}

void log_unknown(const abi::CUuuid& id) {
    if (std::getenv("FERRY_LOG") == nullptr) return;
    char text[2 * sizeof id.bytes + 1];
    for (std::size_t index = 0; index < sizeof id.bytes; ++index) {
        std::snprintf(text + 2 * index, 3, "%02x", static_cast<unsigned char>(id.bytes[index]));
    }
    std::fprintf(stderr, "ferry-soft: unknown export table %s\n", text);
}

constexpr cudart::DriverServices kServices{
    .load_module = load_module_here,
    .primary_context = name_primary,
    .create_context = create_context,
    .current_context = cuCtxGetCurrent,
    .driver_version = cuDriverGetVersion,
    .device_count = cuDeviceGetCount,
    .device_uuid = cuDeviceGetUuid_v2,
    .device_attribute = cuDeviceGetAttribute,
    .unknown_table = log_unknown,
};

}  // namespace

SOFT_EXPORT CUresult cuGetProcAddress_v2(const char* name, void** function, int version,
                                         abi::cuuint64_t flags, abi::CUdriverProcAddressQueryResult* status) {
    constexpr abi::cuuint64_t kKnown =
        abi::CU_GET_PROC_ADDRESS_LEGACY_STREAM | abi::CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM;
    if (name == nullptr || function == nullptr || (flags & ~kKnown) != 0)
        return abi::CUDA_ERROR_INVALID_VALUE;
    const bool per_thread = (flags & abi::CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM) != 0;
    bool known = false;
    *function = find_symbol(name, version, per_thread, known);
    if (status != nullptr) {
        *status = *function != nullptr ? abi::CU_GET_PROC_ADDRESS_SUCCESS
                  : known              ? abi::CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT
                                       : abi::CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
    }
    return *function != nullptr ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_NOT_FOUND;
}

SOFT_EXPORT CUresult cuGetProcAddress(const char* name, void** function, int version, abi::cuuint64_t flags) {
    return cuGetProcAddress_v2(name, function, version, flags, nullptr);
}

SOFT_EXPORT CUresult cuGetExportTable(const void** table, const abi::CUuuid* id) {
    return cudart::get_export_table(kServices, table, id);
}

SOFT_EXPORT CUresult cuModuleGetLoadingMode(abi::CUmoduleLoadingMode* mode) {
    return enter([&](Device&) {
        if (mode == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
        const char* asked = std::getenv("CUDA_MODULE_LOADING");
        const bool eager = asked != nullptr && std::string_view(asked) == "EAGER";
        *mode = eager ? abi::CU_MODULE_EAGER_LOADING : abi::CU_MODULE_LAZY_LOADING;
        return abi::CUDA_SUCCESS;
    });
}
