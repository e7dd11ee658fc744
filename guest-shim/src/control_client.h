// The one control call the shim makes: Open, which admits this process and answers where its worker is. A
// unary gRPC call on a connection of its own, closed when it has answered. Called by attach.cc.
#pragma once
#include <cstddef>

#include "endpoint.h"

namespace guest {

struct Admission {
    char endpoint[256] = "";    // of the worker, as in FERRY_ENDPOINT
    std::byte ticket[64] = {};  // single use
    std::size_t ticket_size = 0;
};

// Asks the daemon at `daemon`; `wants_tcp`: for a worker that is reached over TCP, if it can. Answers 0, or
// an errno when nobody answers there, or -1 when the daemon refused; then `reason` says why.
int open_session(const Endpoint& daemon, bool wants_tcp, Admission& admission, char* reason,
                 std::size_t reason_size);

}  // namespace guest
