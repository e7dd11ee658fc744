// Query, spin, hand over. See watches.h.
#include "engine/watches.h"

#include <algorithm>

namespace engine {
namespace {

// Above this, asking every stream of a context costs more than waking a thread.
constexpr std::size_t kStreamsQueried = 64;
// A wait that is polled for longer than this goes to a waiter thread, whatever else there is to do.
constexpr std::chrono::milliseconds kPatience{2};

}  // namespace

abi::CUresult Watches::query(const Watch& watch) {
    abi::CUresult result = contexts_.use(watch.context);
    if (result != abi::CUDA_SUCCESS) return result;
    switch (watch.awaited.kind) {
        case Awaited::Kind::stream:
            result = driver_.cuStreamQuery(static_cast<abi::CUstream>(watch.awaited.object));
            break;
        case Awaited::Kind::event:
            result = driver_.cuEventQuery(static_cast<abi::CUevent>(watch.awaited.object));
            break;
        case Awaited::Kind::context:
            result = query_context(watch);
            break;
    }
    if (result == abi::CUDA_ERROR_NOT_READY) return result;
    // After an error too: it is the synchronise that brings out the text of a failed assertion.
    const abi::CUresult confirmed = confirm(watch);
    return result == abi::CUDA_SUCCESS ? confirmed : result;
}

abi::CUresult Watches::query_context(const Watch& watch) {
    if (watch.context.value == 0) return abi::CUDA_ERROR_INVALID_CONTEXT;
    streams_.clear();
    contexts_.streams_of(watch.context, streams_);
    if (streams_.size() > kStreamsQueried) return abi::CUDA_ERROR_NOT_READY;
    for (abi::CUstream stream : streams_) {
        const abi::CUresult result = driver_.cuStreamQuery(stream);
        if (result != abi::CUDA_SUCCESS) return result;
    }
    return contexts_.leftovers_running(watch.context) ? abi::CUDA_ERROR_NOT_READY : abi::CUDA_SUCCESS;
}

abi::CUresult Watches::confirm(const Watch& watch) {
    switch (watch.awaited.kind) {
        case Awaited::Kind::stream:
            return driver_.cuStreamSynchronize(static_cast<abi::CUstream>(watch.awaited.object));
        case Awaited::Kind::event:
            return driver_.cuEventSynchronize(static_cast<abi::CUevent>(watch.awaited.object));
        case Awaited::Kind::context:
            return driver_.cuCtxSynchronize();
    }
    return abi::CUDA_ERROR_UNKNOWN;
}

void Watches::poll() {
    outcomes_.clear();
    waiters_.collect(outcomes_);
    if (pending_.empty()) return;
    // Ending one may add others: work on what is there now.
    std::vector<Pending> pending = std::move(pending_);
    pending_.clear();
    for (Pending& entry : pending) {
        const auto over = std::find_if(outcomes_.begin(), outcomes_.end(),
                                       [&entry](const auto& outcome) { return outcome.job == entry.job; });
        const bool has_waiter = entry.job != 0;
        abi::CUresult result = abi::CUDA_ERROR_NOT_READY;
        if (has_waiter && over != outcomes_.end()) result = over->result;
        if (!has_waiter) result = query(entry.watch);
        if (result == abi::CUDA_ERROR_NOT_READY) {
            if (!has_waiter && is_overdue(entry)) {
                const std::uint64_t job = next_job();
                if (waiters_.start(job, entry.watch.awaited, false)) entry.job = job;
            }
            pending_.push_back(entry);
        } else {
            events_.watch_ended(entry.watch, result);
        }
    }
}

// The clock is read once in many looks: most waits are over before.
bool Watches::is_overdue(Pending& pending) const {
    constexpr unsigned kLooks = 64;
    if (++pending.looks % kLooks != 0) return false;
    const auto now = std::chrono::steady_clock::now();
    if (pending.looks == kLooks) pending.since = now;
    return now - pending.since >= kPatience;
}

bool Watches::any_polled() const {
    return std::any_of(pending_.begin(), pending_.end(), [](const Pending& entry) { return entry.job == 0; });
}

bool Watches::hand_over() {
    bool all = true;
    for (Pending& entry : pending_) {
        if (entry.job != 0) continue;
        const std::uint64_t job = next_job();
        if (waiters_.start(job, entry.watch.awaited, true)) {
            entry.job = job;
        } else {
            all = false;
        }
    }
    return all;
}

}  // namespace engine
