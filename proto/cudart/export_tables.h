// The private tables that NVIDIA's CUDA runtime, and the libraries above it, ask a driver for with
// cuGetExportTable: tables of functions named by a UUID. Shared by the shim and the software device, which
// say through DriverServices what they can do; everything else about the tables is here. No wire, no session,
// no device behind it. Layouts: measured with the CUDA 13.0 runtime and in agreement with what ZLUDA and
// Lupine publish.
#pragma once
#include "cudart/abi.h"

namespace cudart {

// The driver around the tables. Every pointer is set, but for unknown_table; all are callable from any
// thread.
struct DriverServices {
    // A module from a fatbin wrapper or from a fatbin header; the current context owns it.
    abi::CUresult (*load_module)(abi::CUmodule* module, const void* image);
    // Names the primary context of `device` without retaining it.
    abi::CUresult (*primary_context)(abi::CUcontext* context, abi::CUdevice device);
    abi::CUresult (*create_context)(abi::CUcontext* context, unsigned flags, abi::CUdevice device);
    // The calling thread's current context; null when it has none.
    abi::CUresult (*current_context)(abi::CUcontext* context);
    // As the public API answers: the self-test digests these and the runtime compares.
    abi::CUresult (*driver_version)(int* version);
    abi::CUresult (*device_count)(int* count);
    abi::CUresult (*device_uuid)(abi::CUuuid* uuid, abi::CUdevice device);
    abi::CUresult (*device_attribute)(int* value, abi::CUdevice_attribute attribute, abi::CUdevice device);
    // Told of every request for a table that is not known, so that it can be logged; may be null.
    void (*unknown_table)(const abi::CUuuid& id);
};

// cuGetExportTable. `services` lives as long as the process; the first one given stays.
// CUDA_ERROR_INVALID_VALUE for null arguments and for a table that is not known (the runtime goes on without
// it).
abi::CUresult get_export_table(const DriverServices& services, const void** table, const abi::CUuuid* id);

// The store of CONTEXT_LOCAL_STORAGE: values of the layers above, by context and key.
using LocalDestructor = void (*)(abi::CUcontext context, void* key, void* value);
abi::CUresult local_put(abi::CUcontext context, void* key, void* value, LocalDestructor destructor);
abi::CUresult local_get(void** value, abi::CUcontext context,
                        void* key);                             // CUDA_ERROR_INVALID_HANDLE when missing
abi::CUresult local_remove(abi::CUcontext context, void* key);  // runs no destructor
// The context is going (destroyed, or its primary context reset): runs the destructors of all its values,
// unlocked, and forgets them. Called by the driver, on the thread that destroys.
void local_context_gone(abi::CUcontext context);
// In a forked child, before anything else: another thread of the parent may have held the store's lock.
void local_after_fork();

}  // namespace cudart
