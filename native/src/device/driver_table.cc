// Filling the DriverTable from a shared library. See driver.h.
#include <dlfcn.h>

#include <cstring>

#include "device/driver.h"

namespace device {
namespace {

constexpr const char* kShimMark = "ferry_shim_version";

// SAFETY: kDriverSymbols is generated from the table itself: `offset` is that of a function pointer of this
// name.
void set_entry(DriverTable& table, const DriverSymbol& symbol, void* address) {
    auto* bytes = reinterpret_cast<unsigned char*>(&table);
    std::memcpy(bytes + symbol.offset, &address, sizeof address);
}

// The software device has queries that do a little of what they ask about, for callers that wait by
// asking, as the engine does.
void prefer_helping_queries(DriverTable& table, void* library) {
    if (void* query = ::dlsym(library, "ferry_soft_stream_query")) {
        std::memcpy(&table.cuStreamQuery, &query, sizeof query);
    }
    if (void* query = ::dlsym(library, "ferry_soft_event_query")) {
        std::memcpy(&table.cuEventQuery, &query, sizeof query);
    }
}

const LentMemory* find_lent_memory(void* library) {
    void* symbol = ::dlsym(library, kLentMemorySymbol);
    if (symbol == nullptr) return nullptr;
    LentMemoryEntry entry = nullptr;
    std::memcpy(&entry, &symbol, sizeof entry);
    return entry();
}

}  // namespace

ferry::Result<DriverTable> load_driver(const std::string& path) {
    void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        const char* reason = ::dlerror();
        return ferry::Status::failure("cannot open the driver " + path + ": " +
                                      (reason != nullptr ? reason : "?"));
    }
    if (::dlsym(library, kShimMark) != nullptr) {
        return ferry::Status::failure(
            path + " is Ferry's own shim: a worker needs a real driver (is LD_PRELOAD or " +
            "LD_LIBRARY_PATH set for the daemon?)");
    }
    DriverTable table;
    std::string missing;
    for (const DriverSymbol& symbol : kDriverSymbols) {
        void* address = ::dlsym(library, symbol.name);
        set_entry(table, symbol, address);
        if (address == nullptr && symbol.required)
            missing += std::string(missing.empty() ? "" : ", ") + symbol.name;
    }
    if (!missing.empty())
        return ferry::Status::failure(path + " is no driver Ferry can use: it lacks " + missing);
    prefer_helping_queries(table, library);
    table.lent_memory = find_lent_memory(library);
    return table;
}

}  // namespace device
