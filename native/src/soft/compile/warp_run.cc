// See warp_run.h.
#include "soft/compile/warp_run.h"

#include <algorithm>
#include <cstddef>

#include "soft/compile/registers.h"
#include "soft/compile/warp_memory.h"
#include "soft/compile/warp_recipes.h"
#include "soft/launch/warp.h"

namespace soft::compile {
namespace {

void emit_body(Assembler& out, const WarpRun& run, bool is_partial) {
    emit_warp_entry(out);
    WarpRegisters registers(out, run.steps, run.unread, is_partial);
    WarpMemory memory(out, registers, run.steps, run.first, run.same, is_partial);
    for (std::size_t k = 0; k < run.steps.size(); ++k) {
        if (touches_memory(run.steps[k])) {
            memory.emit(k);
            continue;
        }
        memory.follow(k);
        emit_warp_step(out, registers, run.steps[k]);
    }
    registers.finish();
    out.add_offset(rax, kInsn, run.next);
    out.leave();
    memory.finish();
}

}  // namespace

Begins emit_warp_run(Assembler& out, const WarpRun& run) {
    Begins begins;
    begins.full = out.size();
    // Warps that lost lanes for good run the full code, but only 32 lanes make a vector access.
    std::size_t not_whole = 0;
    if (std::ranges::any_of(run.steps, touches_memory)) {
        out.compare_memory32(kWarp, static_cast<std::int32_t>(offsetof(Warp, active)), kFullMask);
        not_whole = out.jump(Condition::not_equal);
    }
    emit_body(out, run, false);
    if (not_whole != 0) out.land(not_whole);
    begins.partial = out.size();
    emit_body(out, run, true);
    return begins;
}

}  // namespace soft::compile
