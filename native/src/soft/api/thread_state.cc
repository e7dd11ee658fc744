// ThreadState: a thread-local pointer, and a key whose destructor runs at thread end but not at process exit.
#include "soft/api/thread_state.h"

#include <pthread.h>

#include <atomic>

#include "soft/api/device.h"

namespace soft::driver {
namespace {

thread_local ThreadState* current = nullptr;
constinit std::atomic<std::uint64_t> next_number{1};

void forget(void* state) {
    auto* const gone = static_cast<ThreadState*>(state);
    if (Device::phase() == Phase::ready) Device::get().thread_gone(gone->number);
    current = nullptr;
    delete gone;
}

pthread_key_t make_key() {
    pthread_key_t key;
    pthread_key_create(&key, forget);
    return key;
}

}  // namespace

ThreadState& this_thread() {
    if (current == nullptr) {
        static const pthread_key_t key = make_key();
        current = new ThreadState;
        current->number = next_number.fetch_add(1, std::memory_order_relaxed);
        pthread_setspecific(key, current);
    }
    return *current;
}

}  // namespace soft::driver
