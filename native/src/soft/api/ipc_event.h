// Events that several processes know: what each of them counts in a page of a shared file. Kept beside the
// Event of this process; used by the entries of events, streams and IPC. Thread-safe.
#pragma once
#include <cstdint>

#include "soft/api/context.h"

namespace soft::driver {

// A file in memory that another process opens by this process's number and the descriptor's.
struct SharedFile {
    std::int32_t process = 0;
    std::int32_t descriptor = -1;
    std::uint64_t inode = 0;  // tells a descriptor that has come to stand for something else
    std::uint64_t size = 0;   // bytes
};
// -1 when the process, or the file, is gone; the descriptor is the caller's.
int open_shared(const SharedFile& file);
bool describe_shared(int descriptor, std::uint64_t size, SharedFile& file);

inline bool is_interprocess(const Event& event) {
    return (event.flags & abi::CU_EVENT_INTERPROCESS) != 0;
}

// Gives the event its page: a new one, or that of `file`. False when the system refuses.
bool share_event(const Event& event, const SharedFile* file);
bool find_shared_event(const Event& event, SharedFile& file);
void forget_shared_event(const Event& event);

// A recording begins, in this process: its number, and the work that ends it, in stream order.
std::function<void()> begin_shared_recording(const Event& event);
// Whether the last recording, in whatever process, is over.
bool shared_recording_over(const Event& event);
// Work that returns when the recording that is the last one now is over, or its process has ended.
std::function<void()> wait_for_shared_recording(const Event& event);

}  // namespace soft::driver
