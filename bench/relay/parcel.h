// Parcel: bytes that the relay holds while they are under way. They stay in a pipe, where splice() puts them
// and takes them out without a copy: a relay that copied would be a slower link than the one it stands for,
// on the cores that it measures. Where no more pipes are to be had, a piece of memory does the same.
#pragma once
#include <sys/types.h>

#include <array>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace relay {

class Parcel {
public:
    // What one holds at most: as many pages as a pipe has room for.
    static constexpr std::size_t kSize = 64 << 10;

    Parcel() = default;
    Parcel(Parcel&& other) noexcept { swap(other); }
    Parcel& operator=(Parcel&& other) noexcept {
        swap(other);
        return *this;
    }
    Parcel(const Parcel&) = delete;
    Parcel& operator=(const Parcel&) = delete;
    ~Parcel();

    // What there is to read on `socket`, as recv() says it. Once, into an empty one.
    ssize_t fill(int socket);
    // Up to `size` bytes from `from` on into `socket`, as send() says it. From front to back. `more`: others
    // follow at once, so that nobody need be woken for these.
    ssize_t empty_into(int socket, std::size_t from, std::size_t size, bool more);

private:
    friend class Parcels;
    void swap(Parcel& other) noexcept {
        std::swap(pipe_, other.pipe_);
        std::swap(bytes_, other.bytes_);
    }
    std::array<int, 2> pipe_{-1, -1};
    std::unique_ptr<char[]> bytes_;
};

// Empty parcels, used again: a pipe costs two system calls, fresh memory its pages.
class Parcels {
public:
    // Lets this process have as many pipes as the system allows.
    Parcels();
    Parcel take();
    // One that is empty by now.
    void give_back(Parcel parcel);

private:
    std::vector<Parcel> free_;
};

}  // namespace relay
