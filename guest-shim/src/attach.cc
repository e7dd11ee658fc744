// See attach.h.
#include "attach.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <new>

#include "admission.h"
#include "environment.h"
#include "log.h"
#include "session.h"
#include "trace.h"
#include "window.h"
#include "wire/limits.h"

namespace guest {
namespace {

// Takes up the ring, if the host offers one; else everything goes over gRPC.
abi::CUresult take_ring(Session& session, AddressWindow& window, char* reason, std::size_t reason_size) {
    const char* wrong = session.open_ring(window.arena_base, window.arena_size, wire::limits::kBatchBytes);
    if (wrong == nullptr) trim_arena(window, session.ring.arena_bytes());
    if (wrong == nullptr && !session.ring.is_open() && session.settings.carrier == CarrierChoice::ring) {
        log_line(LogLevel::error, "the host offers no shared memory: FERRY_CARRIER=ring has no effect");
    }
    if (wrong == nullptr) return abi::CUDA_SUCCESS;
    snprintf(reason, reason_size, "%s", wrong);
    return abi::CUDA_ERROR_OPERATING_SYSTEM;
}

}  // namespace

Session* attach(abi::CUresult& result) {
    result = abi::CUDA_ERROR_NO_DEVICE;
    const Settings settings = read_settings();
    start_trace();
    const TraceSpan span(wire::TraceKind::call, static_cast<std::uint16_t>(wire::CallId::cuInit),
                         thread_state() == nullptr ? 0 : thread_state()->number);
    Admitted admitted;
    if (!admit(settings.carrier, admitted)) return nullptr;
    const Admission& admission = admitted.admission;
    char reason[512] = "";
    auto* session = new (std::nothrow) Session(settings, wire::limits::kBatchBytes + 64);
    if (session == nullptr) return nullptr;
    AddressWindow window = reserve_window();
    const char* visible_devices = getenv("CUDA_VISIBLE_DEVICES");
    const Hello hello{.ticket = {admission.ticket, admission.ticket_size},
                      .window_base = window.base,
                      .window_size = window.size,
                      .wants_ring = session->settings.wants_ring() && !admitted.worker.is_tcp(),
                      .arena_base = window.arena_base,
                      .arena_size = window.arena_size,
                      .ring_bytes = session->settings.ring_bytes,
                      .can_resume = true};
    abi::CUresult attached =
        session->carrier.attach(admitted.worker, hello, &session->snapshot, reason, sizeof reason);
    if (attached == abi::CUDA_SUCCESS) attached = take_ring(*session, window, reason, sizeof reason);
    if (attached != abi::CUDA_SUCCESS) {
        log_line(LogLevel::error, "cannot attach to the host: %s", reason);
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
    log_line(LogLevel::note, "attached to %s: %zu device(s), driver %d", admission.endpoint,
             session->snapshot.visible_count, session->snapshot.driver_version);
    result = abi::CUDA_SUCCESS;
    return session;
}

}  // namespace guest
