// Frees: memory the guest has freed without waiting, while work queued before that may still use it. CUDA's
// free waits for that work; here the free itself waits, in order, and the guest is told by ticket when it is
// over (session_settle). A context's frees are looked at whenever its work may have ended. Only what somebody
// sleeps for, or what gives memory back to the device, is worth a watch of its own.
// Used by the executor, on the engine thread only.
#pragma once
#include <cstdint>
#include <vector>

#include "cudart/abi.h"
#include "engine/contexts.h"
#include "engine/watches.h"
#include "wire/record.h"

namespace engine {

class Executor;

struct Freed {
    enum class Kind { block, allocation, array, mipmap, ticket };
    Kind kind = Kind::block;
    bool urgent = false;
    std::uint64_t address = 0;  // of an array, the driver's object
    wire::RecordHeader record{};  // of a ticket
};

class Frees {
public:
    Frees(Contexts& contexts, Watches& watches) : contexts_(contexts), watches_(watches) {}

    // Done at once when the context is quiet and `freed` is urgent, later otherwise. False: too many wait.
    bool add(Executor& executor, const Freed& freed);
    // Something may have ended: does what can be done.
    void look(Executor& executor);
    // Whether a look is due before the device is given anything else to do.
    bool due() const { return due_; }
    bool any() const { return count_ != 0; }
    // A watch of ours has ended.
    void ended(Executor& executor, const Watch& watch, abi::CUresult result);
    // The context is gone with all its memory: whoever waits is told.
    void forget_context(Executor& executor, wire::Handle context);

private:
    struct Queue {
        wire::Handle context;
        std::uint64_t number;         // of the watch
        std::vector<Freed> waiting;   // since the watch began, or all when there is none
        std::vector<Freed> watched;
        bool armed = false;
        bool urgent = false;  // something in `waiting` is
    };
    Queue& queue_of(wire::Handle context);
    void look_at(Executor& executor, Queue& queue);
    void perform(Executor& executor, std::vector<Freed>& freed, abi::CUresult result);

    Contexts& contexts_;
    Watches& watches_;
    std::vector<Queue> queues_;
    std::size_t count_ = 0;
    std::uint64_t last_number_ = 0;
    bool due_ = false;
};

}  // namespace engine
