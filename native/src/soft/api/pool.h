// Pools of stream-ordered memory: which block is given out where, and when a freed one may be so again.
// Owned by the Device; used by entry_pool.cc, and by whatever frees or waits. Thread-safe. Asks the scheduler
// about order and DeviceMemory for blocks; knows no context beyond its number.
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cudart/abi.h"
#include "soft/api/handle_table.h"
#include "soft/api/pool_file.h"
#include "soft/memory/device_memory.h"
#include "soft/stream/scheduler.h"

namespace soft::driver {

// A CUmemoryPool. Everything but the constants is guarded by the lock of Pools.
class Pool {
  public:
    Pool(int ordinal_, std::uint64_t max_size_, std::unique_ptr<PoolFile> file_)
        : ordinal(ordinal_), max_size(max_size_), file(std::move(file_)) {}

    // Another process's: nothing can be taken from it.
    bool is_adopted() const { return file != nullptr && file->is_adopted(); }

    const int ordinal;                     // of the device
    const std::uint64_t max_size;          // bytes; 0: as much as the device has
    const std::unique_ptr<PoolFile> file;  // null: no other process may have it
    std::uint64_t handle = 0;
    bool is_default = false;

  private:
    friend class Pools;
    bool destroyed_ = false;
    // CU_MEMPOOL_ATTR_REUSE_*
    int follows_events_ = 1;
    int opportunistic_ = 1;
    int internal_dependencies_ = 1;
    std::uint64_t threshold_ = 0;  // bytes kept at a synchronisation
    std::uint64_t reserved_ = 0;   // bytes, in steps of 512, as are the next three
    std::uint64_t reserved_high_ = 0;
    std::uint64_t used_ = 0;
    std::uint64_t used_high_ = 0;
    std::set<std::pair<std::uint64_t, std::uint64_t>> spare_;  // {bytes, address} of what has been freed
    std::map<int, abi::CUmemAccess_flags> access_;             // of other devices, by ordinal
};

// How another process finds a block of a shared pool.
struct SharedBlock {
    std::uint64_t file = 0;  // PoolFile::id()
    std::uint64_t offset = 0;
    std::uint64_t size = 0;  // bytes that kernels may touch
};

class Pools {
  public:
    Pools(DeviceMemory& memory, Scheduler& scheduler, HandleTable& handles)
        : memory_(memory), scheduler_(scheduler), handles_(handles) {}

    // Null when handles have run out. `file`: for a pool that processes share, or another process's.
    Pool* create(int ordinal, std::uint64_t max_size, std::unique_ptr<PoolFile> file = nullptr);
    // False for a default pool. What is still in use stays until it is freed.
    bool destroy(Pool& pool);
    Pool* default_of(int ordinal);
    Pool* current_of(int ordinal);
    void set_current(int ordinal, Pool& pool);

    // `size` bytes that the work of `stream` from here on may use, for the context with number `owner`. 0:
    // there is no memory.
    std::uint64_t allocate(Pool& pool, std::uint64_t size, const StreamRef& stream, std::uint64_t owner);
    // Gives a block back behind the work of `stream` so far; false when `address` is not the start of one.
    bool release(std::uint64_t address, const StreamRef& stream);
    // The same at once, for a caller that has waited.
    bool release_now(std::uint64_t address);
    // The pool of the block that starts at `address`; 0 when there is none.
    std::uint64_t handle_of(std::uint64_t address) const;

    // --- sharing (pool_shared.cc). False when no block of a shared pool starts at `address`.
    bool share(std::uint64_t address, SharedBlock& shared) const;
    // A block of the adopted `pool` under an address of this process, until it is released like one taken
    // from a pool. 0: it is not of that pool, or the system refuses.
    std::uint64_t take_shared(Pool& pool, const SharedBlock& shared, std::uint64_t owner);

    // Gives unused blocks back to the device until no more than `kept` bytes are reserved.
    void trim(Pool& pool, std::uint64_t kept);
    // Gives back all that is unused; true when that was something.
    bool trim_all();
    // The program has waited for something: pools come down to their thresholds.
    void note_wait() {
        if (has_spare_.load(std::memory_order_relaxed)) settle();
    }
    // Everything that the context with this number was given is about to be freed.
    void forget_owner(std::uint64_t owner);

    // CUDA_ERROR_INVALID_VALUE for what CUDA does not have or does not let be set.
    abi::CUresult get_attribute(const Pool& pool, abi::CUmemPool_attribute which, void* value) const;
    abi::CUresult set_attribute(Pool& pool, abi::CUmemPool_attribute which, const void* value);
    abi::CUmemAccess_flags access(const Pool& pool, int ordinal) const;
    void set_access(Pool& pool, int ordinal, abi::CUmemAccess_flags flags);
    // Whether a device may use the block that starts at `address`.
    bool is_open_to(std::uint64_t address, int ordinal) const;

  private:
    enum class State : std::uint8_t {
        live,
        freed,  // at a point of a stream that may still be to come
    };
    struct Block {
        Pool* pool = nullptr;
        std::uint64_t room = 0;  // bytes
        std::uint64_t size = 0;  // bytes asked for
        std::uint64_t owner = 0;
        State state = State::live;
        bool settled = false;          // freed, and the program has waited for something behind it
        std::uint64_t freeing = 0;     // which of all frees this one is
        std::weak_ptr<Stream> stream;  // where it was freed
        std::shared_ptr<EventPoint> point;
        std::uint64_t offset = 0;  // in the pool's file
    };
    // Another process's block, mapped here.
    struct Adopted {
        Pool* pool = nullptr;
        std::uint64_t size = 0;  // bytes
        std::uint64_t owner = 0;
        bool freed = false;  // behind work that is still to come
    };
    using Blocks = std::unordered_map<std::uint64_t, Block>;

    Pool* add(int ordinal, std::uint64_t max_size, std::unique_ptr<PoolFile> file);
    bool back(const Pool& pool, Block& block, std::uint64_t address, std::uint64_t owner);
    bool begin_release_adopted(std::uint64_t address);
    void release_adopted(std::uint64_t address);
    void end_adopted(std::map<std::uint64_t, Adopted>::iterator at);
    // Addresses that an adopted block takes: whole granules, and one that keeps it apart from the next.
    static constexpr std::uint64_t room_of(std::uint64_t size) {
        return (size + kGranule - 1) / kGranule * kGranule + kGranule;
    }
    static bool is_over(const Block& block) { return block.point->done.load(std::memory_order_acquire); }
    bool may_have(const Block& block, const StreamRef& stream, std::uint64_t size);
    std::uint64_t reuse(Pool& pool, std::uint64_t size, const StreamRef& stream, std::uint64_t owner);
    std::uint64_t take_new(Pool& pool, std::uint64_t size, std::uint64_t owner);
    std::uint64_t reuse_waiting(Pool& pool, std::uint64_t size, std::uint64_t owner,
                                std::shared_ptr<EventPoint>& awaited);
    void give_out(std::uint64_t address, Block& block, std::uint64_t size, std::uint64_t owner);
    void end_use(Blocks::iterator at);
    void ended(std::uint64_t address, std::uint64_t freeing);
    void erase(Blocks::iterator at);
    bool trim_locked(Pool& pool, std::uint64_t kept);
    void settle();

    DeviceMemory& memory_;
    Scheduler& scheduler_;
    HandleTable& handles_;
    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<Pool>> pools_;  // a destroyed one stays, empty
    std::map<int, Pool*> defaults_;
    std::map<int, Pool*> currents_;
    Blocks blocks_;                             // by address
    std::map<std::uint64_t, Adopted> adopted_;  // by address
    std::uint64_t freeings_ = 0;
    std::atomic<bool> has_spare_{false};
};

}  // namespace soft::driver
