// What a session has spent, as one JSON line for FERRY_STATS_FILE and one line of FERRY_LOG=info (cut there,
// if need be): totals, "blocking" (call: how often a thread waited for the host in it) and "by_call" (call:
// how often the program called it). Called once, at orderly exit.
#pragma once

namespace guest {

class Session;

void write_statistics(Session& session);

}  // namespace guest
