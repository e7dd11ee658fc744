// What a session has spent, as one JSON line for FERRY_STATS_FILE and one line of FERRY_LOG=info. Called at
// orderly exit.
#pragma once

namespace guest {

class Session;

void write_statistics(const Session& session);

}  // namespace guest
