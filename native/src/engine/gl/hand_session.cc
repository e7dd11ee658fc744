// Ferry's own records on a lane of GL: its context, further lanes, waiting for one another, the end.
#include <algorithm>
#include <array>

#include "engine/gl/frames.h"
#include "engine/gl/gl_executor.h"
#include "engine/gl/snapshot.h"
#include "gl/enums.h"
#include "wire/limits.h"

namespace engine {
namespace {

constexpr std::uint32_t kProfiles = 4;
constexpr std::uint32_t kCore = 1;

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
    executor.table().glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
    executor.table().glPixelStorei(GL_PACK_ALIGNMENT, 1);
    const gl::Snapshot snapshot = gl::take_snapshot(executor.table(), executor.is_es());
    if (snapshot.profile == kCore) executor.note_core();
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

constexpr std::uint32_t kDouble = 1;
// Of gl_present's flags, and of what is added to the format of the answer.
constexpr std::uint32_t kBottomUp = 1;
constexpr std::uint32_t kPack = 2;
constexpr std::uint32_t kPacked = 0x100;
constexpr std::uint32_t kMostSamples = 64;

bool is_colour(GLenum format) {
    constexpr std::array<GLenum, 5> kColours{GL_RGBA8, GL_RGB8, GL_SRGB8_ALPHA8, GL_RGB10_A2, GL_RGB565};
    return std::ranges::find(kColours, format) != kColours.end();
}

// False: no drawable looks so.
bool looks_of(const wire::gl_drawable_Request& request, gl::Looks& looks) {
    constexpr std::uint32_t kSide = wire::limits::kGlDrawableSide;
    const bool fits = request.width <= kSide && request.height <= kSide && request.samples <= kMostSamples;
    const bool known = is_colour(request.colour) && request.depth <= 32 &&
                       (request.stencil == 0 || request.stencil == 8) && request.drawable != 0;
    looks.width = static_cast<GLsizei>(std::max(request.width, 1u));
    looks.height = static_cast<GLsizei>(std::max(request.height, 1u));
    looks.colour = request.colour;
    looks.depth = request.depth;
    looks.stencil = request.stencil;
    looks.samples = request.samples > 1 ? static_cast<GLsizei>(request.samples) : 0;
    looks.is_double = (request.flags & kDouble) != 0;
    return fits && known;
}

void drawable(GlExecutor& executor, const wire::gl_drawable_Request& request, ReplySink&) {
    gl::Looks looks;
    if (!looks_of(request, looks))
        return executor.violate("a drawable, or a place for its frame, that cannot be");
    if (!executor.lanes().world().drawables().set(request.drawable, looks)) {
        return executor.violate("the guest has made too many drawables");
    }
    executor.frames().refresh();
}

void drawable_gone(GlExecutor& executor, const wire::gl_drawable_gone_Request& request, ReplySink&) {
    executor.lanes().world().drawables().remove(request.drawable);
}

void make_current(GlExecutor& executor, const wire::gl_make_current_Request& request, ReplySink&) {
    executor.frames().make_current(request.draw, request.read);
}

void present(GlExecutor& executor, const wire::gl_present_Request& request, ReplySink& sink) {
    wire::gl_present_Reply reply;
    const auto drawable = executor.frames().find(request.drawable);
    const gl::FrameWish wish{request.source == 0 ? gl::Plane::back : gl::Plane::front, request.stride,
                             request.format != 0, (request.flags & kBottomUp) != 0};
    gl::Looks looks;
    bool done = false;
    reply.format = request.format != 0 ? 1 : 0;
    if (drawable != nullptr && request.address != 0) {
        const auto place = executor.arena(request.address, request.size);
        if (place.empty()) return executor.violate("a drawable, or a place for its frame, that cannot be");
        done = executor.frames().read(*drawable, wish, place, looks);
    } else if (drawable != nullptr) {
        looks = drawable->looks();
        const std::size_t row =
            request.stride != 0 ? request.stride : std::size_t{4} * static_cast<std::size_t>(looks.width);
        const std::size_t size = row * static_cast<std::size_t>(looks.height);
        if (size > wire::limits::kGlFrameBytes)
            return executor.violate("a drawable, or a place for its frame, that cannot be");
        const auto place = executor.pixels(size);
        done = executor.frames().read(*drawable, wish, place, looks);
        if (done) reply.pixels = place;
        const auto packed = done && (request.flags & kPack) != 0 ? executor.frames().pack(place)
                                                                 : std::span<const std::byte>{};
        if (!packed.empty()) {
            reply.pixels = packed;
            reply.format |= kPacked;
        }
    }
    if (!done) executor.refuse();
    reply.width = static_cast<std::uint32_t>(looks.width);
    reply.height = static_cast<std::uint32_t>(looks.height);
    reply.stride = request.stride != 0 ? request.stride : 4 * reply.width;
    executor.note_present(request.address != 0 && done ? request.size : 0);
    sink.outputs(reply);
}

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
        case wire::CallId::gl_drawable:
            return decoded<wire::gl_drawable_Request, Needs::context, drawable>;
        case wire::CallId::gl_drawable_gone:
            return decoded<wire::gl_drawable_gone_Request, Needs::nothing, drawable_gone>;
        case wire::CallId::gl_make_current:
            return decoded<wire::gl_make_current_Request, Needs::context, make_current>;
        case wire::CallId::gl_present:
            return decoded<wire::gl_present_Request, Needs::context, present>;
        case wire::CallId::gl_error:
            return decoded<wire::gl_error_Request, Needs::context, error>;
        default:
            return nullptr;
    }
}

}  // namespace engine
