// The trace's ring: spans of many threads at once, while the writing thread takes them out. What stands in
// the file is whole, and what does not is counted.
#include "trace.h"

#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <thread>

#include "unit.h"

namespace {

constexpr std::uint64_t kThreads = 4;

// Every field follows from the thread and the number of the span, so that a mixture of two shows.
wire::TraceEvent event_of(std::uint64_t thread, std::uint64_t number) {
    const auto begin = static_cast<std::int64_t>(number * kThreads + thread + 1);
    return {begin, begin * 3, wire::TraceKind::run, static_cast<std::uint16_t>(begin % 60'000),
            static_cast<std::uint32_t>(begin * 7), static_cast<std::uint64_t>(begin) * 11};
}

bool is_whole(const wire::TraceEvent& event) {
    const auto number = static_cast<std::uint64_t>(event.begin_ns - 1);
    const wire::TraceEvent expected = event_of(number % kThreads, number / kThreads);
    return std::memcmp(&event, &expected, sizeof event) == 0;
}

std::string read_all(const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    CHECK(file != nullptr);
    std::string bytes;
    char part[4096];
    for (std::size_t got = 1; file != nullptr && got != 0;) {
        got = std::fread(part, 1, sizeof part, file);
        bytes.append(part, got);
    }
    if (file != nullptr) std::fclose(file);
    return bytes;
}

}  // namespace

TEST("spans of many threads are written whole, and those that are not are counted") {
    char folder[] = "/tmp/ferry-trace-XXXXXX";
    CHECK(mkdtemp(folder) != nullptr);
    setenv("FERRY_TRACE_FOLDER", folder, 1);
    guest::start_trace();
    unsetenv("FERRY_TRACE_FOLDER");
    CHECK(guest::trace_on);
    // More than the ring holds, so that some of it is written over while it is read.
    const std::uint64_t each = 100'000 * unit::scale();
    std::vector<std::thread> threads;
    for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([thread, each] {
            for (std::uint64_t number = 0; number < each; ++number) guest::trace(event_of(thread, number));
        });
    }
    for (std::thread& thread : threads) thread.join();
    guest::finish_trace();
    const std::string path = std::string(folder) + "/guest-" + std::to_string(getpid()) + ".trace";
    const std::string bytes = read_all(path);
    constexpr std::size_t kHead = 24;
    CHECK(bytes.size() >= kHead && (bytes.size() - kHead) % sizeof(wire::TraceEvent) == 0);
    std::uint64_t lost = 0;
    std::memcpy(&lost, bytes.data() + 16, sizeof lost);
    std::uint64_t whole = 0;
    std::uint64_t ours = 0;
    wire::TraceEvent event;
    for (std::size_t at = kHead; at + sizeof event <= bytes.size(); at += sizeof event) {
        std::memcpy(&event, bytes.data() + at, sizeof event);
        if (event.kind != wire::TraceKind::run) continue;
        ++ours;
        whole += is_whole(event) ? 1 : 0;
    }
    CHECK(whole == ours);
    CHECK(ours + lost == each * kThreads);
    unlink(path.c_str());
    rmdir(folder);
}
