// ferry-bench-count-system-calls PROGRAM ARGUMENTS: runs a program and counts the system calls that all of
// its threads make between the marks of guests/marks.h. Prints one line of JSON after the program's own
// output and ends as the program did. It stops the program at every system call: times taken under it are
// worthless.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "../guests/marks.h"

namespace {

struct Count {
    bool between = false;
    long calls = 0;
};

// A stop for a system call comes at its beginning and at its end; only the former counts.
void take_call(pid_t thread, std::set<pid_t>& inside, Count& count) {
    if (inside.erase(thread) != 0) return;
    inside.insert(thread);
    user_regs_struct registers{};
    if (ptrace(PTRACE_GETREGS, thread, nullptr, &registers) != 0) return;
    const auto number = static_cast<long>(registers.orig_rax);
    if (number == bench::kMarkBegin) {
        count.between = true;
    } else if (number == bench::kMarkEnd) {
        count.between = false;
    } else if (count.between) {
        ++count.calls;
    }
}

// What `thread` goes on with: the signal that it was stopped for, unless the stop was ours.
long signal_after(int status, pid_t thread, std::set<pid_t>& inside, Count& count) {
    const int signal = WSTOPSIG(status);
    if (signal == (SIGTRAP | 0x80)) {
        take_call(thread, inside, count);
        return 0;
    }
    const bool ours = signal == SIGTRAP || signal == SIGSTOP;
    return ours ? 0 : signal;
}

int follow(pid_t program, Count& count) {
    std::set<pid_t> inside;
    for (;;) {
        int status = 0;
        const pid_t thread = waitpid(-1, &status, __WALL);
        if (thread < 0) return errno == ECHILD ? 0 : 1;
        if (!WIFSTOPPED(status)) {
            if (thread == program) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            continue;
        }
        const long signal = signal_after(status, thread, inside, count);
        ptrace(PTRACE_SYSCALL, thread, nullptr, signal);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: ferry-bench-count-system-calls PROGRAM ARGUMENTS\n");
        return 2;
    }
    const pid_t program = fork();
    if (program == 0) {
        ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        raise(SIGSTOP);
        execv(argv[1], argv + 1);
        perror(argv[1]);
        _exit(127);
    }
    int status = 0;
    if (program < 0 || waitpid(program, &status, 0) != program || !WIFSTOPPED(status)) {
        perror("cannot trace");
        return 1;
    }
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
    ptrace(PTRACE_SETOPTIONS, program, nullptr, options);
    ptrace(PTRACE_SYSCALL, program, nullptr, 0);
    Count count;
    const int code = follow(program, count);
    printf("{\"systemCalls\":%ld}\n", count.calls);
    return code;
}
