// See statistics.h.
#include "statistics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

#include "environment.h"
#include "log.h"
#include "session.h"
#include "thread_state.h"

namespace guest {
namespace {

// The program's name with what JSON cannot hold replaced.
void copy_name(char* out, std::size_t size) {
    snprintf(out, size, "%s", program_name());
    for (char* at = out; *at != '\0'; ++at) {
        if (*at == '"' || *at == '\\' || static_cast<unsigned char>(*at) < 0x20) *at = '_';
    }
}

// The line as it grows; never longer than its room, which holds every call there is twice.
class Line {
public:
    [[gnu::format(printf, 2, 3)]] void add(const char* format, ...) {
        va_list arguments;
        va_start(arguments, format);
        const int size = vsnprintf(text_ + size_, sizeof text_ - size_, format, arguments);
        va_end(arguments);
        size_ = std::min(size_ + static_cast<std::size_t>(std::max(size, 0)), sizeof text_ - 1);
    }
    void add_count(const char* name, std::uint64_t count) {
        add(",\"%s\":%llu", name, static_cast<unsigned long long>(count));
    }
    // The calls whose count is not 0, by name.
    template <class Count>
    void add_calls(const char* name, Count&& count) {
        add(",\"%s\":{", name);
        const char* separator = "";
        for (std::size_t place = 0; place < wire::kCallCount; ++place) {
            if (count(place) == 0) continue;
            const std::string_view call = wire::call_name(wire::kCalls[place]);
            add("%s\"%.*s\":%llu", separator, static_cast<int>(call.size()), call.data(),
                static_cast<unsigned long long>(count(place)));
            separator = ",";
        }
        add("}");
    }
    const char* text() const { return text_; }
    std::size_t size() const { return size_; }

private:
    char text_[2 * 64 * wire::kCallCount + 1024] = "";
    std::size_t size_ = 0;
};

// Not on the stack of whatever thread exits the program; written once, at its end.
constinit Line line;

void write_line(const char* path) {
    const int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const auto size = static_cast<ssize_t>(line.size());
    const bool written = file >= 0 && write(file, line.text(), line.size()) == size;
    if (!written) log_line(LogLevel::error, "cannot write FERRY_STATS_FILE %s: %s", path, strerror(errno));
    if (file >= 0) close(file);
}

}  // namespace

void write_statistics(Session& session) {
    const char* path = environment("FERRY_STATS_FILE");
    if (path == nullptr && !log_enabled(LogLevel::note)) return;
    const CallCounts calls = count_calls();
    const Counters::Switches switches = session.counters.switches();
    char name[128];
    copy_name(name, sizeof name);
    line.add("{\"program\":\"%s\",\"pid\":%d", name, static_cast<int>(getpid()));
    const char* grpc = session.carrier.is_tcp() ? "tcp" : "unix";
    line.add(",\"carrier\":\"%s\"", session.ring.is_open() ? "ring" : grpc);
    line.add_count("calls", std::accumulate(calls.begin(), calls.end(), std::uint64_t{0}));
    line.add_count("records", session.lane.records());
    line.add_count("batches", session.carrier.batches() + session.ring.doorbells());
    line.add_count("doorbells", session.ring.doorbells());
    line.add_count("round_trips", session.round_trips());
    line.add_count("blocked_ns", session.counters.blocked_ns());
    line.add_count("back_pressure_waits", session.back_pressure_waits());
    line.add_count("bytes_out", session.carrier.bytes_out() + session.lane.ring_bytes());
    line.add_count("bytes_in", session.carrier.bytes_in() + session.ring.replies().consumed());
    line.add_count("voluntary_switches", switches.voluntary);
    line.add_count("involuntary_switches", switches.involuntary);
    line.add_calls("blocking", [&](std::size_t place) { return session.counters.waits(place); });
    line.add_calls("by_call", [&](std::size_t place) { return calls[place]; });
    line.add("}\n");
    log_line(LogLevel::note, "%s", line.text());
    if (path != nullptr) write_line(path);
}

}  // namespace guest
