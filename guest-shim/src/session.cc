// See session.h.
#include "session.h"

#include "log.h"
#include "process.h"

namespace guest {

Session::Session(const Settings& chosen, std::size_t message_limit)
    : Connection(chosen, message_limit, wire::kCallCount), callbacks(*this) {
    replies.set_callback_sink(
        [](void* self, const CallbackCall& call) { static_cast<Callbacks*>(self)->run(call); }, &callbacks);
}

const char* Session::open_ring(std::uint64_t arena_base, std::uint64_t arena_size,
                               std::size_t message_limit) {
    const char* wrong = Connection::open_ring(arena_base, arena_size, message_limit);
    if (wrong != nullptr || !ring.is_open()) return wrong;
    fences.open(ring.fences(), ring.fence_count());
    arena.open(ring.arena_base(), ring.arena_bytes());
    return nullptr;
}

void Session::ended(abi::CUresult result, const char* reason) {
    session_ended(*this);
    if (reason == nullptr) return;
    log_line(LogLevel::error, "%s; every CUDA call of this process now fails with error %d", reason, result);
}

}  // namespace guest
