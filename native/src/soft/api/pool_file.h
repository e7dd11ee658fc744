// The file in memory that a pool lives in when other processes may have it: a granule that says whose it is,
// then blocks. Whoever holds a descriptor of it can reach them, as with CUDA's handle of a pool. Used by
// Pools, under its lock.
#pragma once
#include <cstdint>
#include <memory>

#include "soft/memory/free_space.h"

namespace soft::driver {

class PoolFile {
  public:
    // A new one, for the device with this number. Null when the system refuses.
    static std::unique_ptr<PoolFile> create(unsigned device_number);
    // Another process's, by a descriptor that stays the caller's. Null when it is not such a file.
    static std::unique_ptr<PoolFile> adopt(int descriptor);

    ~PoolFile();
    PoolFile(const PoolFile&) = delete;
    PoolFile& operator=(const PoolFile&) = delete;

    int descriptor() const { return descriptor_; }
    std::uint64_t id() const { return id_; }  // the same in every process
    unsigned device_number() const { return device_number_; }
    bool is_adopted() const { return adopted_; }
    // Whether there are bytes there, now: its maker may have it grow.
    bool reaches(std::uint64_t offset, std::uint64_t size) const;

    // Where `size` bytes, zeros, are free; 0 when the system refuses.
    std::uint64_t take(std::uint64_t size);
    // Gives their pages back to the system.
    void give(std::uint64_t offset, std::uint64_t size);

  private:
    PoolFile(int descriptor, std::uint64_t id, unsigned device_number, bool adopted)
        : descriptor_(descriptor), id_(id), device_number_(device_number), adopted_(adopted) {}

    const int descriptor_;
    const std::uint64_t id_;
    const unsigned device_number_;
    const bool adopted_;
    std::uint64_t size_ = 0;
    FreeSpace free_;
};

}  // namespace soft::driver
