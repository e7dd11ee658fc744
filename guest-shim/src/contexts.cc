// See contexts.h.
#include "contexts.h"

#include <new>

#include "cudart/export_tables.h"
#include "session.h"
#include "wire/pointer_unsafe.h"

namespace guest {

Context* Contexts::create(Session& session, int device, unsigned flags, bool primary) {
    auto* context = new (std::nothrow) Context;
    if (context == nullptr) return nullptr;
    context->device = device;
    context->host_device = session.snapshot.device(device)->host_ordinal;
    context->flags = flags;
    context->primary = primary;
    context->id = next_id_.fetch_add(1, std::memory_order_relaxed);
    context->handle = session.handles.create(wire::HandleKind::context, context);
    if (context->handle.value != 0) return context;
    delete context;
    return nullptr;
}

Context* Contexts::find(Session& session, abi::CUcontext handle) {
    return static_cast<Context*>(session.handles.find(wire::HandleKind::context, wire::to_handle(handle)));
}

Context* Contexts::primary_context(Session& session, int device) {
    PrimaryContext& primary = primaries_[device];
    if (primary.context == nullptr) primary.context = create(session, device, primary.flags, true);
    return primary.context;
}

void Contexts::end(Session& session, Context& context, bool keep_name) {
    context.alive.store(false, std::memory_order_relaxed);
    context.epoch.fetch_add(1, std::memory_order_relaxed);
    for (auto& limit : context.limits) limit.store(0, std::memory_order_relaxed);
    session.regions.remove_of(&context);
    context.heap.clear();
    session.unsettled.context_gone(&context);
    session.note_memory_change();
    if (!keep_name) session.handles.remove(wire::HandleKind::context, context.handle);
    cudart::local_context_gone(wire::to_pointer<abi::CUcontext>(context.handle));
}

bool Contexts::may_end_later(Session& session) {
    bool quiet = session.settings.batching && session.sticky() == abi::CUDA_SUCCESS &&
                 session.callbacks.outstanding() == 0 && session.replies.detached_count() == 0 &&
                 !session.unsettled.any_landing();
    if (!quiet) return false;
    session.handles.for_each(wire::HandleKind::context, [&quiet](wire::Handle, void* object) {
        quiet = quiet && !static_cast<const Context*>(object)->launched.load(std::memory_order_relaxed);
    });
    return quiet;
}

bool Contexts::valid_flags(unsigned flags) {
    if ((flags & ~static_cast<unsigned>(abi::CU_CTX_FLAGS_MASK)) != 0) return false;
    const unsigned scheduling = flags & abi::CU_CTX_SCHED_MASK;
    return scheduling == abi::CU_CTX_SCHED_AUTO || scheduling == abi::CU_CTX_SCHED_SPIN ||
           scheduling == abi::CU_CTX_SCHED_YIELD || scheduling == abi::CU_CTX_SCHED_BLOCKING_SYNC;
}

}  // namespace guest
