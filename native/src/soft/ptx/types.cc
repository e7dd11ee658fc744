// Names and sizes of PTX types and modifiers. See types.h. Tables only.
#include "soft/ptx/types.h"

#include <iterator>
#include <utility>

#include "soft/ptx/word_table.h"

namespace soft::ptx {
namespace {

struct TypeRow {
    std::string_view name;
    std::uint8_t size;
};

constexpr TypeRow kTypes[] = {
    {"", 0},       {"u8", 1},     {"u16", 2},    {"u32", 4},    {"u64", 8},        {"s8", 1},
    {"s16", 2},    {"s32", 4},    {"s64", 8},    {"b8", 1},     {"b16", 2},        {"b32", 4},
    {"b64", 8},    {"b128", 16},  {"f16", 2},    {"f16x2", 4},  {"bf16", 2},       {"bf16x2", 4},
    {"f32", 4},    {"f64", 8},    {"tf32", 4},   {"pred", 0},   {"u16x2", 4},      {"s16x2", 4},
    {"e4m3", 1},   {"e5m2", 1},   {"e4m3x2", 2}, {"e5m2x2", 2}, {"f32x2", 8},      {"ue8m0x2", 2},
    {"u4", 1},     {"s4", 1},     {"b1", 1},     {"texref", 8}, {"samplerref", 8}, {"surfref", 8},
    {"e2m1x2", 1}, {"e2m3x2", 2}, {"e3m2x2", 2}, {"u2", 1},     {"s2", 1},
};
static_assert(std::size(kTypes) == static_cast<std::size_t>(Type::count));

// In the order of Mod. A name that PTX never writes starts with '\1'.
constexpr std::string_view kModifierNames[] = {
    "",
    "rn",
    "rz",
    "rm",
    "rp",
    "rna",
    "rni",
    "rzi",
    "rmi",
    "rpi",
    "ftz",
    "sat",
    "satfinite",
    "relu",
    "approx",
    "full",
    "lo",
    "hi",
    "wide",
    "cc",
    "uni",
    "sync",
    "aligned",
    "volatile",
    "nc",
    "to",
    "global",
    "const",
    "shared",
    "local",
    "param",
    "reg",
    "v2",
    "v4",
    "v8",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "\1lo",
    "ls",
    "hs",
    "equ",
    "neu",
    "ltu",
    "leu",
    "gtu",
    "geu",
    "num",
    "nan",
    "NaN",
    "and",
    "or",
    "xor",
    "not",
    "cas",
    "exch",
    "add",
    "inc",
    "dec",
    "min",
    "max",
    "popc",
    "cta",
    "cluster",
    "gpu",
    "sys",
    "gl",
    "weak",
    "relaxed",
    "acquire",
    "release",
    "acq_rel",
    "sc",
    "mmio",
    "ca",
    "cg",
    "cs",
    "lu",
    "cv",
    "wb",
    "wt",
    "up",
    "down",
    "bfly",
    "idx",
    "all",
    "any",
    "ballot",
    "f4e",
    "b4e",
    "rc8",
    "ecl",
    "ecr",
    "rc16",
    "l",
    "r",
    "clamp",
    "wrap",
    "shiftamt",
    "finite",
    "infinite",
    "number",
    "notanumber",
    "normal",
    "subnormal",
    "arrive",
    "red",
    "warp",
    "noftz",
    "async",
    "commit_group",
    "wait_group",
    "wait_all",
    "bulk",
    "mbarrier",
    "init",
    "inval",
    "test_wait",
    "try_wait",
    "pending_count",
    "noComplete",
    "expect_tx",
    "complete_tx",
    "arrive_drop",
    "parity",
    "x",
    "xorsign",
    "abs",
    "proxy",
    "alias",
    "L1",
    "L2",
    "address",
    "size",
    "trap",
    "zero",
    "mode",
    "unified",
    "noinc",
    "x1",
    "x2",
    "x4",
    "row",
    "col",
    "mma",
    "load",
    "store",
    "a",
    "b",
    "c",
    "d",
    "\1is_global",
    "1d",
    "2d",
    "3d",
    "a1d",
    "a2d",
    "cube",
    "acube",
    "lut",
    "scale",
    "L2::cache_hint",
    "wait",
    "launch_dependents",
    "mbarrier_init",
    "pack",
    "rs",
    "\1ignored",
    "base",
    "level",
    "grad",
    "g",
    "p",
    "2dms",
    "a2dms",
    "width",
    "height",
    "depth",
    "channel_data_type",
    "channel_order",
    "normalized_coords",
    "array_size",
    "num_mipmap_levels",
    "num_samples",
    "force_unnormalized_coords",
    "filter_mode",
    "addr_mode_0",
    "addr_mode_1",
    "addr_mode_2",
    "memory_layout",
    "m8n8",
    "m8n8k4",
    "m8n8k16",
    "m8n8k32",
    "m8n8k128",
    "m16n8k4",
    "m16n8k8",
    "m16n8k16",
    "m16n8k32",
    "m16n8k64",
    "m16n8k128",
    "m16n8k256",
    "m16n16k16",
    "m16n16k8",
    "m32n8k16",
    "m8n32k16",
    "trans",
    "sp",
    "shr7",
    "shr15",
    "po",
    "prefetch",
    "reduce",
    "bulk_group",
    "tensor",
    "read",
};
static_assert(std::size(kModifierNames) == static_cast<std::size_t>(Mod::count));

template <class Value, std::size_t Count, class NameOf>
constexpr auto make_table(NameOf name_of) {
    std::pair<std::string_view, Value> rows[Count - 1];  // the first is that of no name
    for (std::size_t k = 1; k < Count; ++k) rows[k - 1] = {name_of(k), static_cast<Value>(k)};
    return make_word_table(rows);
}

constexpr auto kTypeTable = make_table<Type, std::size(kTypes)>([](std::size_t k) { return kTypes[k].name; });
constexpr auto kModTable =
    make_table<Mod, std::size(kModifierNames)>([](std::size_t k) { return kModifierNames[k]; });

}  // namespace

Type find_type(std::string_view word) {
    const Type* found = kTypeTable.find(word);
    return found == nullptr ? Type::none : *found;
}

Mod find_modifier(std::string_view word) {
    const Mod* found = kModTable.find(word);
    if (found != nullptr) return *found;
    if (word.starts_with("shared::"))
        return Mod::shared;  // one CTA per cluster, so ::cta and ::cluster agree
    if (word == "param::entry" || word == "param::func") return Mod::param;
    if (word == "release::cta" || word.find("::") != std::string_view::npos) return Mod::ignored;
    return Mod::none;
}

std::string_view type_name(Type type) { return kTypes[static_cast<std::size_t>(type)].name; }

std::uint32_t type_size(Type type) { return kTypes[static_cast<std::size_t>(type)].size; }

bool is_signed(Type type) {
    return type == Type::s8 || type == Type::s16 || type == Type::s32 || type == Type::s64;
}

bool is_float(Type type) {
    return type == Type::f16 || type == Type::bf16 || type == Type::f32 || type == Type::f64;
}

}  // namespace soft::ptx
