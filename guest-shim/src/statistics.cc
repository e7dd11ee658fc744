// See statistics.h.
#include "statistics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <string_view>

#include "byte_buffer.h"
#include "connection.h"
#include "environment.h"
#include "log.h"

namespace guest {
namespace {

// The program's name with what JSON cannot hold replaced.
void copy_name(char* out, std::size_t size) {
    snprintf(out, size, "%s", program_name());
    for (char* at = out; *at != '\0'; ++at) {
        if (*at == '"' || *at == '\\' || static_cast<unsigned char>(*at) < 0x20) *at = '_';
    }
}

// The line as it grows. What there is no memory for is not in it.
class Line {
public:
    [[gnu::format(printf, 2, 3)]] void add(const char* format, ...) {
        char piece[256];
        va_list arguments;
        va_start(arguments, format);
        const int size = vsnprintf(piece, sizeof piece, format, arguments);
        va_end(arguments);
        const auto taken = std::min(static_cast<std::size_t>(std::max(size, 0)), sizeof piece - 1);
        std::byte* room = bytes_.reserve(taken + 1);
        if (room == nullptr) return;
        memcpy(room, piece, taken + 1);
        bytes_.commit(taken);
    }
    void add_count(const char* name, std::uint64_t count) {
        add(",\"%s\":%llu", name, static_cast<unsigned long long>(count));
    }
    // The calls whose count is not 0, by name.
    template <class Count>
    void add_calls(const char* name, const CalledCalls& calls, Count&& count) {
        add(",\"%s\":{", name);
        const char* separator = "";
        for (std::size_t place = 0; place < calls.counts.size(); ++place) {
            if (count(place) == 0) continue;
            const std::string_view call = calls.name(place);
            add("%s\"%.*s\":%llu", separator, static_cast<int>(call.size()), call.data(),
                static_cast<unsigned long long>(count(place)));
            separator = ",";
        }
        add("}");
    }
    const char* text() const {
        // SAFETY: bytes that add() wrote as text.
        return bytes_.size() == 0 ? "" : reinterpret_cast<const char*>(bytes_.bytes().data());
    }
    std::size_t size() const { return bytes_.size(); }

private:
    ByteBuffer bytes_;
};

void write_line(const Line& line, const char* path) {
    const int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const auto size = static_cast<ssize_t>(line.size());
    const bool written = file >= 0 && write(file, line.text(), line.size()) == size;
    if (!written) log_line(LogLevel::error, "cannot write FERRY_STATS_FILE %s: %s", path, strerror(errno));
    if (file >= 0) close(file);
}

}  // namespace

void write_statistics(std::span<Connection* const> connections, const CalledCalls& calls) {
    const char* path = environment("FERRY_STATS_FILE");
    if (path == nullptr && !log_enabled(LogLevel::note)) return;
    const Connection& first = *connections.front();
    const Counters::Switches switches = first.counters.switches();
    const auto total = [&](auto&& of) {
        std::uint64_t sum = 0;
        for (Connection* connection : connections) sum += of(*connection);
        return sum;
    };
    char name[128];
    copy_name(name, sizeof name);
    Line line;
    line.add("{\"program\":\"%s\",\"pid\":%d", name, static_cast<int>(getpid()));
    const char* grpc = first.carrier.is_tcp() ? "tcp" : "unix";
    line.add(",\"carrier\":\"%s\"", first.ring.is_open() ? "ring" : grpc);
    line.add_count("calls", std::accumulate(calls.counts.begin(), calls.counts.end(), std::uint64_t{0}));
    line.add_count("records", total([](Connection& one) { return one.lane.records(); }));
    line.add_count("batches",
                   total([](Connection& one) { return one.carrier.batches() + one.ring.doorbells(); }));
    line.add_count("doorbells", total([](Connection& one) { return one.ring.doorbells(); }));
    line.add_count("round_trips", total([](Connection& one) { return one.round_trips(); }));
    line.add_count("blocked_ns", total([](Connection& one) { return one.counters.blocked_ns(); }));
    line.add_count("back_pressure_waits", total([](Connection& one) { return one.back_pressure_waits(); }));
    line.add_count("bytes_out",
                   total([](Connection& one) { return one.carrier.bytes_out() + one.lane.ring_bytes(); }));
    line.add_count("bytes_in", total([](Connection& one) {
                       return one.carrier.bytes_in() + one.ring.replies().consumed();
                   }));
    line.add_count("voluntary_switches", switches.voluntary);
    line.add_count("involuntary_switches", switches.involuntary);
    line.add_calls("blocking", calls, [&](std::size_t place) {
        return total([&](Connection& one) { return one.counters.waits(place); });
    });
    line.add_calls("by_call", calls, [&](std::size_t place) { return calls.counts[place]; });
    line.add("}\n");
    log_line(LogLevel::note, "%s", line.text());
    if (path != nullptr) write_line(line, path);
}

}  // namespace guest
