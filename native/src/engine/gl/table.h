// Fills the generated table of the host's GL, by every name that a call has.
#pragma once
#include <cstddef>
#include <cstring>

#include "device/gl_driver.h"
#include "host/gl_table.h"

namespace device {

inline void load_gl_table(const GlDriver& driver, GlTable& table) {
    // SAFETY: each member is a function pointer at its offset; a look-up by name knows no types.
    auto* members = reinterpret_cast<std::byte*>(&table);
    for (const GlSymbol& symbol : kGlSymbols) {
        void* function = nullptr;
        for (const char* name = symbol.names; function == nullptr && *name != '\0';) {
            function = driver.find(name);
            name += std::strlen(name) + 1;
        }
        std::memcpy(members + symbol.offset, &function, sizeof function);
    }
}

}  // namespace device
