// Collects the tables of handlers and picks the ones for this machine. See registry.h.
#include "soft/launch/registry.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

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

// Entries by key. Of two with one key the first counts.
class Table {
  public:
    void add(std::span<const OpEntry> entries) {
        if ((count_ + entries.size()) * 2 > slots_.size()) grow(entries.size());
        for (const OpEntry& entry : entries) put(&entry);
    }
    const OpEntry* find(std::uint32_t key) const {
        for (std::size_t at = place(key); slots_[at].entry != nullptr; at = (at + 1) % slots_.size()) {
            if (slots_[at].key == key) return slots_[at].entry;
        }
        return nullptr;
    }

  private:
    struct Slot {
        std::uint32_t key = 0;
        const OpEntry* entry = nullptr;
    };

    std::size_t place(std::uint32_t key) const { return (key * 0x9e3779b1u >> 8) % slots_.size(); }
    void put(const OpEntry* entry) {
        const std::uint32_t key = key_of(entry->family, entry->type, entry->variant);
        std::size_t at = place(key);
        for (; slots_[at].entry != nullptr; at = (at + 1) % slots_.size()) {
            if (slots_[at].key == key) return;
        }
        slots_[at] = {key, entry};
        ++count_;
    }
    void grow(std::size_t more) {
        const std::vector<Slot> before =
            std::exchange(slots_, std::vector<Slot>(std::bit_ceil(std::max(count_ + more, kLikely) * 2)));
        count_ = 0;
        for (const Slot& slot : before) {
            if (slot.entry != nullptr) put(slot.entry);
        }
    }

    static constexpr std::size_t kLikely = 4096;
    std::size_t count_ = 0;
    std::vector<Slot> slots_;  // a power of two of them, half full at most
};

#define FERRY_ADD_HOT(isa)                   \
    table.add(isa::integer_entries());       \
    table.add(isa::compare_entries());       \
    table.add(isa::float_entries());         \
    table.add(isa::float_convert_entries()); \
    table.add(isa::global_entries());        \
    table.add(isa::shared_entries());        \
    table.add(isa::approx_entries());        \
    table.add(isa::convert_entries());       \
    table.add(isa::matrix_entries());        \
    table.add(isa::warp_entries());          \
    table.add(isa::hot_atomic_entries())

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
    for (const auto entries : kColdTables) table.add(entries());
    return table;
}

}  // namespace

const OpEntry* find_op(Family family, ptx::Type type, std::uint8_t variant) {
    static const Table kTable = make_table();
    const OpEntry* found = kTable.find(key_of(family, type, variant));
    return found != nullptr ? found : kTable.find(key_of(family, type, kAnyVariant));
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
