// Asking the daemon for a worker: which daemon, and where the worker is that it names. Used by whoever
// attaches.
#pragma once
#include "control_client.h"
#include "endpoint.h"
#include "environment.h"

namespace guest {

struct Admitted {
    Endpoint daemon;
    Admission admission;
    Endpoint worker;  // as it is reached from here
};

// Blocks for the daemon's answer. False after one line on stderr that says what to do. A wish for a carrier
// that cannot be had is said and given up.
bool admit(CarrierChoice wish, Admitted& admitted);

}  // namespace guest
