// See statistics.h.
#include "statistics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

}  // namespace

void write_statistics(const Session& session) {
    char name[128];
    copy_name(name, sizeof name);
    char line[512];
    const int size =
        snprintf(line, sizeof line,
                 "{\"program\":\"%s\",\"calls\":%llu,\"records\":%llu,\"batches\":%llu,\"round_trips\":%llu,"
                 "\"back_pressure_waits\":%llu,\"bytes_out\":%llu,\"bytes_in\":%llu}\n",
                 name, static_cast<unsigned long long>(count_calls()),
                 static_cast<unsigned long long>(session.lane.records()),
                 static_cast<unsigned long long>(session.carrier.batches()),
                 static_cast<unsigned long long>(session.round_trips()),
                 static_cast<unsigned long long>(session.back_pressure_waits()),
                 static_cast<unsigned long long>(session.carrier.bytes_out()),
                 static_cast<unsigned long long>(session.carrier.bytes_in()));
    log_line(LogLevel::note, "%s", line);
    const char* path = environment("FERRY_STATS_FILE");
    if (path == nullptr || size <= 0) return;
    const int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0 || write(file, line, static_cast<std::size_t>(size)) != size) {
        log_line(LogLevel::error, "cannot write FERRY_STATS_FILE %s: %s", path, strerror(errno));
    }
    if (file >= 0) close(file);
}

}  // namespace guest
