// See environment.h. Allocates nothing; safe before main.
#include "environment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <bit>

#include "log.h"
#include "wire/delays.h"
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

CarrierChoice read_carrier() {
    const char* text = environment("FERRY_CARRIER");
    if (text == nullptr || strcmp(text, "auto") == 0) return CarrierChoice::automatic;
    if (strcmp(text, "ring") == 0) return CarrierChoice::ring;
    if (strcmp(text, "unix") == 0) return CarrierChoice::unix_socket;
    if (strcmp(text, "tcp") == 0) return CarrierChoice::tcp;
    log_line(LogLevel::error, "FERRY_CARRIER must be auto, ring, unix or tcp, is '%s': ignored", text);
    return CarrierChoice::automatic;
}

std::uint64_t read_ring_bytes() {
    constexpr std::uint64_t kSmallest = 4096;
    std::uint64_t bytes = 0;
    if (!read_number("FERRY_RING_BYTES", bytes) || bytes == 0) return 0;
    const std::uint64_t largest = wire::limits::kRingCommandBytes;
    return std::bit_ceil(std::clamp(bytes, kSmallest, largest));
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
    settings.carrier = read_carrier();
    settings.random_seal = read_number("FERRY_SEAL_RANDOM", settings.random_seed);
    settings.ring_bytes = read_ring_bytes();
    std::uint64_t delay_seed = 0;
    if (read_number("FERRY_DELAY_RANDOM", delay_seed)) wire::ring_delays.start(delay_seed);
    return settings;
}

bool for_each_endpoint(bool (*try_endpoint)(const char* endpoint, void* argument), void* argument,
                       char* tried, std::size_t tried_size) {
    if (const char* endpoint = environment("FERRY_ENDPOINT")) {
        snprintf(tried, tried_size, "%s", endpoint);
        return try_endpoint(endpoint, argument);
    }
    if (const char* runtime = environment("XDG_RUNTIME_DIR")) {
        snprintf(tried, tried_size, "unix:%s/ferry/ferry.sock", runtime);
        if (try_endpoint(tried, argument)) return true;
    }
    snprintf(tried, tried_size, "unix:/run/ferry/ferry.sock");
    return try_endpoint(tried, argument);
}

const char* program_name() { return program_invocation_short_name; }

}  // namespace guest
