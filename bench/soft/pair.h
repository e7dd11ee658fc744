// Two threads that share pieces of work, for measuring what the machine makes of two: the second one is woken
// and awake before the clock starts, and asleep otherwise.
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace bench_soft {

class Pair {
  public:
    // Of piece number `piece`, by thread 0 or 1.
    using Body = std::function<void(int piece, int thread)>;

    Pair() : second_([this] { serve(); }) {}
    Pair(const Pair&) = delete;
    Pair& operator=(const Pair&) = delete;
    ~Pair() {
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            ends_ = true;
        }
        called_.notify_one();
        second_.join();
    }

    // Returns when the second thread looks for work without sleeping.
    void wake() {
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            is_called_ = true;
        }
        called_.notify_one();
        while (!is_awake_.load()) std::this_thread::yield();
    }

    // After wake(): `body` for each of `count` pieces, whoever comes first; returns when all are done. Then
    // the second thread sleeps.
    void run(int count, const Body& body) {
        body_ = &body;
        count_ = count;
        next_.store(0);
        begins_.store(true);
        take(0);
        while (is_awake_.load()) {
        }
    }

  private:
    void take(int thread) {
        for (int piece = next_.fetch_add(1); piece < count_; piece = next_.fetch_add(1))
            (*body_)(piece, thread);
    }

    void serve() {
        std::unique_lock<std::mutex> lock(mutex_);
        for (;;) {
            called_.wait(lock, [this] { return is_called_ || ends_; });
            if (ends_) return;
            is_called_ = false;
            is_awake_.store(true);
            while (!begins_.load()) {
            }
            begins_.store(false);
            take(1);
            is_awake_.store(false);
        }
    }

    std::mutex mutex_;
    std::condition_variable called_;
    bool is_called_ = false;
    bool ends_ = false;
    std::atomic<bool> is_awake_{false};
    std::atomic<bool> begins_{false};
    std::atomic<int> next_{0};
    int count_ = 0;
    const Body* body_ = nullptr;
    std::thread second_;
};

}  // namespace bench_soft
