// Poke: wakes the engine thread from any other thread. One eventfd, owned by the loop; poking is idempotent.
#pragma once
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "transport/unique_fd.h"

namespace engine {

class Poke {
public:
    Poke() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
    int fd() const { return fd_.get(); }
    // Any thread.
    void poke() {
        const std::uint64_t one = 1;
        // A full counter means that the loop is being woken already.
        [[maybe_unused]] const auto written = ::write(fd_.get(), &one, sizeof one);
    }
    // The engine thread, once awake.
    void clear() {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto got = ::read(fd_.get(), &count, sizeof count);
    }

private:
    transport::UniqueFd fd_;
};

}  // namespace engine
