// Messages of KHR_debug. The host keeps them in its log; where the program has a callback for them, it is
// called here, with what the log has then. A context's; one thread.
#pragma once
#include "gl/types.h"

namespace guest::gl {

class Context;

struct DebugOutput {
    GLDEBUGPROC callback = nullptr;
    const void* user = nullptr;
    bool is_synchronous = false;  // GL_DEBUG_OUTPUT_SYNCHRONOUS
    bool is_busy = false;         // the callback is running

    // Whether each call has to tell the program its messages before it returns.
    bool is_due() const { return callback != nullptr && is_synchronous && !is_busy; }
};

// Calls the program's callback, if it has one, with each message that the host has by now. Waits for the
// host.
void deliver_messages(Context& context);

}  // namespace guest::gl
