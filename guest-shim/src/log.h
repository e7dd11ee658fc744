// Everything the shim ever says to people: lines on stderr, prefix "ferry: ", one write(2) each. Never
// through stdio, whose locks and buffers belong to the program. FERRY_LOG chooses the level; errors are the
// default.
#pragma once

namespace guest {

enum class LogLevel : int { error = 0, note = 1, debug = 2 };

bool log_enabled(LogLevel level);

// printf-like; cut at one line of 1 KiB. Keeps errno.
[[gnu::format(printf, 2, 3)]] void log_line(LogLevel level, const char* format, ...);

// The host's text: control characters are blanked so that a hostile host cannot drive a terminal.
void sanitize(char* text);

}  // namespace guest
