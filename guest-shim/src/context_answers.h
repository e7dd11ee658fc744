// Answers of the host about the current context that stay the same until the program changes them: asked
// once, then known. Made by entry_limits.cc, used by the stream calls as well.
#pragma once
#include "cudart/abi.h"

namespace guest {

class Session;

struct PriorityRange {
    int least = 0;     // the larger number
    int greatest = 0;  // the smaller one
};

abi::CUresult find_priority_range(Session& session, PriorityRange& range);

}  // namespace guest
