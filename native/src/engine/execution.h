// Execution: what a session drives, whatever its records are of: CUDA's executor or GL's. Called by Session
// only, on the engine thread, a few times per look at the lane and never per record. None of it blocks.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace engine {

class Execution {
public:
    virtual ~Execution() = default;

    // Executes whole records from the front of `records`; answers how many bytes are done with. Less than all
    // of them when it is held (call again with the rest after settle()) or violated.
    virtual std::size_t run(std::span<const std::byte> records) = 0;
    // The same up to the first record that has been answered, or to some that together are large: for a
    // carrier on which a reply can go out at once, and room be given back.
    virtual std::size_t run_to_reply(std::span<const std::byte> records) = 0;
    // Ends what has ended meanwhile, polls for kSpin what has not, leaves the rest to waiter threads, and
    // sends what there is to say. Answers true when the caller should come again before long, poked or not.
    virtual bool settle() = 0;
    // The last settle() has left off early, to let out what has ended: come again at once.
    virtual bool has_more() const = 0;
    // Something has been done since the last question, be it part of a record that has to be run again.
    virtual bool advanced() = 0;
    // One look at what is waited for, without waiting. True while a wait might end by being looked at again.
    virtual bool look() = 0;
    // Leaves what look() would have to ask for to waiter threads. False: some of it is still for look(),
    // soon.
    virtual bool hand_over() = 0;
    virtual bool has_replies() const = 0;
    // Publishes what is done of what the guest asks for by looking. True while it waits for more.
    virtual bool publish_fences() = 0;
    // Empty, or how the guest has broken the rules: its session ends.
    virtual const std::string& violation() const = 0;
    bool violated() const { return !violation().empty(); }
    // The guest has said session_detach and has been answered.
    virtual bool detached() const = 0;
    // Nothing of this session is on the device, as far as can be asked without waiting.
    virtual bool idle() = 0;
    // Host functions that have not returned. callbacks_done() hears how many have, since the beginning.
    virtual std::size_t callbacks_outstanding() const = 0;
    virtual void callbacks_done(std::uint64_t count) = 0;
    // The next calls come from another thread than the last: what the driver keeps by thread is not known.
    virtual void change_thread() = 0;
    // Nobody will answer callbacks any more.
    virtual void abandon() = 0;
    // Sends what the last records have answered, without looking at what is still waited for.
    virtual void flush() = 0;
    // Where a message of this size may be received in place; null: nowhere in particular.
    virtual std::byte* message_memory(std::size_t size) = 0;

    // --- memory shared with the guest
    using Word = std::atomic<std::uint64_t>;
    // The arena and the words of fences, which outlive this; empty: there are none (any more).
    virtual void share(std::span<Word> fences, std::uint64_t arena_base, std::uint64_t arena_bytes) = 0;
    // Whether the device may still be at work in the arena when this is gone.
    virtual bool keeps_arena() const = 0;
    // Bytes that copies have moved past the lane.
    struct Moved {
        std::uint64_t in = 0;
        std::uint64_t out = 0;
    };
    virtual Moved moved() const = 0;
};

}  // namespace engine
