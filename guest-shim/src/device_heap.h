// The device heap of a context: device memory lent by the host in loans of many granules, given out here
// without a round trip. Blocks are counted in steps of 512 bytes; below 1 MiB they share granules of 2 MiB,
// from there on they have theirs alone. A freed block is in quarantine until the host has said that the work
// queued before the free is over: its batch is closed, a record with a ticket follows the frees, and the
// ticket's reply settles the batch. Used by device_memory.cc, which sends the records; this sends nothing and
// never waits. Thread-safe; settled() is called while replies are read and takes no lock.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "free_space.h"
#include "futex.h"

namespace guest {

class DeviceHeap {
public:
    static constexpr std::uint64_t kStep = 512;
    static constexpr std::uint64_t kGranule = std::uint64_t{2} << 20;
    static constexpr std::uint64_t kLarge = std::uint64_t{1} << 20;

    // Freed blocks that are settled together.
    struct Batch {
        explicit Batch(DeviceHeap& owner, std::uint32_t life_of_heap) : heap(owner), life(life_of_heap) {}
        DeviceHeap& heap;
        const std::uint32_t life;
        struct Freed {
            std::uint64_t address;
            std::uint64_t size;
        };
        std::vector<Freed> blocks;
        std::uint64_t bytes = 0;
        Batch* next = nullptr;
    };
    struct Loan {
        std::uint64_t address;
        std::uint64_t size;  // bytes
    };

    DeviceHeap() = default;
    DeviceHeap(const DeviceHeap&) = delete;
    DeviceHeap& operator=(const DeviceHeap&) = delete;

    // What a block of `size` bytes needs of a new loan: whole granules; 0 when there is no such number.
    static std::uint64_t granules_for(std::uint64_t size);
    // The address of a block of `size` bytes; 0 when no loan has room for it. `carves`: its loan's.
    std::uint64_t take(std::uint64_t size, bool& carves);
    // The host has lent that, whole granules. False when it overlaps what is lent already. `carves`: the host
    // wants to know which parts are in use.
    bool add_loan(const Loan& loan, bool carves);
    // A block goes into quarantine. Answers the batch when it is time to settle it, else null.
    Batch* give(std::uint64_t address, std::uint64_t size);
    // The batch that is open, whatever is in it; null when it is empty.
    Batch* close_batch();
    // The ticket's reply has come. The batch is the heap's again. Takes no lock, allocates nothing.
    static void settled(Batch* batch);

    // Whether anything is lent at all, and whether some of it is closed.
    bool lent() const;
    bool has_closed() const;
    // Bytes freed and not settled yet.
    std::uint64_t quarantined() const;
    // Bytes of loans that are in no block of the program's and that the host counts as used.
    std::uint64_t credit() const;
    // Loans beyond `kept` bytes without any block in them, which are the heap's no longer.
    std::vector<Loan> take_idle(std::uint64_t kept);
    // Gives nothing more out of loans that carve; answers those that it still did.
    std::vector<Loan> close_loans();
    // The context has ended: everything is forgotten; batches on their way mean nothing any more.
    void clear();

private:
    struct Chunk {
        std::uint64_t size;          // bytes
        std::uint64_t occupied = 0;  // bytes of live and quarantined blocks
        std::uint64_t live = 0;      // bytes of live blocks
        bool carves = false;
        bool closed = false;
    };
    using Chunks = std::map<std::uint64_t, Chunk>;

    static constexpr std::size_t kBins = 128;  // of blocks up to 64 KiB, a bin per size
    static constexpr std::size_t kBatchBlocks = 256;
    static constexpr std::uint64_t kBatchBytes = std::uint64_t{8} << 20;

    std::uint64_t take_small(std::uint64_t paid);
    std::uint64_t take_from_spaces(std::uint64_t paid);
    void digest();
    void release(std::uint64_t address, std::uint64_t paid);
    void add_granules(std::uint64_t start, std::uint64_t size);
    void add_small(std::uint64_t address, std::uint64_t paid);
    void empty_bins();
    Chunks::iterator chunk_around(std::uint64_t address);

    mutable Mutex mutex_;
    Chunks chunks_;
    FreeSpace granules_;
    FreeSpace small_;
    std::array<std::vector<std::uint64_t>, kBins> bins_;  // settled blocks by steps - 1, not joined yet
    Batch* open_ = nullptr;
    Batch* spare_ = nullptr;
    std::uint64_t quarantined_ = 0;
    std::uint32_t life_ = 0;
    std::atomic<Batch*> settled_{nullptr};
};

}  // namespace guest
