// What the host has published about events and streams in shared memory (wire/fence.h), and queries answered
// from it. Without shared memory every query is asked.
#pragma once
#include <atomic>
#include <cstdint>

#include "cudart/abi.h"
#include "objects.h"
#include "wire/fence.h"
#include "wire/handle.h"

namespace guest {

class Session;

class Fences {
public:
    // `words` outlive this. Before the session is used.
    void open(const std::atomic<std::uint64_t>* words, std::uint32_t count) {
        words_ = words;
        count_ = count;
    }
    bool has(wire::Handle object) const { return wire::fence_of(object, count_) != 0; }
    bool reached(wire::Handle object, std::uint64_t number) const {
        const std::uint32_t fence = wire::fence_of(object, count_);
        if (fence == 0) return false;
        return wire::fence_reached(words_[fence].load(std::memory_order_acquire), object, number);
    }

private:
    const std::atomic<std::uint64_t>* words_ = nullptr;
    std::uint32_t count_ = 0;
};

// Whether the answer is known without asking: CUDA_SUCCESS, CUDA_ERROR_NOT_READY, or nothing (false). What
// must have landed by then has, when this answers CUDA_SUCCESS.
bool known_state(Session& session, wire::Handle object, Question& question, std::uint64_t number,
                 abi::CUresult& result);
// Keeps what the host has answered: `number` is what later queries will be about when nothing else happens.
void note_state(Question& question, std::uint64_t number, abi::CUresult result);

}  // namespace guest
