// The store behind CONTEXT_LOCAL_STORAGE (see export_tables.h). The runtime reads it once in nearly every
// call of its own, so a look-up is one short lock and one short chain. It is never torn down: the runtime's
// own exit handlers read it after ours have run.
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>

#include "cudart/export_tables.h"

namespace cudart {
namespace {

struct Entry {
    Entry* next;
    abi::CUcontext context;
    void* key;
    void* value;
    LocalDestructor destructor;
};

constexpr std::size_t kChains = 64;
constinit std::mutex store_lock;
constinit Entry* chains[kChains] = {};

Entry** chain_of(abi::CUcontext context, void* key) {
    // SAFETY: the pointers are hashed, never followed.
    const auto mixed = (reinterpret_cast<std::uintptr_t>(context) ^ reinterpret_cast<std::uintptr_t>(key)) *
                       std::uint64_t{0x9E3779B97F4A7C15};
    return &chains[mixed >> 58];
}

// The link that points at the entry, or at the null that ends its chain. The lock is held.
Entry** find(abi::CUcontext context, void* key) {
    Entry** link = chain_of(context, key);
    while (*link != nullptr && ((*link)->context != context || (*link)->key != key)) link = &(*link)->next;
    return link;
}

Entry* take_any(abi::CUcontext context) {
    std::lock_guard guard(store_lock);
    for (Entry*& head : chains) {
        for (Entry** link = &head; *link != nullptr; link = &(*link)->next) {
            if ((*link)->context != context) continue;
            Entry* taken = *link;
            *link = taken->next;
            return taken;
        }
    }
    return nullptr;
}

}  // namespace

abi::CUresult local_put(abi::CUcontext context, void* key, void* value, LocalDestructor destructor) {
    std::lock_guard guard(store_lock);
    Entry** link = find(context, key);
    if (*link != nullptr) {
        (*link)->value = value;
        (*link)->destructor = destructor;
        return abi::CUDA_SUCCESS;
    }
    auto* entry = static_cast<Entry*>(std::malloc(sizeof(Entry)));
    if (entry == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    *link = new (entry) Entry{nullptr, context, key, value, destructor};
    return abi::CUDA_SUCCESS;
}

abi::CUresult local_get(void** value, abi::CUcontext context, void* key) {
    if (value == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    std::lock_guard guard(store_lock);
    const Entry* entry = *find(context, key);
    if (entry == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
    *value = entry->value;
    return abi::CUDA_SUCCESS;
}

abi::CUresult local_remove(abi::CUcontext context, void* key) {
    std::lock_guard guard(store_lock);
    Entry** link = find(context, key);
    Entry* entry = *link;
    if (entry == nullptr) return abi::CUDA_ERROR_INVALID_HANDLE;
    *link = entry->next;
    std::free(entry);
    return abi::CUDA_SUCCESS;
}

void local_context_gone(abi::CUcontext context) {
    while (Entry* entry = take_any(context)) {
        if (entry->destructor != nullptr) entry->destructor(context, entry->key, entry->value);
        std::free(entry);
    }
}

void local_after_fork() { new (&store_lock) std::mutex; }

}  // namespace cudart
