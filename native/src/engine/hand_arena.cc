// The arena by hand: which parts of it count as pinned. Populating and registering a range blocks the engine
// thread for as long as the system takes (the guest has populated it before, as a rule), and so this guest
// alone. Called by generated dispatch.
#include "engine/executor.h"
#include "host/hand.h"

namespace engine::hand {
namespace {

abi::CUresult unpin(Executor& executor, const Watch& watch) {
    return executor.pins().unpin(watch.argument);
}

}  // namespace

abi::CUresult session_pin(Executor& executor, const wire::RecordHeader& header,
                          const wire::session_pin_Request& request, ReplySink&) {
    if (const auto lost = executor.contexts().use_any(header.context); lost != abi::CUDA_SUCCESS) return lost;
    if (!executor.pins().can_pin(request.address, request.size)) {
        executor.violate("the guest pins what is not the arena's, or twice");
        return abi::CUDA_ERROR_INVALID_VALUE;
    }
    return executor.pins().pin(request.address, request.size, executor.contexts().current_handle());
}

abi::CUresult session_unpin(Executor& executor, const wire::RecordHeader& header,
                            const wire::session_unpin_Request& request, ReplySink&) {
    if (!executor.pins().starts(request.address)) {
        executor.violate("the guest unpins what is not pinned");
        return abi::CUDA_ERROR_INVALID_VALUE;
    }
    if (const auto lost = executor.contexts().use_any(header.context); lost != abi::CUDA_SUCCESS) return lost;
    return executor.wait(Awaited::Kind::context, nullptr, header, unpin, request.address);
}

}  // namespace engine::hand
