// Records of Ferry itself: the end of a session, and of a guest thread. Called by generated
// dispatch.
#include "engine/executor.h"
#include "host/hand.h"

namespace engine::hand {

abi::CUresult session_detach(Executor& executor, const wire::RecordHeader&,
                             const wire::session_detach_Request&, ReplySink&) {
    // What is still on the device ends with the worker, as it ends with a process: an endless kernel must not
    // keep a program from exiting. Text that has been printed is drained before the answer.
    executor.note_launch();
    executor.note_detach();
    return abi::CUDA_SUCCESS;
}

abi::CUresult session_thread_exit(Executor& executor, const wire::RecordHeader& header,
                                  const wire::session_thread_exit_Request&, ReplySink&) {
    executor.contexts().thread_exit(header.thread);
    return abi::CUDA_SUCCESS;
}

}  // namespace engine::hand
