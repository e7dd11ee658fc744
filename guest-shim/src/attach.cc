// See attach.h.
#include "attach.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <new>

#include "control_client.h"
#include "endpoint.h"
#include "environment.h"
#include "log.h"
#include "session.h"
#include "trace.h"
#include "window.h"
#include "wire/limits.h"

namespace guest {
namespace {

constexpr int kBadEndpoint = -2;  // beside open_session()'s answers; the line has been printed

struct Opening {
    bool wants_tcp = false;
    Endpoint daemon;
    Admission admission;
    char reason[512] = "";
    int error = 0;
};

bool try_endpoint(const char* endpoint, void* argument) {
    auto& opening = *static_cast<Opening*>(argument);
    if (const char* wrong = parse_endpoint(endpoint, opening.daemon)) {
        log_line(LogLevel::error, "cannot use FERRY_ENDPOINT '%s': %s", endpoint, wrong);
        opening.error = kBadEndpoint;
        return true;
    }
    opening.error = open_session(opening.daemon, opening.wants_tcp || opening.daemon.is_tcp(),
                                 opening.admission, opening.reason, sizeof opening.reason);
    // A daemon that refuses is an answer; only a missing one makes us look further.
    return opening.error == 0 || opening.error == -1;
}

// Asks for a worker; false after one line that says what to do.
bool open_any(Opening& opening) {
    char tried[320] = "";
    for_each_endpoint(try_endpoint, &opening, tried, sizeof tried);
    if (opening.error == 0 && opening.admission.endpoint[0] != '\0') return true;
    if (opening.error == -1) {
        log_line(LogLevel::error, "the daemon at %s refused this program: %s", tried, opening.reason);
    } else if (opening.error > 0) {
        log_line(LogLevel::error, "no daemon at %s (%s): start ferryd, or set FERRY_ENDPOINT=unix:/path",
                 tried, strerror(opening.error));
    }
    return false;
}

// Where the worker is. False after one line, when its endpoint makes no sense here; a wish for a carrier that
// cannot be had is said and given up.
bool find_worker(const Opening& opening, CarrierChoice wish, Endpoint& worker) {
    if (const char* wrong = parse_endpoint(opening.admission.endpoint, worker)) {
        log_line(LogLevel::error, "the daemon named an endpoint this version cannot use: %s (%s)",
                 opening.admission.endpoint, wrong);
        return false;
    }
    move_to_host_of(opening.daemon, worker);
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

// Takes up the ring, if the host offers one; else everything goes over gRPC.
abi::CUresult take_ring(Session& session, Window& window, Opening& opening) {
    const char* wrong = session.open_ring(window.arena_base, window.arena_size, wire::limits::kBatchBytes);
    if (wrong == nullptr) trim_arena(window, session.ring.arena_bytes());
    if (wrong == nullptr && !session.ring.is_open() && session.settings.carrier == CarrierChoice::ring) {
        log_line(LogLevel::error, "the host offers no shared memory: FERRY_CARRIER=ring has no effect");
    }
    if (wrong == nullptr) return abi::CUDA_SUCCESS;
    snprintf(opening.reason, sizeof opening.reason, "%s", wrong);
    return abi::CUDA_ERROR_OPERATING_SYSTEM;
}

}  // namespace

Session* attach(abi::CUresult& result) {
    result = abi::CUDA_ERROR_NO_DEVICE;
    const Settings settings = read_settings();
    start_trace();
    const TraceSpan span(wire::TraceKind::call, static_cast<std::uint16_t>(wire::CallId::cuInit),
                         thread_state() == nullptr ? 0 : thread_state()->number);
    Opening opening;
    opening.wants_tcp = settings.carrier == CarrierChoice::tcp;
    Endpoint worker;
    if (!open_any(opening) || !find_worker(opening, settings.carrier, worker)) return nullptr;
    auto* session = new (std::nothrow) Session(settings, wire::limits::kBatchBytes + 64);
    if (session == nullptr) return nullptr;
    Window window = reserve_window();
    const char* visible_devices = getenv("CUDA_VISIBLE_DEVICES");
    const Hello hello{.ticket = {opening.admission.ticket, opening.admission.ticket_size},
                      .window_base = window.base,
                      .window_size = window.size,
                      .wants_ring = session->settings.wants_ring() && !worker.is_tcp(),
                      .arena_base = window.arena_base,
                      .arena_size = window.arena_size,
                      .ring_bytes = session->settings.ring_bytes,
                      .can_resume = true};
    abi::CUresult attached =
        session->carrier.attach(worker, hello, session->snapshot, opening.reason, sizeof opening.reason);
    if (attached == abi::CUDA_SUCCESS) attached = take_ring(*session, window, opening);
    if (attached != abi::CUDA_SUCCESS) {
        log_line(LogLevel::error, "cannot attach to the host: %s", opening.reason);
        adopt_window(window, 0, 0);
        trim_arena(window, 0);
        result = attached;
        delete session;
        return nullptr;
    }
    adopt_window(window, session->snapshot.window_base, session->snapshot.window_size);
    session->snapshot.window_base = window.base;
    session->snapshot.window_size = window.size;
    if (session->arena.is_open()) reveal_mapped_memory(session->snapshot);
    apply_visible_devices(session->snapshot, visible_devices);
    if (!session->start()) {
        result = abi::CUDA_ERROR_OPERATING_SYSTEM;
        session->carrier.shut();
        return nullptr;
    }
    log_line(LogLevel::note, "attached to %s: %zu device(s), driver %d", opening.admission.endpoint,
             session->snapshot.visible_count, session->snapshot.driver_version);
    result = abi::CUDA_SUCCESS;
    return session;
}

}  // namespace guest
