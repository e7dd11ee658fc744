// The state of the process around its one session: not yet attached, attached, initialised, forked, exiting.
// Nothing here runs before the program's first call, and nothing is destroyed at exit.
#pragma once
#include <atomic>

#include "cudart/abi.h"

namespace guest {

class Session;
struct ThreadState;

// The session that calls may use: attached, initialised by cuInit, neither lost nor ending. Null otherwise.
extern constinit std::atomic<Session*> live;
inline Session* live_session() { return live.load(std::memory_order_acquire); }

// Why a call cannot run now: NOT_INITIALIZED, DEINITIALIZED, NOT_PERMITTED, or what the session died of.
abi::CUresult refusal(const ThreadState& thread);

// cuInit: attaches if that has not been done. Later calls answer at once.
abi::CUresult initialise();
// Attaches without initialising, for cuDriverGetVersion. The session, or null with the verdict in `result`.
Session* attached_session(abi::CUresult& result);

// Told by a session that it has ended.
void session_ended(Session& session);

}  // namespace guest
