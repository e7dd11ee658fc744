// See admission.h.
#include "admission.h"

#include <string.h>

#include "environment.h"
#include "log.h"

namespace guest {
namespace {

constexpr int kBadEndpoint = -2;  // beside open_session()'s answers; the line has been printed

struct Opening {
    bool wants_tcp = false;
    Admitted& admitted;
    char reason[512] = "";
    int error = 0;
};

bool try_endpoint(const char* endpoint, void* argument) {
    auto& opening = *static_cast<Opening*>(argument);
    Endpoint& daemon = opening.admitted.daemon;
    if (const char* wrong = parse_endpoint(endpoint, daemon)) {
        log_line(LogLevel::error, "cannot use FERRY_ENDPOINT '%s': %s", endpoint, wrong);
        opening.error = kBadEndpoint;
        return true;
    }
    opening.error = open_session(daemon, opening.wants_tcp || daemon.is_tcp(), opening.admitted.admission,
                                 opening.reason, sizeof opening.reason);
    // A daemon that refuses is an answer; only a missing one makes us look further.
    return opening.error == 0 || opening.error == -1;
}

// Asks for a worker; false after one line that says what to do.
bool open_any(Opening& opening) {
    char tried[320] = "";
    for_each_endpoint(try_endpoint, &opening, tried, sizeof tried);
    if (opening.error == 0 && opening.admitted.admission.endpoint[0] != '\0') return true;
    if (opening.error == -1) {
        log_line(LogLevel::error, "the daemon at %s refused this program: %s", tried, opening.reason);
    } else if (opening.error > 0) {
        log_line(LogLevel::error,
                 "no daemon at %s (%s): start one with ferry daemon, or name another with FERRY_ENDPOINT",
                 tried, strerror(opening.error));
    }
    return false;
}

// Where the worker is. False after one line, when its endpoint makes no sense here; a wish for a carrier that
// cannot be had is said and given up.
bool find_worker(CarrierChoice wish, Admitted& admitted) {
    Endpoint& worker = admitted.worker;
    if (const char* wrong = parse_endpoint(admitted.admission.endpoint, worker)) {
        log_line(LogLevel::error, "the daemon named an endpoint this version cannot use: %s (%s)",
                 admitted.admission.endpoint, wrong);
        return false;
    }
    move_to_host_of(admitted.daemon, worker);
    if (wish == CarrierChoice::tcp && !worker.is_tcp()) {
        log_line(LogLevel::error,
                 "FERRY_CARRIER=tcp cannot be had: the daemon has no TCP address (ferry daemon --tcp); "
                 "going on over its Unix socket");
    }
    if ((wish == CarrierChoice::unix_socket || wish == CarrierChoice::ring) && worker.is_tcp()) {
        log_line(LogLevel::error,
                 "FERRY_CARRIER=%s cannot be had from a daemon that is reached over TCP; going on over TCP",
                 wish == CarrierChoice::ring ? "ring" : "unix");
    }
    return true;
}

}  // namespace

bool admit(CarrierChoice wish, Admitted& admitted) {
    Opening opening{.wants_tcp = wish == CarrierChoice::tcp, .admitted = admitted};
    return open_any(opening) && find_worker(wish, admitted);
}

}  // namespace guest
