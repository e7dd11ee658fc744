// Chapter "Driver Entry Point Access", the private tables, and the profiler switches that have nothing to
// switch.
#include <string.h>

#include <iterator>

#include "cudart/export_tables.h"
#include "guest/hand.h"
#include "guest/stubs.h"
#include "log.h"
#include "stub_runtime.h"
#include "version.h"
#include "wire/pointer_unsafe.h"

// Tells a daemon that this library is Ferry's own and no driver to forward to.
extern "C" FERRY_EXPORT const char* ferry_shim_version();
extern "C" FERRY_EXPORT const char* ferry_shim_version() { return guest::kShimVersion; }

namespace guest {
namespace {

struct EntryPoint {
    const char* name;
    int since;
    void* symbol;
    void* per_thread;
};

// SAFETY: a function's address as the void* in which cuGetProcAddress hands it out.
template <class Function>
void* address_of(Function* function) {
    return reinterpret_cast<void*>(function);
}
void* address_of(std::nullptr_t) { return nullptr; }

const EntryPoint* entry_points(std::size_t& count) {
#define FERRY_PROC(name, since, symbol, twin) {name, since, address_of(symbol), address_of(twin)},
    static const EntryPoint table[] = {
#include "guest/proc_table.inc"
    };
#undef FERRY_PROC
    count = std::size(table);
    return table;
}

// The newest ABI of `name` not newer than `version`.
const EntryPoint* find_entry(const char* name, int version, bool& known) {
    std::size_t count = 0;
    const EntryPoint* table = entry_points(count);
    const EntryPoint* best = nullptr;
    known = false;
    for (std::size_t index = 0; index < count; ++index) {
        if (strcmp(table[index].name, name) != 0) continue;
        known = true;
        if (table[index].since <= version && (best == nullptr || table[index].since >= best->since)) {
            best = &table[index];
        }
    }
    return best;
}

// The primary context as a name only: what CUDART_INTERFACE asks for while the runtime initialises.
abi::CUresult name_primary_context(abi::CUcontext* context, abi::CUdevice device) {
    // Counted as the question about the primary context that it is.
    return boundary<wire::CallId::cuDevicePrimaryCtxGetState>([&](Session& session) -> abi::CUresult {
        if (session.snapshot.device(device) == nullptr) return abi::CUDA_ERROR_INVALID_DEVICE;
        Guard guard(session.contexts.primary(device).mutex);
        const Context* primary = session.contexts.primary_context(session, device);
        if (primary == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
        *context = wire::to_pointer<abi::CUcontext>(primary->handle);
        return abi::CUDA_SUCCESS;
    });
}

void report_table(const abi::CUuuid& id) {
    char text[2 * sizeof id.bytes + 1];
    for (std::size_t index = 0; index < sizeof id.bytes; ++index) {
        constexpr char kDigits[] = "0123456789abcdef";
        text[2 * index] = kDigits[static_cast<unsigned char>(id.bytes[index]) >> 4];
        text[2 * index + 1] = kDigits[static_cast<unsigned char>(id.bytes[index]) & 15];
    }
    text[2 * sizeof id.bytes] = '\0';
    log_line(LogLevel::note, "refused the undocumented table %s", text);
}

constexpr cudart::DriverServices kServices{
    .load_module = &cuModuleLoadData,
    .primary_context = &name_primary_context,
    .create_context = &cuCtxCreate_v2,
    .current_context = &cuCtxGetCurrent,
    .driver_version = &cuDriverGetVersion,
    .device_count = &cuDeviceGetCount,
    .device_uuid = &cuDeviceGetUuid_v2,
    .device_attribute = &cuDeviceGetAttribute,
    .unknown_table = &report_table,
};

}  // namespace

namespace local {

abi::CUresult cuGetProcAddress(const char* symbol, void** pfn, int cudaVersion, abi::cuuint64_t flags) {
    return cuGetProcAddress_v2(symbol, pfn, cudaVersion, flags, nullptr);
}

abi::CUresult cuGetProcAddress_v2(const char* symbol, void** pfn, int cudaVersion, abi::cuuint64_t flags,
                                  abi::CUdriverProcAddressQueryResult* symbolStatus) {
    constexpr abi::cuuint64_t kKnownFlags =
        abi::CU_GET_PROC_ADDRESS_LEGACY_STREAM | abi::CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM;
    if (symbol == nullptr || pfn == nullptr || (flags & ~kKnownFlags) != 0)
        return abi::CUDA_ERROR_INVALID_VALUE;
    bool known = false;
    const EntryPoint* entry = find_entry(symbol, cudaVersion, known);
    if (symbolStatus != nullptr) {
        *symbolStatus = entry != nullptr ? abi::CU_GET_PROC_ADDRESS_SUCCESS
                        : known          ? abi::CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT
                                         : abi::CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
    }
    *pfn = nullptr;
    if (entry == nullptr) {
        log_line(LogLevel::debug, "%s of CUDA %d is not forwarded", symbol, cudaVersion);
        return abi::CUDA_ERROR_NOT_FOUND;
    }
    const bool per_thread = (flags & abi::CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM) != 0;
    *pfn = per_thread && entry->per_thread != nullptr ? entry->per_thread : entry->symbol;
    return abi::CUDA_SUCCESS;
}

abi::CUresult cuGetExportTable(const void** ppExportTable, const abi::CUuuid* pExportTableId) {
    return cudart::get_export_table(kServices, ppExportTable, pExportTableId);
}

abi::CUresult cuProfilerStart(Session&) {
    Context* context = nullptr;
    return need_context(context);
}

abi::CUresult cuProfilerStop(Session&) {
    Context* context = nullptr;
    return need_context(context);
}

}  // namespace local
}  // namespace guest
