// Room for objects that one thread makes and another one ends, as it is with every launch. free() gives such
// room back to the arena of its maker, under a lock that both then sleep for, five times in a millisecond of
// short kernels. What is kept here goes to the next object of the same kind instead.
#pragma once
#include <cstddef>
#include <mutex>
#include <new>
#include <utility>

namespace soft {

// The room of `T`s. Any thread; never waits: while another thread is inside, malloc() has to do.
template <class T>
class Recycled {
  public:
    static void* take() {
        if (const std::unique_lock lock(mutex_, std::try_to_lock); lock && free_ != nullptr) {
            --count_;
            return std::exchange(free_, free_->next);
        }
        return ::operator new(sizeof(T), std::align_val_t{alignof(T)});
    }
    // `room` is take()'s; what was in it has been destroyed.
    static void give(void* room) noexcept {
        if (const std::unique_lock lock(mutex_, std::try_to_lock); lock && count_ < kMost) {
            free_ = ::new (room) Room{free_};
            ++count_;
            return;
        }
        ::operator delete(room, std::align_val_t{alignof(T)});
    }

  private:
    struct Room {
        Room* next;
    };
    static_assert(sizeof(T) >= sizeof(Room) && alignof(T) >= alignof(Room));

#ifdef __SANITIZE_ADDRESS__
    static constexpr std::size_t kMost = 0;  // what is used after its end is to be found
#else
    static constexpr std::size_t kMost = 1024;
#endif
    static inline std::mutex mutex_;
    static inline Room* free_ = nullptr;
    static inline std::size_t count_ = 0;
};

// The same for std::allocate_shared.
template <class T>
struct RecyclingAllocator {
    using value_type = T;

    RecyclingAllocator() = default;
    template <class Other>
    explicit(false) RecyclingAllocator(const RecyclingAllocator<Other>&) {}

    T* allocate(std::size_t) { return static_cast<T*>(Recycled<T>::take()); }
    void deallocate(T* room, std::size_t) noexcept { Recycled<T>::give(room); }
    friend bool operator==(const RecyclingAllocator&, const RecyclingAllocator&) { return true; }
};

}  // namespace soft
