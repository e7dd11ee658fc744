// Stands in for the interpreter's instruction sets that are not compiled here: empty tables, never chosen,
// because the targets ask for the base set.
#include "soft/launch/tables.h"

#define FERRY_NO_TABLES(isa)                                        \
    namespace soft::isa {                                           \
    std::span<const OpEntry> integer_entries() { return {}; }       \
    std::span<const OpEntry> compare_entries() { return {}; }       \
    std::span<const OpEntry> float_entries() { return {}; }         \
    std::span<const OpEntry> float_convert_entries() { return {}; } \
    std::span<const OpEntry> global_entries() { return {}; }        \
    std::span<const OpEntry> shared_entries() { return {}; }        \
    std::span<const OpEntry> approx_entries() { return {}; }        \
    std::span<const OpEntry> convert_entries() { return {}; }       \
    std::span<const OpEntry> matrix_entries() { return {}; }        \
    }

FERRY_NO_TABLES(isa_v3)
FERRY_NO_TABLES(isa_v4)
