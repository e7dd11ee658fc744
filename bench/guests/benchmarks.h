// Every benchmark: a function over a standing session that adds its results to the run. Defined in calls.cc,
// copies.cc, memory.cc, threads.cc and programs.cc; main.cc has the table of names.
#pragma once
#include "driver.h"
#include "measure.h"

namespace bench {

using Benchmark = void (*)(Run& run, const Session& session);

// What queued calls cost the program: bursts of launches, memsets, event records.
void measure_calls(Run& run, const Session& session);
// What a call costs that must wait for the host: synchronise, 4-byte copies, a launch that is waited for.
void measure_round_trips(Run& run, const Session& session);
// Copies by size, pageable and pinned, beside memcpy of the same size in the same process.
void measure_copies(Run& run, const Session& session);
// A million launches in a row: the system calls that they make, and their time.
void measure_million(Run& run, const Session& session);
// Memory, events and streams made and destroyed; queries.
void measure_objects(Run& run, const Session& session);
// Launches and round trips from 1, 2 and 4 threads at once.
void measure_threads(Run& run, const Session& session);

// Programs: the runner times the whole process, these add what their inner loop took.
void program_startup(Run& run, const Session& session);
void program_compute(Run& run, const Session& session);
void program_launches(Run& run, const Session& session);
void program_training(Run& run, const Session& session);
void program_pinned_copies(Run& run, const Session& session);
void program_pageable_copies(Run& run, const Session& session);
// Finds --rounds: how many steps of the kernel `work` take the device 50 us.
void calibrate(Run& run, const Session& session);

// Samples in ns as samples in `unit_ns`, each of `calls` calls.
inline Samples per_call(Samples samples, double calls, double unit_ns) {
    samples.each([=](double each) { return each / (calls * unit_ns); });
    return samples;
}

}  // namespace bench
