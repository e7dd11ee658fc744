// The kernels of kernels.cu with their data: what main.cc times, each beside the loops of reference.h.
#pragma once
#include <memory>
#include <vector>

#include "../guests/driver.h"
#include "reference.h"

namespace bench_soft {

// One kernel with inputs on the device and in the host's memory. Single-threaded.
class Case {
  public:
    virtual ~Case() = default;
    virtual const char* name() const = 0;
    // Launches the kernel and waits for it.
    virtual void run_device() = 0;
    // What the loops go through: elements, rows or bodies.
    virtual int host_units() const = 0;
    virtual void begin_host() {}
    // The units from `first` to before `last`, by thread 0 or 1. A run is begin_host() and all units once.
    virtual void run_host(const Reference& with, int first, int last, int thread) = 0;
    // The greatest difference between the two results, relative to the greatest value; both have run.
    virtual double difference() = 0;
};

// All of them, in the order of the report. `quick` makes them smaller.
std::vector<std::unique_ptr<Case>> make_cases(const bench::Session& session, bool quick);

}  // namespace bench_soft
