// Contexts: which CUDA context the engine thread has current, and what belongs to a guest thread within one
// (its per-thread default stream). Every record names its context; the driver is told only when that changes.
// Used by the executor, on the engine thread only.
#pragma once
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "cudart/abi.h"
#include "engine/handles.h"
#include "host/driver_table.h"

namespace engine {

class Contexts {
public:
    Contexts(const device::DriverTable& driver, HandleTable& handles) : driver_(driver), handles_(handles) {}

    // Makes the context with handle index `index` current; 0 means none. CONTEXT_IS_DESTROYED when there is
    // none of that index (any more).
    abi::CUresult use(std::uint16_t index) {
        return known_ && current_.index() == index ? abi::CUDA_SUCCESS : change(index);
    }
    // The same for a record that cannot do without: INVALID_CONTEXT when it has none.
    abi::CUresult use_any(std::uint16_t index) {
        return index == 0 ? abi::CUDA_ERROR_INVALID_CONTEXT : use(index);
    }
    // The same for any live context handle.
    abi::CUresult use(wire::Handle context);
    // The same for an object that lives, whatever it is called.
    abi::CUresult use(abi::CUcontext object);
    // After a driver call that changed the current context behind our back.
    void forget_current() { known_ = false; }

    wire::Handle current_handle() const { return current_; }
    abi::CUcontext current() const { return current_object_; }

    // The current context's per-thread default stream of guest thread `thread`, made at the first use.
    abi::CUresult thread_stream(std::uint16_t thread, abi::CUstream& stream);
    // Destroys the streams of a thread that has ended, in every context.
    void thread_exit(std::uint16_t thread);
    // Every stream in use in `context`, the legacy default stream included.
    void streams_of(wire::Handle context, std::vector<abi::CUstream>& streams) const;
    // A stream of the current context is about to be destroyed: what it still has to do goes on without it,
    // and is kept in mind.
    void keep_leftovers(abi::CUstream stream);
    // Whether work of destroyed streams is still going on in `context`, which is current.
    bool leftovers_running(wire::Handle context);

    // `context` is gone: its thread streams went with it.
    void forget_streams(wire::Handle context);

    // --- primary contexts, by device ordinal
    // Retaining takes two steps: what it asks of the driver, on any thread, and what becomes of the answer. A
    // context that could not be had is remembered with the reason: use() answers it for records that name it.
    abi::CUresult retain(int device, std::uint32_t flags, abi::CUcontext& object) const;
    abi::CUresult retained(wire::Handle context, int device, abi::CUcontext object, abi::CUresult result);
    std::uint32_t times_retained(int device) const;
    // One of several: the context lives on.
    abi::CUresult release(int device);
    // The context is about to end. Answers its handle, which stands for nothing then; a later retain may bind
    // it again.
    wire::Handle forget_primary(int device);
    // What a reset asks of the driver, on any thread, of a context that had been retained `held` times.
    abi::CUresult reset(int device, std::uint32_t held) const;
    bool refused(wire::Handle context) const {
        return refused_.contains(static_cast<std::uint16_t>(context.index()));
    }
    wire::Handle primary(int device) const;
    bool last_release(int device) const { return times_retained(device) == 1; }

private:
    struct Primary {
        wire::Handle context;
        std::uint32_t retained = 0;
    };
    // Stands behind the last work of a stream that has been destroyed.
    struct Leftover {
        wire::Handle context;
        abi::CUevent event;
    };
    struct ThreadStream {
        wire::Handle context;
        std::uint16_t thread;
        abi::CUstream stream;
    };

    abi::CUresult change(std::uint16_t index);

    const device::DriverTable& driver_;
    HandleTable& handles_;
    wire::Handle current_;
    abi::CUcontext current_object_ = nullptr;
    bool known_ = false;
    std::unordered_map<int, Primary> primaries_;
    std::unordered_map<std::uint16_t, abi::CUresult> refused_;  // by index of the handle
    std::vector<ThreadStream> thread_streams_;
    std::vector<Leftover> leftovers_;
};

}  // namespace engine
