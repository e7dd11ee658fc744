// One guest process's stay with CUDA: everything that lives from attach to detach. Made by attach.cc, used by
// every stub, never freed. Sending and waiting are Connection's; what the calls mean is in the entry_*.cc
// files.
#pragma once
#include <atomic>
#include <cstdint>

#include "arena.h"
#include "callbacks.h"
#include "connection.h"
#include "contexts.h"
#include "cudart/abi.h"
#include "fences.h"
#include "handles.h"
#include "known_images.h"
#include "memory_pools.h"
#include "regions.h"
#include "snapshot.h"
#include "staging.h"
#include "textures.h"
#include "thread_state.h"
#include "unsettled.h"

namespace guest {

class Session final : public Connection {
public:
    Session(const Settings& settings, std::size_t message_limit);

    Snapshot snapshot;
    Handles handles;
    Regions regions;
    Contexts contexts;
    MemoryPools pools;
    Callbacks callbacks;
    OwnImages own_images;
    Fences fences;
    Arena arena;
    Unsettled unsettled;
    Staging staging;
    Textures textures;

    const char* open_ring(std::uint64_t arena_base, std::uint64_t arena_size,
                          std::size_t message_limit) override;

    // How often something was sent that changes what the device has left.
    std::uint64_t memory_changes() const { return memory_changes_.load(std::memory_order_relaxed); }
    void note_memory_change() { memory_changes_.fetch_add(1, std::memory_order_relaxed); }

private:
    void ended(abi::CUresult result, const char* reason) override;
    std::uint32_t awaited_functions() const override { return callbacks.outstanding(); }
    std::uint64_t bytes_behind_functions() override { return callbacks.bytes_behind(sealed_bytes()); }

    std::atomic<std::uint64_t> memory_changes_{0};
};

// A thread with a number is going: its per-thread default stream can go, too.
void announce_thread_exit(ThreadState& thread);

}  // namespace guest
