// The thread and its one desk. See aside.h.
#include "engine/aside.h"

#include <pthread.h>

#include <utility>

namespace engine {

Aside::~Aside() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void Aside::begin(Job job) {
    jobs_.push_back(std::move(job));
    if (jobs_.size() == 1) hand_over();
}

void Aside::hand_over() {
    {
        const std::lock_guard lock(mutex_);
        work_ = &jobs_.front().work;
    }
    if (!thread_.joinable()) thread_ = std::thread([this] { serve(); });
    wake_.notify_one();
}

void Aside::collect() {
    while (busy()) {
        std::optional<abi::CUresult> result;
        {
            const std::lock_guard lock(mutex_);
            result = std::exchange(ended_, std::nullopt);
        }
        if (!result) return;
        const Job job = std::move(jobs_.front());
        jobs_.pop_front();
        if (busy()) hand_over();
        job.finish(*result);
    }
}

void Aside::serve() {
    ::pthread_setname_np(::pthread_self(), "ferry-aside");
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return closing_ || work_ != nullptr; });
        if (closing_) return;
        const auto* work = std::exchange(work_, nullptr);
        lock.unlock();
        const abi::CUresult result = (*work)();
        lock.lock();
        ended_ = result;
        poke_.poke();
    }
}

}  // namespace engine
