// See thread_state.h.
#include "thread_state.h"

#include <pthread.h>

#include <new>

#include "futex.h"
#include "session.h"
#include "wire/limits.h"

namespace guest {

thread_local constinit ThreadState* current_thread = nullptr;

namespace {

constinit Mutex threads_mutex;
constinit ThreadState* threads = nullptr;
constinit CallCounts ended_calls{};

void add_calls(CallCounts& counts, const ThreadState& thread) {
    for (std::size_t index = 0; index < counts.size(); ++index) {
        counts[index] += thread.calls[index].load(std::memory_order_relaxed);
    }
}

// Numbers are bits of this map, so that the lowest free one is reused.
constinit std::uint64_t used_numbers[(wire::limits::kGuestThreads + 64) / 64] = {1};

pthread_key_t exit_key;
constinit pthread_once_t exit_key_once = PTHREAD_ONCE_INIT;

std::uint16_t take_number() {
    for (std::size_t word = 0; word < std::size(used_numbers); ++word) {
        if (~used_numbers[word] == 0) continue;
        const auto bit = static_cast<unsigned>(__builtin_ctzll(~used_numbers[word]));
        const std::size_t number = word * 64 + bit;
        if (number > wire::limits::kGuestThreads) return 0;
        used_numbers[word] |= std::uint64_t{1} << bit;
        return static_cast<std::uint16_t>(number);
    }
    return 0;
}

void end_thread(void* pointer) {
    auto* state = static_cast<ThreadState*>(pointer);
    // The record goes out before the number is free again, or a new thread's stream could be destroyed by it.
    if (state->spoke) announce_thread_exit(*state);
    current_thread = nullptr;
    {
        Guard guard(threads_mutex);
        used_numbers[state->number / 64] &= ~(std::uint64_t{1} << state->number % 64);
        add_calls(ended_calls, *state);
        if (state->previous != nullptr) state->previous->next = state->next;
        if (state->next != nullptr) state->next->previous = state->previous;
        if (threads == state) threads = state->next;
    }
    delete state;
}

void make_exit_key() { pthread_key_create(&exit_key, end_thread); }

}  // namespace

ThreadState* make_thread_state() {
    pthread_once(&exit_key_once, make_exit_key);
    auto* state = new (std::nothrow) ThreadState;
    if (state == nullptr) return nullptr;
    {
        Guard guard(threads_mutex);
        state->number = take_number();
        if (state->number != 0) {
            state->next = threads;
            if (threads != nullptr) threads->previous = state;
            threads = state;
        }
    }
    if (state->number == 0) {
        delete state;
        return nullptr;
    }
    pthread_setspecific(exit_key, state);
    current_thread = state;
    return state;
}

CallCounts count_calls() {
    Guard guard(threads_mutex);
    CallCounts counts = ended_calls;
    for (const ThreadState* state = threads; state != nullptr; state = state->next) add_calls(counts, *state);
    return counts;
}

void forget_threads_after_fork() {
    threads_mutex.reset();
    threads = current_thread;
    ended_calls = {};
    if (current_thread == nullptr) return;
    current_thread->next = current_thread->previous = nullptr;
    current_thread->contexts.clear();
    current_thread->spoke = false;
}

}  // namespace guest
