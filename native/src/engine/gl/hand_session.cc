// Ferry's own records on a lane of GL: its context, further lanes, waiting for one another, the end.
#include <cstring>

#include "engine/gl/gl_executor.h"
#include "engine/gl/snapshot.h"

namespace engine {
namespace {

constexpr unsigned kUnpackAlignment = 0x0CF5;
constexpr unsigned kPackAlignment = 0x0D05;
constexpr std::uint32_t kProfiles = 4;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

void open_lane(GlExecutor& executor, const wire::gl_open_lane_Request&, ReplySink& sink) {
    const auto opened = executor.lanes().open();
    wire::gl_open_lane_Reply reply;
    if (!opened.ok()) {
        executor.refuse();
        const std::string why = opened.message() + '\0';
        reply.endpoint = bytes_of(why);
        return sink.outputs(reply);
    }
    const std::string endpoint = opened.value().endpoint + '\0';
    reply.lane = opened.value().lane;
    reply.tcp_port = opened.value().tcp_port;
    reply.ticket_ttl_ms = opened.value().ticket_ttl_ms;
    reply.endpoint = bytes_of(endpoint);
    reply.ticket = opened.value().ticket;
    sink.outputs(reply);
}

void create(GlExecutor& executor, const wire::gl_context_create_Request& request, ReplySink& sink) {
    if (executor.has_context() || request.profile >= kProfiles) {
        return executor.violate("a lane has one context of GL, of a profile that there is");
    }
    wire::gl_context_create_Reply reply;
    const device::GlWish wish{static_cast<device::GlProfile>(request.profile), request.major, request.minor,
                              request.flags, request.reset != 0};
    const auto status = executor.create_context(request.group, wish);
    if (!status.ok()) {
        executor.refuse();
        reply.message = bytes_of(status.message());
        return sink.outputs(reply);
    }
    // Pixels travel without gaps.
    executor.table().glPixelStorei(kUnpackAlignment, 1);
    executor.table().glPixelStorei(kPackAlignment, 1);
    const gl::Snapshot snapshot = gl::take_snapshot(executor.table(), executor.is_es());
    reply.profile = snapshot.profile;
    reply.major = snapshot.major;
    reply.minor = snapshot.minor;
    reply.flags = snapshot.flags;
    reply.strings = snapshot.strings;
    reply.extensions = snapshot.extensions;
    reply.values = snapshot.values;
    sink.outputs(reply);
}

void await(GlExecutor& executor, const wire::gl_await_Request& request, ReplySink&) {
    const auto progress = executor.lanes().progress(request.lane);
    if (progress == nullptr) return executor.violate("a lane waits for one that never was");
    if (!progress->reached(request.position, executor.poke())) executor.retry();
}

void error(GlExecutor& executor, const wire::gl_error_Request&, ReplySink& sink) {
    wire::gl_error_Reply reply;
    reply.error = executor.take_error();
    sink.outputs(reply);
}

void detach(GlExecutor& executor, const wire::session_detach_Request&, ReplySink&) { executor.note_detach(); }

void thread_exit(GlExecutor&, const wire::session_thread_exit_Request&, ReplySink&) {}

enum class Needs { nothing, context };

template <class Request, Needs needs, void (*handle)(GlExecutor&, const Request&, ReplySink&)>
void decoded(GlExecutor& executor, const wire::RecordHeader& record, wire::Cursor& cursor, ReplySink& sink) {
    Request request;
    if (!wire::decode(cursor, request)) return executor.malformed(record);
    if (needs == Needs::context && !executor.has_context()) {
        return executor.violate("a record of GL before there is a context");
    }
    handle(executor, request, sink);
}

}  // namespace

GlHandler find_gl_session_handler(std::uint16_t call) {
    switch (static_cast<wire::CallId>(call)) {
        case wire::CallId::session_detach:
            return decoded<wire::session_detach_Request, Needs::nothing, detach>;
        case wire::CallId::session_thread_exit:
            return decoded<wire::session_thread_exit_Request, Needs::nothing, thread_exit>;
        case wire::CallId::gl_open_lane:
            return decoded<wire::gl_open_lane_Request, Needs::nothing, open_lane>;
        case wire::CallId::gl_context_create:
            return decoded<wire::gl_context_create_Request, Needs::nothing, create>;
        case wire::CallId::gl_await:
            return decoded<wire::gl_await_Request, Needs::nothing, await>;
        case wire::CallId::gl_error:
            return decoded<wire::gl_error_Request, Needs::context, error>;
        default:
            return nullptr;
    }
}

}  // namespace engine
