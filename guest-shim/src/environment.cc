// See environment.h. Allocates nothing; safe before main.
#include "environment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>

#include "log.h"
#include "wire/limits.h"

namespace guest {

const char* environment(const char* name) {
    const char* value = getenv(name);
    return value != nullptr && *value != '\0' ? value : nullptr;
}

namespace {

bool read_number(const char* name, std::uint64_t& number) {
    const char* text = environment(name);
    if (text == nullptr) return false;
    char* end = nullptr;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 0);
    if (errno != 0 || end == text || *end != '\0') {
        log_line(LogLevel::error, "%s must be a number, is '%s': ignored", name, text);
        return false;
    }
    number = value;
    return true;
}

}  // namespace

Settings read_settings() {
    Settings settings;
    const char* batch = environment("FERRY_BATCH");
    settings.batching = batch == nullptr || strcmp(batch, "off") != 0;
    std::uint64_t bytes = 0;
    constexpr std::uint64_t kSmallest = 64;
    constexpr std::uint64_t kLargest = 16 << 20;
    if (read_number("FERRY_BATCH_BYTES", bytes)) settings.seal_bytes = std::clamp(bytes, kSmallest, kLargest);
    std::uint64_t spin_us = wire::limits::kSpinUs;
    constexpr std::uint64_t kLongestSpinUs = 1000;
    if (read_number("FERRY_SPIN_US", spin_us)) spin_us = std::min(spin_us, kLongestSpinUs);
    settings.spin_ns = static_cast<std::int64_t>(spin_us) * 1000;
    settings.random_seal = read_number("FERRY_SEAL_RANDOM", settings.random_seed);
    return settings;
}

bool for_each_endpoint(bool (*try_endpoint)(const char* path, void* argument), void* argument, char* tried,
                       std::size_t tried_size) {
    constexpr char kUnix[] = "unix:";
    constexpr std::size_t kUnixSize = sizeof kUnix - 1;
    if (const char* endpoint = environment("FERRY_ENDPOINT")) {
        snprintf(tried, tried_size, "%s", endpoint);
        if (strncmp(endpoint, kUnix, kUnixSize) != 0) {
            log_line(LogLevel::error, "FERRY_ENDPOINT must be unix:/path, is '%s'", endpoint);
            return false;
        }
        return try_endpoint(endpoint + kUnixSize, argument);
    }
    char path[256];
    if (const char* runtime = environment("XDG_RUNTIME_DIR")) {
        snprintf(path, sizeof path, "%s/ferry/ferry.sock", runtime);
        snprintf(tried, tried_size, "unix:%s", path);
        if (try_endpoint(path, argument)) return true;
    }
    constexpr char kSystem[] = "/run/ferry/ferry.sock";
    snprintf(tried, tried_size, "unix:%s", kSystem);
    return try_endpoint(kSystem, argument);
}

const char* program_name() { return program_invocation_short_name; }

}  // namespace guest
