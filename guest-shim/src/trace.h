// The guest's half of `ferry trace`: spans of calls, waits and batches, for FERRY_TRACE_FOLDER. Off, a span
// costs one branch. On, it goes into a ring in memory, without a lock or a system call; a thread of its own
// writes the ring out, and what it could not keep up with is counted as lost.
#pragma once
#include <cstdint>

#include "futex.h"
#include "wire/trace.h"

namespace guest {

// Written while attaching, before other threads have a session.
extern constinit bool trace_on;

// Reads the environment; makes the ring, the file and the thread when a trace is wanted.
void start_trace();
// Writes what is left; called at orderly exit.
void finish_trace();
// In a forked child: the trace is the parent's.
void forget_trace_after_fork();

void trace(const wire::TraceEvent& event);

// A span from its construction to its end, of the calling thread.
class TraceSpan {
public:
    TraceSpan(wire::TraceKind kind, std::uint16_t call, std::uint32_t thread, std::uint64_t amount = 0)
        : begin_ns_(trace_on ? now_ns() : 0), kind_(kind), call_(call), thread_(thread), amount_(amount) {}
    ~TraceSpan() {
        if (begin_ns_ == 0) [[likely]]
            return;
        trace({begin_ns_, now_ns(), kind_, call_, thread_, amount_});
    }
    TraceSpan(const TraceSpan&) = delete;
    TraceSpan& operator=(const TraceSpan&) = delete;

private:
    // Not as an event, which would stand in memory whether there is a trace or not.
    std::int64_t begin_ns_;
    wire::TraceKind kind_;
    std::uint16_t call_;
    std::uint32_t thread_;
    std::uint64_t amount_;
};

}  // namespace guest
