// The contexts of a session: those the program creates and the primary one of each device. Which of them is
// current on a thread is in ThreadState; what the host holds for them is bound to their handles.
#pragma once
#include <atomic>
#include <cstdint>

#include "cudart/abi.h"
#include "futex.h"
#include "objects.h"
#include "snapshot.h"

namespace guest {

class Session;

struct PrimaryContext {
    Mutex mutex;                 // held across retain and release, so that two threads agree on who is first
    Context* context = nullptr;  // made at the first question, kept for ever
    unsigned flags = 0;
    unsigned uses = 0;
};

class Contexts {
public:
    // A context of `device`, not alive yet; null when the limit is reached.
    Context* create(Session& session, int device, unsigned flags, bool primary);
    // The context behind a handle, alive or not; null when there never was one.
    Context* find(Session& session, abi::CUcontext handle);
    PrimaryContext& primary(int device) { return primaries_[device]; }
    // The primary context of a device, made when it is first asked for; null without memory. primary().mutex
    // is held.
    Context* primary_context(Session& session, int device);
    // Everything made in it becomes invalid; `keep_name` for a primary context, which may live again.
    void end(Session& session, Context& context, bool keep_name);
    // Whether nobody can tell when code or a context ends: nothing has been launched since the last wait, no
    // host function is outstanding, nothing lands in the program's memory. Then its end need not be waited
    // for.
    bool may_end_later(Session& session);
    static bool valid_flags(unsigned flags);

private:
    PrimaryContext primaries_[kMaxDevices];
    std::atomic<std::uint64_t> next_id_{1};
};

}  // namespace guest
