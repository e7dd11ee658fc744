// See other_engine.h. One byte asks, one answers; texts and outcomes lie in shared memory.
#include "other_engine.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <new>

namespace fuzz {
namespace {

// False at the end of the pipe. libFuzzer's clock interrupts reads.
bool receive(int pipe) {
    char byte = 0;
    ssize_t size = 0;
    do size = read(pipe, &byte, 1);
    while (size < 0 && errno == EINTR);
    return size == 1;
}

bool send(int pipe) {
    const char byte = 0;
    return write(pipe, &byte, 1) == 1;
}

}  // namespace

struct OtherEngine::Exchange {
    std::size_t size = 0;
    int limit_ms = 0;
    std::array<char, kLongestText> text{};
    Outcome outcome;
};

OtherEngine::OtherEngine(std::string instruction_set, std::string compile)
    : name_((instruction_set.empty() ? "this set" : instruction_set) + ", compiling from " +
            (compile.empty() ? "as here" : compile) + " on") {
    void* shared = mmap(nullptr, sizeof(Exchange), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || pipe(ask_) != 0 || pipe(answer_) != 0) std::abort();
    exchange_ = new (shared) Exchange;
    const pid_t child = fork();
    if (child < 0) std::abort();
    close(ask_[child == 0 ? 1 : 0]);
    close(answer_[child == 0 ? 0 : 1]);
    if (child != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!instruction_set.empty()) setenv("FERRY_SOFT_ISA", instruction_set.c_str(), 1);
    if (!compile.empty()) setenv("FERRY_SOFT_COMPILE", compile.c_str(), 1);
    serve();
}

void OtherEngine::serve() const {
    while (receive(ask_[0])) {
        const std::string text(exchange_->text.data(), exchange_->size);
        run_module(text, exchange_->limit_ms, exchange_->outcome);
        if (!send(answer_[1])) break;
    }
    _exit(0);
}

void OtherEngine::start(std::string_view text, int limit_ms) {
    if (text.size() > exchange_->text.size()) std::abort();
    exchange_->size = text.size();
    exchange_->limit_ms = limit_ms;
    std::memcpy(exchange_->text.data(), text.data(), text.size());
    is_asked_ = send(ask_[1]);
}

const Outcome* OtherEngine::finish() {
    return is_asked_ && receive(answer_[0]) ? &exchange_->outcome : nullptr;
}

}  // namespace fuzz
