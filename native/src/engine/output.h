// Output: what the driver prints on the worker's stdout and stderr (device printf, assert text), on its way
// to the guest. Used by the executor before every reply that reports completion. Two memory files stand in
// for fd 1 and 2. A pipe would be simpler and wrong: the driver flushes a printf FIFO of 1 MiB and more
// inside a synchronise on the engine thread, which is also the only reader, and would block for ever.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/replies.h"
#include "status.h"
#include "transport/unique_fd.h"

namespace engine {

class Output {
public:
    // From now on fd 1 and 2 of this process lead here. Once per process.
    ferry::Status capture();
    // Moves everything printed since the last call into `replies`.
    void drain(Replies& replies);

private:
    struct Stream {
        transport::UniqueFd file;
        std::int64_t taken = 0;  // bytes already moved
    };
    void drain_stream(Stream& stream, std::uint32_t fd, Replies& replies);

    std::array<Stream, 2> streams_;
    std::vector<std::byte> buffer_;
    bool capturing_ = false;
};

}  // namespace engine
