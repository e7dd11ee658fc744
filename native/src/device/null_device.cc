// The null device's device, contexts, streams and events. See null_state.h.
#include <algorithm>
#include <cstring>
#include <thread>
#include <utility>

#include "device/null_state.h"

namespace device::null {
namespace {

constexpr int kDriverVersion = 13000;
constexpr char kName[] = "Ferry null device";
constexpr char kUuid[] = "FERRY-NULL-DEV-0";
static_assert(sizeof kUuid == 17);

thread_local Context* current = nullptr;
Context& primary() {
    static auto* const kPrimary = new Context;
    return *kPrimary;
}

int attribute_value(abi::CUdevice_attribute attribute) {
    switch (attribute) {
        case abi::CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK:
        case abi::CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X:
        case abi::CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y:
            return 1024;
        case abi::CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z:
            return 64;
        case abi::CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X:
            return 0x7FFFFFFF;
        case abi::CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y:
        case abi::CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z:
            return 65535;
        case abi::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK:
            return 48 << 10;
        case abi::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN:
            return 227 << 10;
        case abi::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR:
            return 228 << 10;
        case abi::CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK:
            return 1 << 10;
        case abi::CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY:
            return 64 << 10;
        case abi::CU_DEVICE_ATTRIBUTE_WARP_SIZE:
            return 32;
        case abi::CU_DEVICE_ATTRIBUTE_MAX_PITCH:
            return 0x7FFFFFFF;
        case abi::CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK:
        case abi::CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR:
            return 65536;
        case abi::CU_DEVICE_ATTRIBUTE_CLOCK_RATE:
            return 1000000;
        case abi::CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE:
            return 1000000;
        case abi::CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH:
            return 512;
        case abi::CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE:
            return 32 << 20;
        case abi::CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT:
        case abi::CU_DEVICE_ATTRIBUTE_SURFACE_ALIGNMENT:
            return 512;
        case abi::CU_DEVICE_ATTRIBUTE_TEXTURE_PITCH_ALIGNMENT:
            return 32;
        case abi::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT:
            return 16;
        case abi::CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR:
            return 2048;
        case abi::CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR:
            return 32;
        case abi::CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT:
            return 2;
        case abi::CU_DEVICE_ATTRIBUTE_GPU_OVERLAP:
        case abi::CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS:
        case abi::CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING:
        case abi::CU_DEVICE_ATTRIBUTE_STREAM_PRIORITIES_SUPPORTED:
        case abi::CU_DEVICE_ATTRIBUTE_COMPUTE_PREEMPTION_SUPPORTED:
        case abi::CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH:
            return 1;
        case abi::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR:
            return kComputeMajor;
        case abi::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR:
            return kComputeMinor;
        default:
            return 0;
    }
}

abi::CUresult init(unsigned) { return abi::CUDA_SUCCESS; }
abi::CUresult driver_version(int* version) {
    *version = kDriverVersion;
    return abi::CUDA_SUCCESS;
}
abi::CUresult device_count(int* count) {
    *count = 1;
    return abi::CUDA_SUCCESS;
}
abi::CUresult check(abi::CUdevice device) {
    return device == 0 ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_DEVICE;
}
abi::CUresult device_get(abi::CUdevice* device, int ordinal) {
    *device = 0;
    return check(ordinal);
}
abi::CUresult device_name(char* name, int size, abi::CUdevice device) {
    if (size <= 0) return abi::CUDA_ERROR_INVALID_VALUE;
    const std::size_t length = std::min<std::size_t>(static_cast<std::size_t>(size) - 1, sizeof kName - 1);
    std::memcpy(name, kName, length);
    name[length] = '\0';
    return check(device);
}
abi::CUresult device_uuid(abi::CUuuid* uuid, abi::CUdevice device) {
    std::memcpy(uuid->bytes, kUuid, sizeof uuid->bytes);
    return check(device);
}
abi::CUresult device_memory(std::size_t* size, abi::CUdevice device) {
    *size = kTotalMemory;
    return check(device);
}
abi::CUresult device_attribute(int* value, abi::CUdevice_attribute attribute, abi::CUdevice device) {
    *value = attribute_value(attribute);
    return check(device);
}

abi::CUcontext as_handle(Context* context) {
    return static_cast<abi::CUcontext>(static_cast<void*>(context));
}
Context* from_handle(abi::CUcontext context) { return static_cast<Context*>(static_cast<void*>(context)); }

abi::CUresult primary_retain(abi::CUcontext* context, abi::CUdevice device) {
    *context = as_handle(&primary());
    return check(device);
}
abi::CUresult primary_release(abi::CUdevice device) { return check(device); }
abi::CUresult primary_set_flags(abi::CUdevice device, unsigned flags) {
    primary().flags = flags;
    return check(device);
}
abi::CUresult context_create(abi::CUcontext* context, unsigned flags, abi::CUdevice device) {
    if (check(device) != abi::CUDA_SUCCESS) return abi::CUDA_ERROR_INVALID_DEVICE;
    current = new Context{flags, {}};
    *context = as_handle(current);
    return abi::CUDA_SUCCESS;
}
abi::CUresult context_destroy(abi::CUcontext context) {
    if (context == nullptr || from_handle(context) == &primary()) return abi::CUDA_ERROR_INVALID_CONTEXT;
    if (current == from_handle(context)) current = nullptr;
    delete from_handle(context);
    return abi::CUDA_SUCCESS;
}
abi::CUresult context_set_current(abi::CUcontext context) {
    current = from_handle(context);
    return abi::CUDA_SUCCESS;
}
abi::CUresult context_pop(abi::CUcontext* context) {
    *context = as_handle(std::exchange(current, nullptr));
    return abi::CUDA_SUCCESS;
}
abi::CUresult context_device(abi::CUdevice* device) {
    *device = 0;
    return current != nullptr ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_CONTEXT;
}
abi::CUresult context_set_limit(abi::CUlimit limit, std::size_t value) {
    if (current == nullptr) return abi::CUDA_ERROR_INVALID_CONTEXT;
    current->limits[limit] = value;
    return abi::CUDA_SUCCESS;
}
abi::CUresult context_get_limit(std::size_t* value, abi::CUlimit limit) {
    if (current == nullptr) return abi::CUDA_ERROR_INVALID_CONTEXT;
    const auto found = current->limits.find(limit);
    *value = found != current->limits.end() ? found->second : 0;
    return abi::CUDA_SUCCESS;
}
abi::CUresult context_priorities(int* least, int* greatest) {
    *least = 0;
    *greatest = -5;
    return abi::CUDA_SUCCESS;
}
abi::CUresult context_synchronize() {
    host_queue().wait(host_queue().queued());
    return current != nullptr ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_INVALID_CONTEXT;
}

Stream* from_handle(abi::CUstream stream) { return static_cast<Stream*>(static_cast<void*>(stream)); }
std::uint64_t last_of(abi::CUstream stream) {
    return stream != nullptr ? from_handle(stream)->last : host_queue().queued();
}

abi::CUresult stream_create(abi::CUstream* stream, unsigned, int) {
    if (current == nullptr) return abi::CUDA_ERROR_INVALID_CONTEXT;
    *stream = static_cast<abi::CUstream>(static_cast<void*>(new Stream));
    return abi::CUDA_SUCCESS;
}
abi::CUresult stream_destroy(abi::CUstream stream) {
    delete from_handle(stream);
    return abi::CUDA_SUCCESS;
}
abi::CUresult stream_query(abi::CUstream stream) {
    return host_queue().done(last_of(stream)) ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_NOT_READY;
}
abi::CUresult stream_synchronize(abi::CUstream stream) {
    host_queue().wait(last_of(stream));
    return abi::CUDA_SUCCESS;
}

Event* from_handle(abi::CUevent event) { return static_cast<Event*>(static_cast<void*>(event)); }

abi::CUresult event_create(abi::CUevent* event, unsigned) {
    if (current == nullptr) return abi::CUDA_ERROR_INVALID_CONTEXT;
    *event = static_cast<abi::CUevent>(static_cast<void*>(new Event));
    return abi::CUDA_SUCCESS;
}
abi::CUresult event_destroy(abi::CUevent event) {
    delete from_handle(event);
    return abi::CUDA_SUCCESS;
}
abi::CUresult event_record(abi::CUevent event, abi::CUstream stream) {
    *from_handle(event) = Event{last_of(stream), std::chrono::steady_clock::now(), true};
    return abi::CUDA_SUCCESS;
}
abi::CUresult event_record_with_flags(abi::CUevent event, abi::CUstream stream, unsigned) {
    return event_record(event, stream);
}
abi::CUresult event_query(abi::CUevent event) {
    return host_queue().done(from_handle(event)->last) ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_NOT_READY;
}
abi::CUresult event_synchronize(abi::CUevent event) {
    host_queue().wait(from_handle(event)->last);
    return abi::CUDA_SUCCESS;
}
abi::CUresult event_elapsed(float* milliseconds, abi::CUevent start, abi::CUevent end) {
    const Event& first = *from_handle(start);
    const Event& second = *from_handle(end);
    if (!first.recorded || !second.recorded) return abi::CUDA_ERROR_INVALID_HANDLE;
    if (!host_queue().done(std::max(first.last, second.last))) return abi::CUDA_ERROR_NOT_READY;
    *milliseconds = std::chrono::duration<float, std::milli>(second.time - first.time).count();
    return abi::CUDA_SUCCESS;
}
abi::CUresult stream_wait_event(abi::CUstream stream, abi::CUevent event, unsigned) {
    if (stream == nullptr) return abi::CUDA_SUCCESS;
    from_handle(stream)->last = std::max(from_handle(stream)->last, from_handle(event)->last);
    return abi::CUDA_SUCCESS;
}

abi::CUresult launch_host_function(abi::CUstream stream, abi::CUhostFn function, void* user) {
    const std::uint64_t number = host_queue().push([function, user] { function(user); });
    if (stream != nullptr) from_handle(stream)->last = number;
    return abi::CUDA_SUCCESS;
}
abi::CUresult add_callback(abi::CUstream stream, abi::CUstreamCallback callback, void* user, unsigned) {
    const std::uint64_t number =
        host_queue().push([stream, callback, user] { callback(stream, abi::CUDA_SUCCESS, user); });
    if (stream != nullptr) from_handle(stream)->last = number;
    return abi::CUDA_SUCCESS;
}

}  // namespace

HostQueue& host_queue() {
    static auto* const kQueue = new HostQueue;
    return *kQueue;
}

std::atomic<std::uint64_t>& load_ms() {
    static std::atomic<std::uint64_t> milliseconds{0};
    return milliseconds;
}

namespace {

std::atomic<void (*)()> during_fill{nullptr};

abi::CUresult fill_slowly(abi::CUdeviceptr, unsigned char, std::size_t, abi::CUstream stream) {
    const std::uint64_t number = host_queue().push(during_fill.load());
    if (stream != nullptr) from_handle(stream)->last = number;
    return abi::CUDA_SUCCESS;
}

}  // namespace

void slow_fills(DriverTable& table, void (*meanwhile)()) {
    during_fill = meanwhile;
    if (meanwhile != nullptr) table.cuMemsetD8Async = fill_slowly;
}

std::uint64_t HostQueue::push(std::function<void()> function) {
    const std::lock_guard lock(mutex_);
    functions_.push_back(std::move(function));
    if (!std::exchange(serving_, true)) std::thread([this] { serve(); }).detach();
    changed_.notify_all();
    return ++queued_;
}
std::uint64_t HostQueue::queued() {
    const std::lock_guard lock(mutex_);
    return queued_;
}
bool HostQueue::done(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    return done_ >= number;
}
void HostQueue::wait(std::uint64_t number) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return done_ >= number; });
}
void HostQueue::limit(std::uint64_t limit) {
    const std::lock_guard lock(mutex_);
    limit_ = limit;
}
void HostQueue::enter() {
    std::unique_lock lock(mutex_);
    const auto has_room = [this] {
        if (entered_behind_ != done_ || done_ == queued_) entered_ = 0;
        entered_behind_ = done_;
        return entered_ < limit_;
    };
    changed_.wait(lock, has_room);
    ++entered_;
}
void HostQueue::serve() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return !functions_.empty(); });
        const auto function = std::move(functions_.front());
        functions_.pop_front();
        lock.unlock();
        function();
        lock.lock();
        ++done_;
        changed_.notify_all();
    }
}

void fill_device(DriverTable& table) {
    table.cuInit = init;
    table.cuDriverGetVersion = driver_version;
    table.cuDeviceGetCount = device_count;
    table.cuDeviceGet = device_get;
    table.cuDeviceGetName = device_name;
    table.cuDeviceGetUuid_v2 = device_uuid;
    table.cuDeviceTotalMem_v2 = device_memory;
    table.cuDeviceGetAttribute = device_attribute;
    table.cuDevicePrimaryCtxRetain = primary_retain;
    table.cuDevicePrimaryCtxRelease_v2 = primary_release;
    table.cuDevicePrimaryCtxReset_v2 = primary_release;
    table.cuDevicePrimaryCtxSetFlags_v2 = primary_set_flags;
    table.cuCtxCreate_v2 = context_create;
    table.cuCtxDestroy_v2 = context_destroy;
    table.cuCtxSetCurrent = context_set_current;
    table.cuCtxPopCurrent_v2 = context_pop;
    table.cuCtxGetDevice = context_device;
    table.cuCtxSetLimit = context_set_limit;
    table.cuCtxGetLimit = context_get_limit;
    table.cuCtxGetStreamPriorityRange = context_priorities;
    table.cuCtxSynchronize = context_synchronize;
    table.cuCtxResetPersistingL2Cache = [] { return abi::CUDA_SUCCESS; };
    table.cuStreamCreateWithPriority = stream_create;
    table.cuStreamDestroy_v2 = stream_destroy;
    table.cuStreamQuery = stream_query;
    table.cuStreamSynchronize = stream_synchronize;
    table.cuStreamWaitEvent = stream_wait_event;
    table.cuEventCreate = event_create;
    table.cuEventDestroy_v2 = event_destroy;
    table.cuEventRecord = event_record;
    table.cuEventRecordWithFlags = event_record_with_flags;
    table.cuEventQuery = event_query;
    table.cuEventSynchronize = event_synchronize;
    table.cuEventElapsedTime = event_elapsed;
    table.cuLaunchHostFunc = launch_host_function;
    table.cuStreamAddCallback = add_callback;
}

}  // namespace device::null

namespace device {

DriverTable null_driver(const NullOptions& options) {
    null::memory().place(options.window_base, options.window_size);
    null::load_ms() = options.load_ms;
    DriverTable table;
    null::fill_device(table);
    null::fill_memory(table);
    null::fill_code(table);
    null::limit_queue(table, options.queue);
    null::slow_fills(table, options.during_fill);
    return table;
}

}  // namespace device
