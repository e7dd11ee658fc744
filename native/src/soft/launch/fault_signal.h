// The backstop under the range checks: a SIGSEGV or SIGBUS inside the interpreter ends the grid instead of
// the process. Used by grid.cc only. It claims a signal only on a thread that is inside run_protected; others
// go to the old handler.
#pragma once
#include <csetjmp>

namespace soft {

// Installs the handlers once; answers this thread's jump slot.
sigjmp_buf** enter_protected();

// Runs `body`; false when it was cut short by a memory fault. `body` must not own what a jump would leak.
template <class Body>
bool run_protected(Body&& body) {
    sigjmp_buf here;
    sigjmp_buf** current = enter_protected();
    sigjmp_buf* const outer = *current;
    if (sigsetjmp(here, 1) != 0) {
        *current = outer;
        return false;
    }
    *current = &here;
    body();
    *current = outer;
    return true;
}

}  // namespace soft
