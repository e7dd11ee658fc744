// The tables of handlers that the units of launch/ export to the registry.
#pragma once
#include <span>

#include "soft/launch/registry.h"

namespace soft {

#define FERRY_HOT_TABLES(isa)                         \
    namespace isa {                                   \
    std::span<const OpEntry> integer_entries();       \
    std::span<const OpEntry> compare_entries();       \
    std::span<const OpEntry> float_entries();         \
    std::span<const OpEntry> float_convert_entries(); \
    std::span<const OpEntry> global_entries();        \
    std::span<const OpEntry> shared_entries();        \
    std::span<const OpEntry> approx_entries();        \
    std::span<const OpEntry> convert_entries();       \
    std::span<const OpEntry> matrix_entries();        \
    std::span<const OpEntry> warp_entries();          \
    std::span<const OpEntry> hot_atomic_entries();    \
    }
FERRY_HOT_TABLES(isa_v1)
FERRY_HOT_TABLES(isa_v3)
FERRY_HOT_TABLES(isa_v4)
#undef FERRY_HOT_TABLES

std::span<const OpEntry> control_entries();
std::span<const OpEntry> barrier_entries();
std::span<const OpEntry> small_integer_entries();
std::span<const OpEntry> memory_entries();
std::span<const OpEntry> predicate_entries();
std::span<const OpEntry> fault_entries();
std::span<const OpEntry> call_entries();
std::span<const OpEntry> syscall_entries();
std::span<const OpEntry> device_runtime_entries();
std::span<const OpEntry> sync_entries();
std::span<const OpEntry> machine_entries();
std::span<const OpEntry> atomic_entries();
std::span<const OpEntry> bits_entries();
std::span<const OpEntry> float_general_entries();
std::span<const OpEntry> half_entries();
std::span<const OpEntry> convert_general_entries();
std::span<const OpEntry> copy_async_entries();
std::span<const OpEntry> texture_entries();
std::span<const OpEntry> texture_query_entries();
std::span<const OpEntry> surface_entries();
std::span<const OpEntry> mbarrier_entries();
std::span<const OpEntry> matrix_memory_entries();
std::span<const OpEntry> video_entries();
std::span<const OpEntry> bulk_entries();

// clang-format off
constexpr std::span<const OpEntry> (*kColdTables[])() = {
    control_entries, barrier_entries, small_integer_entries, memory_entries, predicate_entries,
    fault_entries, call_entries, syscall_entries, sync_entries, machine_entries,
    atomic_entries, bits_entries, float_general_entries, half_entries, convert_general_entries,
    copy_async_entries, texture_entries, texture_query_entries, surface_entries,
    mbarrier_entries, matrix_memory_entries, video_entries, bulk_entries, device_runtime_entries,
};
// clang-format on

}  // namespace soft
