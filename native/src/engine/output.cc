// Memory files behind fd 1 and 2. See output.h.
#include "engine/output.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/limits.h"

namespace engine {

ferry::Status Output::capture() {
    static constexpr const char* kNames[2] = {"ferry-stdout", "ferry-stderr"};
    std::fflush(nullptr);
    for (int index = 0; index < 2; ++index) {
        transport::UniqueFd file(::memfd_create(kNames[index], MFD_CLOEXEC));
        const bool append = file.valid() && ::fcntl(file.get(), F_SETFL, O_APPEND) == 0;
        if (!append || ::dup2(file.get(), index + 1) < 0) {
            return ferry::Status::failure(std::string("cannot capture the driver's output: ") +
                                          std::strerror(errno));
        }
        streams_[static_cast<std::size_t>(index)].file = std::move(file);
    }
    capturing_ = true;
    return ferry::Status::success();
}

void Output::drain(Replies& replies) {
    if (!capturing_) return;
    std::fflush(stdout);  // a driver may print through this process's own stdio
    drain_stream(streams_[0], 1, replies);
    drain_stream(streams_[1], 2, replies);
}

void Output::drain_stream(Stream& stream, std::uint32_t fd, Replies& replies) {
    if (buffer_.empty()) buffer_.resize(kOutputChunk);
    const std::int64_t start = stream.taken;
    for (;;) {
        const ssize_t size = ::pread(stream.file.get(), buffer_.data(), buffer_.size(), stream.taken);
        if (size <= 0) break;
        stream.taken += size;
        replies.output(fd, std::span(buffer_).first(static_cast<std::size_t>(size)));
    }
    if (stream.taken == start) return;
    // Gives the pages back. Truncating instead would lose what another thread appends at this moment.
    (void)::fallocate(stream.file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, stream.taken);
}

}  // namespace engine
