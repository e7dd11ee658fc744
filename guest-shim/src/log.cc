// See log.h. Callable from any thread and before anything else of the shim is set up.
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "environment.h"

namespace guest {
namespace {

LogLevel read_level() {
    const char* name = environment("FERRY_LOG");
    if (name == nullptr) return LogLevel::error;
    if (strcmp(name, "debug") == 0) return LogLevel::debug;
    if (strcmp(name, "info") == 0) return LogLevel::note;
    return LogLevel::error;
}

// Read once: lines may be asked for on hot paths.
LogLevel chosen_level() {
    static constinit std::atomic<int> known{-1};
    int level = known.load(std::memory_order_relaxed);
    if (level < 0) {
        level = static_cast<int>(read_level());
        known.store(level, std::memory_order_relaxed);
    }
    return static_cast<LogLevel>(level);
}

}  // namespace

bool log_enabled(LogLevel level) { return level <= chosen_level(); }

void log_line(LogLevel level, const char* format, ...) {
    if (!log_enabled(level)) return;
    const int saved_errno = errno;
    char line[1024] = "ferry: ";
    const size_t prefix = strlen(line);
    va_list arguments;
    va_start(arguments, format);
    const int written = vsnprintf(line + prefix, sizeof line - prefix - 1, format, arguments);
    va_end(arguments);
    const size_t room = sizeof line - prefix - 2;
    size_t size = prefix + std::min(static_cast<size_t>(std::max(written, 0)), room);
    line[size] = '\0';
    sanitize(line);
    line[size++] = '\n';
    for (size_t at = 0; at < size;) {
        const ssize_t count = write(STDERR_FILENO, line + at, size - at);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        at += static_cast<size_t>(count);
    }
    errno = saved_errno;
}

void sanitize(char* text) {
    for (; *text != '\0'; ++text) {
        if (static_cast<unsigned char>(*text) < 0x20 || *text == 0x7F) *text = ' ';
    }
}

}  // namespace guest
