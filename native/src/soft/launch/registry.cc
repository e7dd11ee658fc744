// Collects the tables of handlers and picks the ones for this machine. See registry.h.
#include "soft/launch/registry.h"

#include <cstdlib>
#include <string_view>
#include <unordered_map>

#include "soft/launch/tables.h"

namespace soft {
namespace {

enum class Level { base, v3, v4 };

// AMD's cores up to Zen 4 forward 64-byte stores slowly, and the interpreter lives on that: AVX2 is 20 %
// faster there. FERRY_SOFT_ISA=base|avx2|avx512 chooses otherwise, but never what the machine lacks, so every
// variant can be tested.
Level choose_level() {
    __builtin_cpu_init();
    const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("f16c");
    const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512cd");
    const char* wish = std::getenv("FERRY_SOFT_ISA");
    const std::string_view limit = wish == nullptr ? "" : wish;
    if (limit == "base" || !v3) return Level::base;
    const bool wants_v3 = limit == "avx2" || (limit != "avx512" && __builtin_cpu_is("amd"));
    return wants_v3 || !v4 ? Level::v3 : Level::v4;
}

Level level() {
    static const Level kLevel = choose_level();
    return kLevel;
}

std::uint32_t key_of(Family family, ptx::Type type, std::uint8_t variant) {
    return static_cast<std::uint32_t>(family) << 16 | static_cast<std::uint32_t>(type) << 8 | variant;
}

using Table = std::unordered_map<std::uint32_t, const OpEntry*>;

void add_entries(Table& table, std::span<const OpEntry> entries) {
    for (const OpEntry& entry : entries)
        table.emplace(key_of(entry.family, entry.type, entry.variant), &entry);
}

#define FERRY_ADD_HOT(isa)                            \
    add_entries(table, isa::integer_entries());       \
    add_entries(table, isa::compare_entries());       \
    add_entries(table, isa::float_entries());         \
    add_entries(table, isa::float_convert_entries()); \
    add_entries(table, isa::global_entries());        \
    add_entries(table, isa::shared_entries());        \
    add_entries(table, isa::approx_entries());        \
    add_entries(table, isa::convert_entries());       \
    add_entries(table, isa::matrix_entries());        \
    add_entries(table, isa::warp_entries());          \
    add_entries(table, isa::hot_atomic_entries())

Table make_table() {
    Table table;
    switch (level()) {
        case Level::base:
            FERRY_ADD_HOT(isa_v1);
            break;
        case Level::v3:
            FERRY_ADD_HOT(isa_v3);
            break;
        case Level::v4:
            FERRY_ADD_HOT(isa_v4);
            break;
    }
    for (const auto entries : kColdTables) add_entries(table, entries());
    return table;
}

}  // namespace

const OpEntry* find_op(Family family, ptx::Type type, std::uint8_t variant) {
    static const Table kTable = make_table();
    const auto found = kTable.find(key_of(family, type, variant));
    if (found != kTable.end()) return found->second;
    const auto any = kTable.find(key_of(family, type, kAnyVariant));
    return any == kTable.end() ? nullptr : any->second;
}

const char* instruction_set() {
    switch (level()) {
        case Level::base:
            return "base";
        case Level::v3:
            return "avx2";
        default:
            return "avx512";
    }
}

}  // namespace soft
