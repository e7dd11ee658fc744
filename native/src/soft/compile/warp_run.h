// Code for a run of steps on processors with AVX-512: all 32 lanes at once, with loads and stores among the
// steps. Used by compiler.cc; elsewhere it makes code for chunks of eight lanes.
#pragma once
#include <span>

#include "soft/compile/step.h"

namespace soft::compile {

// Where the code begins for warps with all lanes active and for the others.
struct Begins {
    std::size_t full = 0;
    std::size_t partial = 0;
};

struct WarpRun {
    std::span<const Step> steps;
    std::span<const std::uint32_t> unread;  // as in Uses
    std::span<const std::uint32_t> same;    // slots that hold one value for all lanes while a block runs
    const Insn* first = nullptr;
    std::int32_t next = 0;  // bytes from the first instruction to the one behind the run
};

Begins emit_warp_run(Assembler& out, const WarpRun& run);

}  // namespace soft::compile
