// All memory that kernels may touch: device allocations, pinned host memory, registered host memory.
// Used by api/ (allocation, attributes, copies) and, through the context's services, by the engine
// (find_range). Thread-safe; knows no context beyond its number and no stream.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <unordered_map>

#include "soft/device_services.h"
#include "soft/memory/arena.h"
#include "soft/memory/free_space.h"
#include "soft/memory/range_index.h"

namespace soft::driver {

enum class BlockKind : std::uint8_t {
    device,      // cuMemAlloc and its kin
    managed,     // cuMemAllocManaged: device memory that the program uses by its address, too
    pool,        // cuMemAllocAsync: device memory that is freed to its pool (api/pool.h)
    mapped,      // memory under reserved addresses; `flags`: a bit for each device that may use it
    image,       // variables of a module, texels of an array; counted, not for cuMemFree
    pinned,      // cuMemHostAlloc: host memory, not counted
    graph,       // of allocation nodes: not counted, an address to count memory for (api/graph_memory.h)
    registered,  // cuMemHostRegister: the program's own memory, outside the arena
};

// Devices of one process: ordinals below it.
inline constexpr unsigned kMostDevices = 16;

// Who pays for a block: the number of a context, with the ordinal of its device on top.
inline constexpr unsigned kOwnerDeviceBit = 24;
constexpr unsigned device_of(std::uint64_t owner) {
    return static_cast<unsigned>(owner >> kOwnerDeviceBit) % kMostDevices;
}

struct Block {
    std::uint64_t address = 0;
    std::uint64_t size = 0;  // bytes asked for
    BlockKind kind = BlockKind::device;
    std::uint32_t flags = 0;  // CU_MEMHOSTALLOC_* or CU_MEMHOSTREGISTER_*
    std::uint64_t owner = 0;  // number of the context that pays
    std::uint64_t id = 0;     // unique for ever in this process (CU_POINTER_ATTRIBUTE_BUFFER_ID)
    std::uint64_t room = 0;   // bytes it takes, a multiple of 512; 0 outside the arena
    bool hidden = false;      // of a pool or graph: nobody has it, kernels may not touch it
};

class DeviceMemory {
  public:
    // Reserves the arena. `total` is the memory of each of `devices` devices in bytes; `byte_exact` ends
    // ranges at the byte asked for instead of at the next multiple of 512 (a GPU does not fault there
    // either). False when nothing can be reserved.
    bool open(const char* arena_request, std::uint64_t total, unsigned devices, bool byte_exact);

    // Answers 0 when device memory, address space or the system's is used up. 512-byte aligned, 2 MiB from 1
    // MiB on.
    std::uint64_t allocate(std::uint64_t size, BlockKind kind, std::uint32_t flags, std::uint64_t owner);
    // False when `address` is not exactly the start of a live block of that kind.
    bool release(std::uint64_t address, BlockKind kind);
    // Everything a context still owns, when it ends.
    void release_all_of(std::uint64_t owner);

    // A pool's block that nobody has: no access to it is legal until it is shown again, with a size of at
    // most its room, as the memory of `owner`. Its pages and what they hold stay.
    void hide(std::uint64_t address);
    void show(std::uint64_t address, std::uint64_t size, std::uint64_t owner);
    // Puts a file's bytes from `offset` on under a pool's block of at least 1 MiB, until it is released.
    // False: the system refuses.
    bool back_with_file(std::uint64_t address, int file, std::uint64_t offset);
    // A hidden block of a graph, which nodes of the graph may name all the same.
    bool find_promised(std::uint64_t address, Range& range) const;
    // Gives the pages of a hidden block of a graph back to the system: they hold zeros from then on.
    void discard(std::uint64_t address);

    // --- virtual memory: addresses and memory apart (mapped_memory.cc). Sizes are multiples of kGranule.
    // Addresses that nothing is under; 0 when there are none left.
    std::uint64_t take_addresses(std::uint64_t size, std::uint64_t alignment);
    void give_addresses(std::uint64_t lo, std::uint64_t size);
    // Counts memory that has no address; false when the device has no more.
    bool charge(unsigned device, std::uint64_t size);
    void discharge(unsigned device, std::uint64_t size);
    // Puts a file's bytes under addresses that were taken; no device may use them yet. False: the system
    // refuses.
    bool map(std::uint64_t lo, std::uint64_t size, int file, std::uint64_t offset, unsigned device);
    bool set_mapped_access(std::uint64_t lo, unsigned device, bool may);
    void unmap(std::uint64_t lo);
    // What is mapped at an address, whoever may use it.
    std::optional<Block> find_mapping(std::uint64_t address) const {
        const std::lock_guard lock(mutex_);
        return find_mapped(address);
    }

    // --- lending: Ferry's guest gives out parts of a block by itself and says later which (lent_memory.cc).
    // A lent block holds no live range of its own any more; kernels may touch what has been carved out of it.
    // False when `address` is not the start of a device block that is a multiple of 2 MiB in size.
    bool lend(std::uint64_t address);
    // A block of the guest's within a lent one: below 1 MiB inside one granule and 512-byte aligned, above
    // that 2 MiB aligned. False when it is not, or touches another one.
    bool carve(std::uint64_t address, std::uint64_t size);
    // Ends such a block. False when `address` is not the start of one.
    bool uncarve(std::uint64_t address);
    // Nothing more will be carved out of the lent block: from now on only what is in use counts as used.
    bool close(std::uint64_t address);

    enum class Registration : std::uint8_t { done, overlap };
    Registration add_registered(std::uint64_t address, std::uint64_t size, std::uint32_t flags,
                                std::uint64_t owner);
    bool remove_registered(std::uint64_t address);

    bool find_range(std::uint64_t address, Range& range) const;
    bool in_arena(std::uint64_t address) const { return index_.covers(address); }
    std::optional<Block> find_block(std::uint64_t address) const;
    // The block that starts at `address`, lent or not: what can be released.
    std::optional<Block> find_start(std::uint64_t address) const;
    // True when all of [address, address + size) lies in one live block.
    bool spans(std::uint64_t address, std::uint64_t size) const;

    std::uint64_t total() const { return total_; }  // bytes of each device
    std::uint64_t unused(unsigned device) const;  // bytes
    bool byte_exact() const { return byte_exact_; }

  private:
    std::optional<std::uint64_t> place_small(std::uint64_t size);
    std::optional<std::uint64_t> place_large(std::uint64_t size);
    void vacate(std::uint64_t lo, std::uint64_t size);
    struct Lent {
        std::uint64_t size;        // bytes
        std::uint64_t carved = 0;  // bytes, in steps of 512
        bool closed = false;
    };
    std::map<std::uint64_t, Lent>::iterator lent_around(std::uint64_t address);
    std::optional<Block> find_carved(const Range& range) const;
    // Takes back what is left of a lent block; answers the bytes it counts for.
    std::uint64_t end_lent(std::map<std::uint64_t, Lent>::iterator at);
    void drop(std::unordered_map<std::uint64_t, Block>::iterator at);
    std::optional<Block> find_mapped(std::uint64_t address) const;
    Range stretch_around(std::uint64_t at) const;
    void publish(std::uint64_t at);
    void withdraw(const Block& block);
    void uncover(const Block& block);
    static bool is_large(std::uint64_t room) { return room >= std::uint64_t{1} << 20; }
    static bool counted(BlockKind kind) {
        return kind != BlockKind::pinned && kind != BlockKind::registered && kind != BlockKind::graph;
    }

    mutable std::mutex mutex_;
    Arena arena_;
    RangeIndex index_;
    FreeSpace granules_;
    FreeSpace small_{kGranule};
    std::uint64_t spare_granule_ =
        0;  // one emptied granule stays committed: allocate-free loops need no system call
    std::unordered_map<std::uint64_t, Block> blocks_;
    std::map<std::uint64_t, Lent> lent_;
    std::map<std::uint64_t, std::uint64_t> promised_;  // hidden blocks of graphs: address, bytes
    std::map<std::uint64_t, Block> mapped_;
    std::uint64_t total_ = 0;
    std::array<std::uint64_t, kMostDevices> used_{};  // bytes, by device
    std::uint64_t next_id_ = 1;
    bool byte_exact_ = false;

    mutable std::shared_mutex registered_mutex_;
    std::map<std::uint64_t, Block> registered_;
    std::atomic<std::size_t> registered_count_{0};
};

}  // namespace soft::driver
