// Fences: publishes in shared memory which events and streams are done, so that the guest need not ask (see
// wire/fence.h). Two kinds of things are followed: every recording of an event, looked at when there is
// nothing else to do; and what the guest has asked for and was told "not ready", which keeps the engine
// looking. Used by the executor, on the engine thread only; without shared memory it does nothing.
#pragma once
#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/contexts.h"
#include "engine/handles.h"
#include "host/driver_table.h"

namespace engine {

class Fences {
public:
    using Word = std::atomic<std::uint64_t>;

    Fences(const device::DriverTable& driver, Contexts& contexts, const HandleTable& handles)
        : driver_(driver), contexts_(contexts), handles_(handles) {}

    // From now on there are words to publish in; they outlive this.
    void open(std::span<Word> words) { words_ = words; }

    // A record that records `event` has been executed, with whatever result: the guest has counted it, too.
    void recorded(wire::Handle event);
    // A query was answered "not ready": of an event in its present state, of a stream as of `position`.
    void asked(wire::Handle object, std::uint64_t position);

    // Looks whether anything followed has come about. `tell()` is called before the first word is written:
    // what the guest must see before it may know (landings, text) goes out there, and false from it puts the
    // words off. Answers true while something asked for is left.
    template <class Tell>
    bool look(Tell&& tell) {
        if (followed_.empty()) return false;
        find_done();
        if (done_.empty() || tell()) {
            publish();
        } else {
            put_off();
        }
        return any_asked();
    }

private:
    struct Followed {
        wire::Handle object;
        std::uint64_t position;
        bool asked;
    };
    struct Recordings {
        std::uint64_t count = 0;
        std::uint16_t generation = 0;
        bool followed = false;
    };
    // Null for a stream, and for an event that has never been recorded.
    Recordings* recordings(wire::Handle event);
    void mark(wire::Handle object, bool followed);
    bool is_done(const Followed& followed, bool& forget);
    void find_done();
    void publish();
    void put_off();
    bool any_asked() const;

    const device::DriverTable& driver_;
    Contexts& contexts_;
    const HandleTable& handles_;
    std::span<Word> words_;
    std::vector<Recordings> recordings_;  // by index of the event's handle
    std::vector<Followed> followed_;
    std::vector<Followed> done_;
};

}  // namespace engine
