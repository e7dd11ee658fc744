// The threads that block in cuStreamSynchronize, cuEventSynchronize and cuCtxSynchronize. See waiters.h.
#include "engine/waiters.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "engine/limits.h"

namespace engine {

Waiters::~Waiters() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        jobs_.clear();
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
}

bool Waiters::start(std::uint64_t job, const Awaited& awaited, bool sleeps) {
    {
        const std::lock_guard lock(mutex_);
        const bool comes = sleeps && promised_ < coming_;
        const std::size_t needed = busy_ + coming_ + (jobs_.size() - promised_) + 1;
        if (!comes && needed > kWaiterThreads) return false;
        jobs_.push_back(Job{job, awaited});
        if (comes) {
            ++promised_;
            return true;
        }
        if (needed > threads_.size()) threads_.emplace_back([this] { serve(); });
    }
    wake_.notify_one();
    return true;
}

void Waiters::collect(std::vector<Outcome>& into) {
    const std::lock_guard lock(mutex_);
    into.insert(into.end(), outcomes_.begin(), outcomes_.end());
    outcomes_.clear();
}

void Waiters::serve() {
    ::pthread_setname_np(::pthread_self(), "ferry-waiter");
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return closing_ || !jobs_.empty(); });
        if (closing_) return;
        const Job job = jobs_.front();
        jobs_.pop_front();
        ++busy_;
        lock.unlock();
        const abi::CUresult result = block(job.awaited);
        lock.lock();
        --busy_;
        ++coming_;
        outcomes_.push_back(Outcome{job.number, result});
        lock.unlock();
        poke_.poke_or_stand_in();
        lock.lock();
        --coming_;
        promised_ = std::min(promised_, coming_);
    }
}

abi::CUresult Waiters::block(const Awaited& awaited) const {
    const abi::CUresult current = driver_.cuCtxSetCurrent(awaited.context);
    if (current != abi::CUDA_SUCCESS) return current;
    switch (awaited.kind) {
        case Awaited::Kind::stream:
            return driver_.cuStreamSynchronize(static_cast<abi::CUstream>(awaited.object));
        case Awaited::Kind::event:
            return driver_.cuEventSynchronize(static_cast<abi::CUevent>(awaited.object));
        case Awaited::Kind::context:
            return driver_.cuCtxSynchronize();
    }
    return abi::CUDA_ERROR_UNKNOWN;
}

}  // namespace engine
