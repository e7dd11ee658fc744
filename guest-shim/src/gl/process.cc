// See process.h.
#include "gl/process.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "admission.h"
#include "gl/gl_lane.h"
#include "gl/runtime.h"
#include "log.h"
#include "statistics.h"
#include "wire/codec.h"

namespace guest::gl {
namespace {

constinit Mutex process_mutex;
constinit bool hooked = false;
// The last session's tail: what a daemon's answer held, for lanes on the same worker.
struct Process {
    Settings settings;
    Admitted admitted;
    bool refused = false;        // no lane can be had, and that has been said
    std::vector<GlLane*> lanes;  // all there were, for the statistics
    std::uint64_t counts[kCounted] = {};
};
constinit Process* process = nullptr;
constinit std::atomic<std::uint32_t> groups{0};
constinit std::atomic<std::uint32_t> drawables{0};

void before_fork() { process_mutex.lock(); }
void after_fork_in_parent() { process_mutex.unlock(); }

// A context does not outlive a fork: the child starts anew, and not a byte of it reaches the parent's lanes.
void after_fork_in_child() {
    process_mutex.reset();
    make_current(nullptr);
    if (process == nullptr) return;
    for (GlLane* lane : process->lanes) {
        close(lane->carrier.fd());
        close(lane->replies.kick_fd);
        lane->ring.close_descriptors();
    }
    process = nullptr;
}

std::string_view name_of(std::size_t place) {
    return place < wire::kGlCallCount ? wire::gl_call_name(wire::kGlCalls[place]) : "ferry";
}

void at_exit() {
    Process* ending = nullptr;
    {
        Guard guard(process_mutex);
        ending = process;
    }
    if (ending == nullptr || ending->lanes.empty()) return;
    // The first lane's end is the worker's.
    std::for_each(ending->lanes.rbegin(), ending->lanes.rend(), [](GlLane* lane) { detach_lane(*lane); });
    if (Context* context = current()) add_counts(context->counts().data());
    const std::vector<Connection*> connections(ending->lanes.begin(), ending->lanes.end());
    for (GlLane* lane : ending->lanes) {
        lane->end(abi::CUDA_ERROR_DEINITIALIZED, nullptr);
        lane->carrier.shut();
    }
    write_statistics(connections, {ending->counts, name_of});
}

// The lock is held. Null: no memory.
Process* the_process() {
    if (process == nullptr) process = new (std::nothrow) Process;
    if (!hooked) {
        pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
        atexit(at_exit);
        hooked = true;
    }
    return process;
}

GlLane* living_lane(const Process& of) {
    const auto lives = [](const GlLane* lane) { return lane->lost() == abi::CUDA_SUCCESS; };
    const auto found = std::find_if(of.lanes.begin(), of.lanes.end(), lives);
    return found == of.lanes.end() ? nullptr : *found;
}

GlLane* open_first(Process& of) {
    if (of.refused) return nullptr;
    of.refused = true;
    of.settings = read_settings();
    if (!admit(of.settings.carrier, of.admitted)) return nullptr;
    const Admission& admission = of.admitted.admission;
    return attach_lane(of.settings, {of.admitted.worker, {admission.ticket, admission.ticket_size}, 1});
}

// Asks the worker through `lane`, which any thread may.
GlLane* open_beside(Process& of, GlLane& lane) {
    ByteBuffer answer;
    wire::gl_open_lane_Reply reply;
    if (!ask(lane, wire::gl_open_lane_Request{}, reply, answer)) {
        wire::Cursor refusal(answer.bytes());
        const bool says_why = decode(refusal, reply) && !reply.endpoint.empty();
        log_line(LogLevel::error, "the host opens no further GL context for this process: %s",
                 says_why ? wire::c_string(reply.endpoint) : "it does not say why");
        return nullptr;
    }
    Door door{of.admitted.worker, reply.ticket, reply.lane};
    if (reply.tcp_port == 0) {
        if (const char* wrong = parse_endpoint(wire::c_string(reply.endpoint), door.worker)) {
            log_line(LogLevel::error, "the host named an endpoint this version cannot use: %s", wrong);
            return nullptr;
        }
    } else {
        set_port(door.worker, static_cast<std::uint16_t>(reply.tcp_port));
    }
    return attach_lane(of.settings, door);
}

}  // namespace

GlLane* open_lane() {
    Guard guard(process_mutex);
    Process* of = the_process();
    if (of == nullptr) return nullptr;
    GlLane* beside = living_lane(*of);
    GlLane* lane = beside == nullptr ? open_first(*of) : open_beside(*of, *beside);
    if (lane == nullptr) return nullptr;
    of->refused = false;
    of->lanes.push_back(lane);
    return lane;
}

GlLane* any_lane() {
    Guard guard(process_mutex);
    return process == nullptr ? nullptr : living_lane(*process);
}

void close_lane(GlLane& lane) {
    // The first one carries the process: the worker ends with it.
    if (lane.number() == 1) return;
    detach_lane(lane);
    lane.end(abi::CUDA_ERROR_DEINITIALIZED, nullptr);
    lane.carrier.shut();
}

void add_counts(const std::uint64_t* counts) {
    Guard guard(process_mutex);
    if (process == nullptr) return;
    for (std::size_t place = 0; place < kCounted; ++place) process->counts[place] += counts[place];
}

std::uint32_t next_group() { return groups.fetch_add(1, std::memory_order_relaxed) + 1; }
std::uint32_t next_drawable() { return drawables.fetch_add(1, std::memory_order_relaxed) + 1; }

ErrorMode error_mode() {
    static const ErrorMode mode = [] {
        const char* wish = environment("FERRY_GL_ERRORS");
        if (wish == nullptr || strcmp(wish, "default") == 0) return ErrorMode::usual;
        if (strcmp(wish, "strict") == 0) return ErrorMode::strict;
        if (strcmp(wish, "lazy") == 0) return ErrorMode::lazy;
        log_line(LogLevel::error, "FERRY_GL_ERRORS=%s: expected default, strict or lazy; taking default",
                 wish);
        return ErrorMode::usual;
    }();
    return mode;
}

}  // namespace guest::gl
