// See lanes.h.
#include "engine/gl/lanes.h"

#include <sys/random.h>

#include <algorithm>
#include <condition_variable>
#include <utility>

#include "wire/limits.h"

namespace engine::gl {

bool Progress::reached(std::uint64_t position, Poke& poke) {
    if (done_.load(std::memory_order_acquire) >= position) return true;
    const std::lock_guard lock(mutex_);
    const auto same = [&poke](const Waiter& waiter) { return waiter.poke == &poke; };
    std::erase_if(waiters_, same);
    waiters_.push_back({position, &poke});
    awaited_.store(true, std::memory_order_seq_cst);
    if (done_.load(std::memory_order_seq_cst) < position) return false;
    std::erase_if(waiters_, same);
    awaited_.store(!waiters_.empty(), std::memory_order_relaxed);
    return true;
}

void Progress::wake() {
    const std::lock_guard lock(mutex_);
    std::erase_if(waiters_, [this](const Waiter& waiter) {
        if (waiter.position > own_) return false;
        waiter.poke->poke();
        return true;
    });
    awaited_.store(!waiters_.empty(), std::memory_order_relaxed);
}

void Progress::forget(const Poke& poke) {
    const std::lock_guard lock(mutex_);
    std::erase_if(waiters_, [&poke](const Waiter& waiter) { return waiter.poke == &poke; });
    awaited_.store(!waiters_.empty(), std::memory_order_relaxed);
}

// One further lane: its engine, and what that says.
class Lanes::Lane final : private Events {
  public:
    Lane(Options options, std::shared_ptr<Progress> progress, Events& first)
        : first_(first), progress_(std::move(progress)), engine_(std::move(options), *this) {}

    // Until it listens or has failed to.
    bool listens(unsigned& tcp_port, std::string& why) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return listening_ || ended_; });
        tcp_port = tcp_port_;
        why = message_;
        return !ended_;
    }
    bool ended() {
        const std::lock_guard lock(mutex_);
        return ended_;
    }
    Engine& engine() { return engine_; }

  private:
    void listening(unsigned tcp_port) override {
        const std::lock_guard lock(mutex_);
        listening_ = true;
        tcp_port_ = tcp_port;
        changed_.notify_all();
    }
    void attached(int, unsigned) override {}
    void wants() override {}
    void released() override {}
    void ended(int, const std::string& message) override {
        progress_->end();
        const std::lock_guard lock(mutex_);
        ended_ = true;
        message_ = message;
        changed_.notify_all();
    }
    void log(LogLevel level, const std::string& message) override { first_.log(level, message); }

    Events& first_;
    const std::shared_ptr<Progress> progress_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool listening_ = false;
    bool ended_ = false;
    unsigned tcp_port_ = 0;
    std::string message_;
    Engine engine_;  // its thread uses everything above
};

Lanes::Lanes(const Options& first, Poke& poke, Events& events) : first_(first), poke_(poke), events_(events) {
    progress_.emplace(1, std::make_shared<Progress>());
}

Lanes::~Lanes() {
    std::map<std::uint32_t, std::unique_ptr<Lane>> ending;
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;  // a lane that asks for another one now is refused
        ending.swap(lanes_);
    }
    for (const auto& [number, lane] : ending) lane->engine().stop(0);
}

// Forgets lanes that have ended. Their threads are on their last steps, and none of those comes here.
void Lanes::reap() {
    std::erase_if(lanes_, [](const auto& each) { return each.second->ended(); });
}

ferry::Result<Lanes::Opened> Lanes::open() {
    const std::lock_guard lock(mutex_);
    reap();
    if (closing_) return ferry::Status::failure("the session is ending");
    if (lanes_.size() + 1 >= wire::limits::kGlLanes || last_ >= wire::limits::kGlLanesEver) {
        return ferry::Status::failure("this process has too many GL contexts");
    }
    Opened opened;
    opened.lane = ++last_;
    opened.ticket_ttl_ms = first_.ticket_ttl_ms;
    if (::getrandom(opened.ticket.data(), opened.ticket.size(), 0) != ssize_t{sizeof opened.ticket}) {
        return ferry::Status::failure("the kernel gives no random bytes");
    }
    Options options = first_;
    // Workers share the folder: the first lane's name is this worker's own.
    options.socket_path = first_.socket_path + '.' + std::to_string(opened.lane);
    options.ticket = opened.ticket;
    options.trace = {};
    options.lanes = this;
    options.lane = opened.lane;
    opened.endpoint = "unix:" + options.socket_path;
    const auto progress = progress_.emplace(opened.lane, std::make_shared<Progress>()).first->second;
    auto lane = std::make_unique<Lane>(std::move(options), progress, events_);
    std::string why;
    if (!lane->listens(opened.tcp_port, why)) return ferry::Status::failure(why);
    lanes_.emplace(opened.lane, std::move(lane));
    return opened;
}

std::shared_ptr<Progress> Lanes::progress(std::uint32_t lane) {
    const std::lock_guard lock(mutex_);
    const auto found = progress_.find(lane);
    return found == progress_.end() ? nullptr : found->second;
}

void Lanes::hold(bool held) {
    if (held_.exchange(held, std::memory_order_acq_rel) == held) return;
    if (!held) return;
    wanted_.store(false, std::memory_order_release);
    const std::lock_guard lock(mutex_);
    for (const auto& [number, lane] : lanes_) lane->engine().nudge();
}

}  // namespace engine::gl
