// From nothing to a session: asks the daemon for a worker, reserves the address window, attaches. Called by
// process.cc under its lock.
#pragma once
#include "cudart/abi.h"

namespace guest {

class Session;

// A new session, or null with the code to answer; then one line on stderr has said why and what to do.
Session* attach(abi::CUresult& result);

}  // namespace guest
