// Trampolines and their bookkeeping. See callbacks.h.
#include "engine/callbacks.h"

#include <utility>

#include "engine/limits.h"

namespace engine {

abi::CUresult Callbacks::launch(abi::CUstream stream, const Request& request) {
    if (calls_.size() >= kMaxPendingCallbacks) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    if (!shared_) shared_ = std::make_shared<Shared>(poke_);
    auto call = std::make_shared<Call>();
    call->shared = shared_;
    call->request = request;
    call->number = ++last_number_;
    call->work = work_;
    // The driver keeps a plain pointer; the reference behind it is given up by the trampoline, or here on
    // failure.
    auto reference = std::make_unique<std::shared_ptr<Call>>(call);
    // cuStreamAddCallback runs after an error too, and says which; cuLaunchHostFunc does not run then.
    const bool with_status = request.kind == 1 && driver_.cuStreamAddCallback != nullptr;
    if (!with_status && driver_.cuLaunchHostFunc == nullptr) return abi::CUDA_ERROR_NOT_SUPPORTED;
    const abi::CUresult result =
        with_status ? driver_.cuStreamAddCallback(stream, run_stream_callback, reference.get(), 0)
                    : driver_.cuLaunchHostFunc(stream, run_host_function, reference.get());
    if (result != abi::CUDA_SUCCESS) return result;
    (void)reference.release();
    calls_.emplace(call->number, std::move(call));
    return result;
}

void Callbacks::run_host_function(void* user) {
    const std::unique_ptr<std::shared_ptr<Call>> reference(static_cast<std::shared_ptr<Call>*>(user));
    run(*reference, abi::CUDA_SUCCESS);
}

void Callbacks::run_stream_callback(abi::CUstream, abi::CUresult status, void* user) {
    const std::unique_ptr<std::shared_ptr<Call>> reference(static_cast<std::shared_ptr<Call>*>(user));
    run(*reference, status);
}

void Callbacks::run(std::shared_ptr<Call> call, abi::CUresult status) {
    Shared& shared = *call->shared;
    std::unique_lock lock(shared.mutex);
    if (shared.abandoned) return;
    const Request& request = call->request;
    shared.reached.push_back(
        {call->number, status, request.function, request.argument, request.stream, request.kind});
    shared.poke->poke();
    shared.changed.wait(lock, [&] { return call->answered || shared.abandoned; });
}

bool Callbacks::any_reached() {
    if (calls_.empty()) return false;
    const std::lock_guard lock(shared_->mutex);
    return !shared_->reached.empty();
}

std::vector<Replies::Callback> Callbacks::take_reached() {
    const std::lock_guard lock(shared_->mutex);
    return std::exchange(shared_->reached, {});
}

bool Callbacks::done(std::uint64_t count) {
    if (count == done_) return true;
    if (count < done_ || count - done_ > asked_.size()) return false;
    for (; done_ != count; ++done_) {
        const auto found = calls_.find(asked_.front());
        asked_.pop_front();
        const std::lock_guard lock(shared_->mutex);
        found->second->answered = true;
        calls_.erase(found);
    }
    shared_->changed.notify_all();
    return true;
}

void Callbacks::abandon() {
    if (!shared_) return;
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->abandoned = true;
    }
    shared_->changed.notify_all();
    calls_.clear();
}

}  // namespace engine
