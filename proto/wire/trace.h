// One span of a trace, as the shim and the engine write it and `ferry trace` reads it (cli/trace-file.ts).
// Times are of CLOCK_MONOTONIC, which all processes of one machine share.
//
//   0 i64 begin ns   8 i64 end ns   16 u16 kind   18 u16 call   20 u32 thread   24 u64 amount
#pragma once
#include <cstdint>

namespace wire {

enum class TraceKind : std::uint16_t {
    call = 1,    // guest: one call of the program
    wait = 2,    // guest: within a call, the wait for the host
    batch = 3,   // guest: a batch handed to the carrier; amount: its bytes
    stall = 4,   // guest: back-pressure
    run = 5,     // host: records executed in one go; amount: how many
    record = 6,  // host: one record
    device = 7,  // host: from the first work for the device to the answer that found it done; amount: records
};

struct TraceEvent {
    std::int64_t begin_ns;
    std::int64_t end_ns;
    TraceKind kind;
    std::uint16_t call;    // a CallId, or 0
    std::uint32_t thread;  // the guest's number of its thread, or 0
    std::uint64_t amount;
};
static_assert(sizeof(TraceEvent) == 32);

}  // namespace wire
