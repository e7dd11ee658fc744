// The arena's layout: memory that guest and host have mapped at the same address (wire/ring.h). Chunks of it
// are pinned, at the host by session_pin; blocks are given out of pinned chunks, in steps of 4 KiB. Small
// blocks share chunks, large ones have one of their own. Used by host_memory.cc, which pins and unpins; this
// sends nothing and touches no memory. Thread-safe.
#pragma once
#include <cstdint>
#include <map>
#include <vector>

#include "free_space.h"
#include "futex.h"

namespace guest {

class Arena {
public:
    static constexpr std::uint64_t kStep = 4096;
    static constexpr std::uint64_t kUnit = std::uint64_t{2} << 20;  // chunks are multiples of a large page

    struct Chunk {
        std::uint64_t address;
        std::uint64_t size;  // bytes
    };

    // Before any other thread uses it; without it everything is refused.
    void open(std::uint64_t base, std::uint64_t size);
    bool is_open() const { return size_ != 0; }
    bool holds(std::uint64_t address) const { return address - base_ < size_; }

    // No more chunks: the host cannot pin.
    void refuse();

    // The address of a block of `size` bytes; 0 when no pinned chunk has room for it.
    std::uint64_t take(std::uint64_t size);
    void give(std::uint64_t address, std::uint64_t size);

    // A place for a chunk that has room for a block of `size` bytes; its size is 0 when there is none. It is
    // the caller's until add(), which makes it a pinned chunk, or drop().
    Chunk find_place(std::uint64_t size);
    void add(const Chunk& chunk);
    void drop(const Chunk& chunk);
    // Chunks beyond `kept` bytes without any block in them: the caller's, as from find_place().
    std::vector<Chunk> take_idle(std::uint64_t kept);

private:
    struct Use {
        std::uint64_t size;      // bytes
        std::uint64_t used = 0;  // bytes of blocks
    };
    std::map<std::uint64_t, Use>::iterator chunk_around(std::uint64_t address);

    mutable Mutex mutex_;
    std::uint64_t base_ = 0;
    std::uint64_t size_ = 0;
    FreeSpace places_;
    FreeSpace blocks_;
    std::map<std::uint64_t, Use> chunks_;
};

}  // namespace guest
