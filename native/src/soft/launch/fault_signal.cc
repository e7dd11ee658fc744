// The SIGSEGV backstop. See fault_signal.h.
#include "soft/launch/fault_signal.h"

#include <csignal>
#include <mutex>

namespace soft {
namespace {

thread_local sigjmp_buf* current_jump = nullptr;
struct sigaction old_segv;
struct sigaction old_bus;

void forward(const struct sigaction& old, int number, siginfo_t* siginfo, void* context) {
    if ((old.sa_flags & SA_SIGINFO) != 0 && old.sa_sigaction != nullptr) {
        old.sa_sigaction(number, siginfo, context);
    } else if (old.sa_handler != SIG_DFL && old.sa_handler != SIG_IGN) {
        old.sa_handler(number);
    } else {
        signal(number,
               SIG_DFL);  // returning re-executes the access, which then ends the process as it should
    }
}

void on_fault(int number, siginfo_t* siginfo, void* context) {
    if (current_jump != nullptr) siglongjmp(*current_jump, 1);
    forward(number == SIGBUS ? old_bus : old_segv, number, siginfo, context);
}

void install() {
    struct sigaction action = {};
    action.sa_sigaction = on_fault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, &old_segv);
    sigaction(SIGBUS, &action, &old_bus);
}

}  // namespace

sigjmp_buf** enter_protected() {
    static std::once_flag once;
    std::call_once(once, install);
    return &current_jump;
}

}  // namespace soft
