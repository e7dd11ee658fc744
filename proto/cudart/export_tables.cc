// The tables themselves, each a structure whose members stand where the runtime calls them. See
// export_tables.h. Entries whose purpose is not known refuse with CUDA_ERROR_NOT_SUPPORTED rather than
// pretend.
#include "cudart/export_tables.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <span>

#include "cudart/integrity.h"

namespace cudart {
namespace {

using abi::CUcontext;
using abi::CUdevice;
using abi::CUmodule;
using abi::CUresult;

constinit std::atomic<const DriverServices*> installed{nullptr};

const DriverServices& services() { return *installed.load(std::memory_order_acquire); }

CUresult refused() { return abi::CUDA_ERROR_NOT_SUPPORTED; }
CUresult accepted() { return abi::CUDA_SUCCESS; }
using Plain = CUresult (*)();

// -- CUDART_INTERFACE --

CUresult module_from_wrapper(CUmodule* module, const void* wrapper) {
    if (module == nullptr || wrapper == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    return services().load_module(module, wrapper);
}
CUresult module_from_wrapper_extended(CUmodule* module, const void* wrapper, void*, void*, unsigned) {
    return module_from_wrapper(module, wrapper);
}
CUresult module_from_header(const void* header, CUmodule* module, void*, void*, unsigned) {
    return module_from_wrapper(module, header);
}
CUresult primary_context(CUcontext* context, CUdevice device) {
    if (context == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    return services().primary_context(context, device);
}
void ignore_size(std::size_t) {}

struct CudartInterface {
    std::size_t size;
    CUresult (*from_wrapper)(CUmodule*, const void*);
    CUresult (*primary)(CUcontext*, CUdevice);
    Plain unknown3[3];
    CUresult (*from_wrapper_extended)(CUmodule*, const void*, void*, void*, unsigned);
    void (*ignored)(std::size_t);
    CUresult (*from_header)(const void*, CUmodule*, void*, void*, unsigned);
    Plain unknown9[3];
    Plain load_compilers;
};
constinit const CudartInterface cudart_interface{
    sizeof(CudartInterface),     module_from_wrapper,          primary_context,
    {refused, refused, refused}, module_from_wrapper_extended, ignore_size,
    module_from_header,          {refused, refused, refused},  accepted};
static_assert(sizeof(CudartInterface) == 13 * sizeof(void*));

// -- TOOLS_RUNTIME_CALLBACK_HOOKS --

constinit std::uintptr_t hook_words[1024] = {};
constinit unsigned char hook_bytes[14] = {};

void words_buffer(void** buffer, std::size_t* size) {
    *buffer = hook_words;
    *size = std::size(hook_words);
}
void bytes_buffer(void** buffer, std::size_t* size) {
    *buffer = hook_bytes;
    *size = std::size(hook_bytes);
}

using BufferGetter = void (*)(void** buffer, std::size_t* size);
struct CallbackHooks {
    std::size_t size;
    Plain unknown1;
    BufferGetter words;
    Plain unknown3[3];
    BufferGetter bytes;
};
constinit const CallbackHooks callback_hooks{
    sizeof(CallbackHooks), refused, words_buffer, {refused, refused, refused}, bytes_buffer};
static_assert(sizeof(CallbackHooks) == 7 * sizeof(void*));

// -- TOOLS_TLS --

struct ToolsTls {
    std::size_t size;
    Plain functions[3];
};
constinit const ToolsTls tools_tls{sizeof(ToolsTls), {accepted, accepted, accepted}};

// -- CONTEXT_LOCAL_STORAGE (no size word) --

CUresult resolve_context(CUcontext& context) {
    if (context != nullptr) return abi::CUDA_SUCCESS;
    const CUresult result = services().current_context(&context);
    if (result != abi::CUDA_SUCCESS) return result;
    return context == nullptr ? abi::CUDA_ERROR_INVALID_CONTEXT : abi::CUDA_SUCCESS;
}
CUresult storage_put(CUcontext context, void* key, void* value, LocalDestructor destructor) {
    const CUresult result = resolve_context(context);
    return result != abi::CUDA_SUCCESS ? result : local_put(context, key, value, destructor);
}
CUresult storage_remove(CUcontext context, void* key) {
    const CUresult result = resolve_context(context);
    return result != abi::CUDA_SUCCESS ? result : local_remove(context, key);
}
CUresult storage_get(void** value, CUcontext context, void* key) {
    const CUresult result = resolve_context(context);
    return result != abi::CUDA_SUCCESS ? result : local_get(value, context, key);
}

struct ContextLocalStorage {
    CUresult (*put)(CUcontext, void*, void*, LocalDestructor);
    CUresult (*remove)(CUcontext, void*);
    CUresult (*get)(void**, CUcontext, void*);
    Plain unknown3;
};
constinit const ContextLocalStorage context_local_storage{storage_put, storage_remove, storage_get, refused};

// -- CONTEXT_CHECKS --

CUresult check_context(CUcontext, std::uint32_t* first, void**) {
    if (first != nullptr) *first = 0;
    return abi::CUDA_SUCCESS;
}
std::uint32_t no_checks() { return 0; }

struct ContextChecks {
    std::size_t size;
    Plain unknown1;
    CUresult (*check)(CUcontext, std::uint32_t*, void**);
    std::uint32_t (*count)();
};
constinit const ContextChecks context_checks{sizeof(ContextChecks), refused, check_context, no_checks};

// -- INTEGRITY_CHECK --

CUresult self_test(std::uint32_t version, std::uint64_t unix_seconds, std::uint64_t* result);

struct IntegrityCheck {
    std::size_t size;
    CUresult (*test)(std::uint32_t, std::uint64_t, std::uint64_t*);
    Plain unknown2;
};
constinit const IntegrityCheck integrity_check{sizeof(IntegrityCheck), self_test, refused};

constexpr int kMaxDevices = 64;

CUresult identify(CUdevice device, DeviceIdentity& identity) {
    abi::CUuuid uuid{};
    CUresult result = services().device_uuid(&uuid, device);
    std::memcpy(identity.uuid, uuid.bytes, sizeof identity.uuid);
    const auto ask = [&](std::int32_t& value, abi::CUdevice_attribute attribute) {
        if (result == abi::CUDA_SUCCESS) result = services().device_attribute(&value, attribute, device);
    };
    ask(identity.pci_domain, abi::CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID);
    ask(identity.pci_bus, abi::CU_DEVICE_ATTRIBUTE_PCI_BUS_ID);
    ask(identity.pci_device, abi::CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID);
    return result;
}

CUresult self_test(std::uint32_t version, std::uint64_t unix_seconds, std::uint64_t* result) {
    if (result == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    DeviceIdentity identities[kMaxDevices];
    int driver_version = 0;
    int count = 0;
    if (version % 10 >= 2) {
        const CUresult asked = services().driver_version(&driver_version);
        if (asked != abi::CUDA_SUCCESS) return asked;
        const CUresult counted = services().device_count(&count);
        if (counted != abi::CUDA_SUCCESS) return counted;
    }
    if (count < 0 || count > kMaxDevices) return abi::CUDA_ERROR_UNKNOWN;
    for (int device = 0; device < count; ++device) {
        const CUresult identified = identify(device, identities[device]);
        if (identified != abi::CUDA_SUCCESS) return identified;
    }
    // SAFETY: addresses are digested as numbers, because the runtime digests them so.
    const std::uint64_t addresses[3] = {reinterpret_cast<std::uintptr_t>(&cudart_interface),
                                        reinterpret_cast<std::uintptr_t>(&integrity_check),
                                        reinterpret_cast<std::uintptr_t>(integrity_check.test)};
    const IntegrityFacts facts{static_cast<std::uint32_t>(driver_version),
                               static_cast<std::uint32_t>(getpid()),
                               static_cast<std::uint32_t>(pthread_self()),
                               addresses[0],
                               addresses[1],
                               addresses[2],
                               std::span<const DeviceIdentity>(identities, static_cast<std::size_t>(count))};
    const auto words = integrity_answer(version, unix_seconds, facts);
    result[0] = words[0];
    result[1] = words[1];
    return abi::CUDA_SUCCESS;
}

// -- CTX_CREATE_BYPASS --

CUresult create_context(CUcontext* context, unsigned flags, CUdevice device) {
    if (context == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    return services().create_context(context, flags, device);
}

struct ContextCreateBypass {
    std::size_t size;
    CUresult (*create)(CUcontext*, unsigned, CUdevice);
};
constinit const ContextCreateBypass context_create_bypass{sizeof(ContextCreateBypass), create_context};

// -- HEAP_ACCESS --

struct HeapRecord {
    std::size_t first;
    std::size_t second;
    std::size_t unknown;
    void* heap;
};
CUresult heap_allocate(HeapRecord** record, std::size_t first, std::size_t second) {
    if (record == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    auto* made = static_cast<HeapRecord*>(std::calloc(1, sizeof(HeapRecord)));
    if (made == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    made->first = first;
    made->second = second;
    *record = made;
    return abi::CUDA_SUCCESS;
}
CUresult heap_release(HeapRecord* record, std::size_t* second) {
    if (record == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    if (second != nullptr) *second = record->second;
    std::free(record);
    return abi::CUDA_SUCCESS;
}

struct HeapAccess {
    std::size_t size;
    CUresult (*allocate)(HeapRecord**, std::size_t, std::size_t);
    CUresult (*release)(HeapRecord*, std::size_t*);
};
constinit const HeapAccess heap_access{sizeof(HeapAccess), heap_allocate, heap_release};

// -- DEVICE_EXTENDED_RT --

CUresult extended_attribute(CUdevice, unsigned, int, std::size_t* values) {
    if (values == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    values[0] = 0;
    values[1] = 0;
    return abi::CUDA_SUCCESS;
}
CUresult device_flag(unsigned char* flag, CUdevice) {
    if (flag == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    *flag = 0;
    return abi::CUDA_SUCCESS;
}

struct DeviceExtended {
    std::size_t size;
    Plain unknown1[4];
    CUresult (*attribute)(CUdevice, unsigned, int, std::size_t*);
    Plain unknown6[7];
    CUresult (*flag)(unsigned char*, CUdevice);
    Plain unknown14[12];
};
constinit const DeviceExtended device_extended{
    sizeof(DeviceExtended),
    {refused, refused, refused, refused},
    extended_attribute,
    {refused, refused, refused, refused, refused, refused, refused},
    device_flag,
    {refused, refused, refused, refused, refused, refused, refused, refused, refused, refused, refused,
     refused}};
static_assert(sizeof(DeviceExtended) == 26 * sizeof(void*));

struct NamedTable {
    unsigned char id[16];
    const void* table;
};
constinit const NamedTable named_tables[] = {
    {{0x6b, 0xd5, 0xfb, 0x6c, 0x5b, 0xf4, 0xe7, 0x4a, 0x89, 0x87, 0xd9, 0x39, 0x12, 0xfd, 0x9d, 0xf9},
     &cudart_interface},
    {{0xa0, 0x94, 0x79, 0x8c, 0x2e, 0x74, 0x2e, 0x74, 0x93, 0xf2, 0x08, 0x00, 0x20, 0x0c, 0x0a, 0x66},
     &callback_hooks},
    {{0x42, 0xd8, 0x5a, 0x81, 0x23, 0xf6, 0xcb, 0x47, 0x82, 0x98, 0xf6, 0xe7, 0x8a, 0x3a, 0xec, 0xdc},
     &tools_tls},
    {{0xc6, 0x93, 0x33, 0x6e, 0x11, 0x21, 0xdf, 0x11, 0xa8, 0xc3, 0x68, 0xf3, 0x55, 0xd8, 0x95, 0x93},
     &context_local_storage},
    {{0x26, 0x3e, 0x88, 0x60, 0x7c, 0xd2, 0x61, 0x43, 0x92, 0xf6, 0xbb, 0xd5, 0x00, 0x6d, 0xfa, 0x7e},
     &context_checks},
    {{0xd4, 0x08, 0x20, 0x55, 0xbd, 0xe6, 0x70, 0x4b, 0x8d, 0x34, 0xba, 0x12, 0x3c, 0x66, 0xe1, 0xf2},
     &integrity_check},
    {{0x0c, 0xa5, 0x0b, 0x8c, 0x10, 0x04, 0x92, 0x9a, 0x89, 0xa7, 0xd0, 0xdf, 0x10, 0xe7, 0x72, 0x86},
     &context_create_bypass},
    {{0x19, 0x5b, 0xcb, 0xf4, 0xd6, 0x7d, 0x02, 0x4a, 0xac, 0xc5, 0x1d, 0x29, 0xce, 0xa6, 0x31, 0xae},
     &heap_access},
    {{0xb1, 0x05, 0x41, 0xe1, 0xf7, 0xc7, 0xc7, 0x4a, 0x9f, 0x64, 0xf2, 0x23, 0xbe, 0x99, 0xf1, 0xe2},
     &device_extended},
};

}  // namespace

CUresult get_export_table(const DriverServices& driver, const void** table, const abi::CUuuid* id) {
    if (table == nullptr || id == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const DriverServices* none = nullptr;
    installed.compare_exchange_strong(none, &driver, std::memory_order_acq_rel);
    for (const NamedTable& named : named_tables) {
        if (std::memcmp(named.id, id->bytes, sizeof named.id) != 0) continue;
        *table = named.table;
        return abi::CUDA_SUCCESS;
    }
    *table = nullptr;
    if (driver.unknown_table != nullptr) driver.unknown_table(*id);
    return abi::CUDA_ERROR_INVALID_VALUE;
}

}  // namespace cudart
