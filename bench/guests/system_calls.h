// How many system calls this process makes, as the kernel's tracepoint raw_syscalls:sys_enter counts them,
// which stops nobody. A tracer stops a thread for some 50 us at each: meanwhile the engine at the other end
// finds nothing and falls asleep, has to be woken by one more, and the tracer counts what it has caused.
// Opened by main.cc, read by the benchmark `million`.
#pragma once
#include <string>

namespace bench {

class SystemCalls {
public:
    SystemCalls() = default;
    ~SystemCalls();
    SystemCalls(const SystemCalls&) = delete;
    SystemCalls& operator=(const SystemCalls&) = delete;

    // From now on counts those of the calling thread and of all threads that begin under it later, never of
    // one that runs already. Does nothing but fill why_not() where the kernel does not let it.
    void open();
    // Those since open(), without count()'s own; 0 where nobody counts.
    long count();
    // Why nobody counts, in a few words without quotes; empty where the kernel does.
    const std::string& why_not() const { return why_not_; }

private:
    int counter_ = -1;
    long own_ = 0;  // calls of count()
    std::string why_not_ = "the counter was not opened";
};

}  // namespace bench
