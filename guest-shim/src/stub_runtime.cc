// Handle checks and naming for the generated stubs; see stub_runtime.h.
#include "stub_runtime.h"

#include "log.h"
#include "wire/pointer_unsafe.h"

namespace guest {

void note_failure(wire::CallId call, abi::CUresult result) {
    const std::string_view name = wire::call_name(call);
    log_line(LogLevel::debug, "%.*s answers %d", static_cast<int>(name.size()), name.data(),
             static_cast<int>(result));
}

namespace {

abi::CUresult check_context(Session& session, wire::Handle handle) {
    Context* context = nullptr;
    if (handle.value == 0) return need_context(context);
    context = static_cast<Context*>(session.handles.find(wire::HandleKind::context, handle));
    if (context == nullptr) return abi::CUDA_ERROR_INVALID_CONTEXT;
    return context->alive.load(std::memory_order_relaxed) ? abi::CUDA_SUCCESS
                                                          : abi::CUDA_ERROR_CONTEXT_IS_DESTROYED;
}

}  // namespace

abi::CUresult check(Session& session, wire::HandleKind kind, wire::Handle handle) {
    if (kind == wire::HandleKind::context) return check_context(session, handle);
    if (kind == wire::HandleKind::stream && handle.value <= wire::kStreamPerThread) return abi::CUDA_SUCCESS;
    if (kind == wire::HandleKind::function && handle.kind() == wire::HandleKind::kernel) kind = handle.kind();
    const auto* object = static_cast<const Object*>(session.handles.find(kind, handle));
    return object != nullptr && object->current() ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_HANDLE;
}

wire::Handle name_handle(Session& session, wire::HandleKind kind) {
    Context* context = nullptr;
    if (need_context(context) != abi::CUDA_SUCCESS) return {};
    Object* object = kind == wire::HandleKind::event ? new (std::nothrow) Event : new (std::nothrow) Object;
    if (object == nullptr) return {};
    object->context = context;
    object->epoch = context->epoch.load(std::memory_order_relaxed);
    const wire::Handle handle = session.handles.create(kind, object);
    if (handle.value == 0) delete object;
    return handle;
}

void forget_handle(Session& session, wire::Handle handle) {
    delete static_cast<Object*>(session.handles.remove(handle.kind(), handle));
}

}  // namespace guest
