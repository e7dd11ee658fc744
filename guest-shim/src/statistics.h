// What a session has spent, as one JSON line for FERRY_STATS_FILE and one line of FERRY_LOG=info (cut there,
// if need be): totals, "blocking" (call: how often a thread waited for the host in it) and "by_call" (call:
// how often the program called it). Called once, at orderly exit.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace guest {

class Connection;

// The calls of an API: how often each was called, and what it is called.
struct CalledCalls {
    std::span<const std::uint64_t> counts;
    std::string_view (*name)(std::size_t place);
};

// `connections`: at least one; what they have spent is added up.
void write_statistics(std::span<Connection* const> connections, const CalledCalls& calls);

}  // namespace guest
