// Callbacks: host functions that a stream must run in the guest. The driver calls a trampoline of ours in
// stream order, on a thread of its own; it posts the callback to the engine thread and holds the stream until
// the guest has run it (or the session is over). The guest's function pointer is a number here, never called.
// Guests run them in the order in which they are asked, so a count says which have returned; it comes beside
// the lane, whose records may wait for them. Used by the executor; but for the trampolines, engine thread.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "cudart/abi.h"
#include "engine/poke.h"
#include "engine/replies.h"
#include "host/driver_table.h"

namespace engine {

class Callbacks {
public:
    Callbacks(const device::DriverTable& driver, Poke& poke) : driver_(driver), poke_(poke) {}
    ~Callbacks() { abandon(); }

    struct Request {
        std::uint64_t function = 0;
        std::uint64_t argument = 0;
        std::uint64_t stream = 0;  // as the guest names it
        std::uint32_t kind = 0;    // 0 cuLaunchHostFunc, 1 cuStreamAddCallback
    };
    abi::CUresult launch(abi::CUstream stream, const Request& request);
    // The guest has run the first `count` of all that it has been asked to. False: it has not been asked to
    // run so many, or takes some of them back.
    bool done(std::uint64_t count);
    // Another record has given the device work while callbacks are outstanding.
    void note_work() { ++work_; }
    // How many since the oldest callback that is outstanding.
    std::uint64_t work_behind() const { return calls_.empty() ? 0 : work_ - calls_.begin()->second->work; }
    // Callbacks the device has reached since the last call, in order; `post(const Replies::Callback&)` for
    // each.
    template <class Post>
    void collect(Post&& post) {
        if (!any_reached()) return;
        for (const auto& callback : take_reached()) {
            asked_.push_back(callback.number);
            post(callback);
        }
    }
    std::size_t outstanding() const { return calls_.size(); }
    // Lets every held stream go: nobody will answer any more.
    void abandon();

private:
    struct Shared;
    // One host function on its way; kept alive by both the table and the trampoline.
    struct Call {
        std::shared_ptr<Shared> shared;
        Request request;
        std::uint32_t number = 0;
        std::uint64_t work = 0;  // note_work() before it
        bool answered = false;
    };
    // What trampolines touch: outlives this object while one of them is inside.
    struct Shared {
        explicit Shared(Poke& wake) : poke(&wake) {}
        std::mutex mutex;
        std::condition_variable changed;
        std::vector<Replies::Callback> reached;
        Poke* poke;
        bool abandoned = false;
    };
    static void run_host_function(void* user);
    static void run_stream_callback(abi::CUstream stream, abi::CUresult status, void* user);
    static void run(std::shared_ptr<Call> call, abi::CUresult status);
    bool any_reached();
    std::vector<Replies::Callback> take_reached();

    const device::DriverTable& driver_;
    Poke& poke_;
    std::shared_ptr<Shared> shared_;
    std::map<std::uint32_t, std::shared_ptr<Call>> calls_;  // by age
    std::deque<std::uint32_t> asked_;                       // sent to the guest and not yet done
    std::uint64_t done_ = 0;
    std::uint64_t work_ = 0;
    std::uint32_t last_number_ = 0;
};

}  // namespace engine
