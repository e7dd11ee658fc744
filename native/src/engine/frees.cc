// Queues, looks, watches. See frees.h.
#include "engine/frees.h"

#include <algorithm>
#include <utility>

#include "engine/executor.h"
#include "engine/limits.h"

namespace engine {

Frees::Queue& Frees::queue_of(wire::Handle context) {
    for (Queue& queue : queues_) {
        if (queue.context == context) return queue;
    }
    queues_.push_back(Queue{context, 0, {}, {}});
    return queues_.back();
}

bool Frees::add(Executor& executor, const Freed& freed) {
    if (count_ >= kMaxAllocations) return false;
    Queue& queue = queue_of(contexts_.current_handle());
    queue.waiting.push_back(freed);
    queue.urgent = queue.urgent || freed.urgent;
    ++count_;
    // A driver that is told of blocks knows exactly what a kernel may touch: the next one must find it told.
    due_ = due_ || executor.driver().lent_memory != nullptr;
    if (freed.urgent) look_at(executor, queue);
    return true;
}

void Frees::look(Executor& executor) {
    due_ = false;
    for (std::size_t index = 0; index < queues_.size(); ++index) look_at(executor, queues_[index]);
}

void Frees::look_at(Executor& executor, Queue& queue) {
    if (queue.armed || queue.waiting.empty()) return;
    const wire::Handle context = queue.context;
    if (const abi::CUresult lost = contexts_.use(context); lost != abi::CUDA_SUCCESS) {
        std::vector<Freed> freed = std::exchange(queue.waiting, {});
        return perform(executor, freed, lost);
    }
    const Watch watch{{Awaited::Kind::context, nullptr, contexts_.current()}, context, {}, nullptr, 0};
    const abi::CUresult result = watches_.query(watch);
    if (result != abi::CUDA_ERROR_NOT_READY) {
        queue.urgent = false;
        std::vector<Freed> freed = std::exchange(queue.waiting, {});
        return perform(executor, freed, result);
    }
    if (!queue.urgent) return;
    queue.urgent = false;
    queue.armed = true;
    queue.watched = std::exchange(queue.waiting, {});
    queue.number = ++last_number_;
    Watch armed = watch;
    armed.argument = queue.number;
    watches_.add(armed);
}

void Frees::ended(Executor& executor, const Watch& watch, abi::CUresult result) {
    const auto found = std::find_if(queues_.begin(), queues_.end(), [&watch](const Queue& queue) {
        return queue.armed && queue.number == watch.argument;
    });
    if (found == queues_.end()) return;
    found->armed = false;
    std::vector<Freed> freed = std::exchange(found->watched, {});
    perform(executor, freed, result);
    look(executor);
}

void Frees::perform(Executor& executor, std::vector<Freed>& freed, abi::CUresult result) {
    count_ -= freed.size();
    for (const Freed& entry : freed) {
        switch (entry.kind) {
            case Freed::Kind::block:
                if (executor.driver().lent_memory != nullptr) {
                    (void)executor.driver().lent_memory->uncarve(entry.address);
                }
                break;
            case Freed::Kind::allocation:
                executor.end_allocation(entry.address);
                break;
            case Freed::Kind::array:
            case Freed::Kind::mipmap:
                executor.end_array(entry.address, entry.kind == Freed::Kind::mipmap);
                break;
            case Freed::Kind::ticket:
                // Whoever sleeps hears what a free that waits would have answered.
                executor.answer(entry.record, entry.urgent ? result : abi::CUDA_SUCCESS, {});
                break;
        }
    }
}

void Frees::forget_context(Executor& executor, wire::Handle context) {
    const auto found = std::find_if(queues_.begin(), queues_.end(),
                                    [context](const Queue& queue) { return queue.context == context; });
    if (found == queues_.end()) return;
    Queue gone = std::move(*found);
    queues_.erase(found);
    const auto is_memory = [](const Freed& freed) { return freed.kind != Freed::Kind::ticket; };
    for (std::vector<Freed>* freed : {&gone.watched, &gone.waiting}) {
        count_ -= std::erase_if(*freed, is_memory);
        perform(executor, *freed, abi::CUDA_SUCCESS);
    }
}

}  // namespace engine
