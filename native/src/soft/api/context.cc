// Context: ownership of streams, events and modules, and its end.
#include "soft/api/context.h"

#include <utility>
#include <vector>

#include "cudart/export_tables.h"
#include "cudart/graphs/capture.h"
#include "soft/api/device.h"

namespace soft::driver {

Context::Context(Device& device, std::uint64_t number_, std::uint64_t handle_, std::uint32_t flags_,
                 bool primary_, int ordinal_)
    : number(number_),
      handle(handle_),
      primary(primary_),
      ordinal(ordinal_),
      flags(flags_),
      group(std::make_shared<StreamGroup>()),
      heap(device.memory, number_),
      images(device.handles, device.memory, number_),
      device_(device) {
    auto legacy = std::make_shared<Stream>();
    legacy->group = group;
    legacy->context = handle;
    legacy->handle = 1;
    legacy->is_legacy = true;
    device_.scheduler.enter_stream(legacy);
}

StreamRef Context::create_stream(std::uint32_t stream_flags, int priority) {
    auto stream = std::make_shared<Stream>();
    stream->group = group;
    stream->context = handle;
    stream->flags = stream_flags;
    stream->priority = priority;
    stream->handle = device_.handles.add(stream.get());
    if (stream->handle == 0) return nullptr;
    {
        const std::lock_guard lock(mutex_);
        stream->id = next_stream_id_++;
        streams_.emplace(stream->handle, stream);
    }
    device_.scheduler.enter_stream(stream);
    return stream;
}

void Context::destroy_stream(Stream& stream) {
    device_.handles.remove(stream.handle);
    device_.scheduler.leave_stream(stream);
    const std::lock_guard lock(mutex_);
    streams_.erase(stream.handle);
}

StreamRef Context::thread_stream(std::uint64_t thread) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = thread_streams_.find(thread); found != thread_streams_.end())
            return found->second;
    }
    // No other thread makes the stream of this one.
    auto stream = std::make_shared<Stream>();
    stream->group = group;
    stream->context = handle;
    stream->handle = 2;
    device_.scheduler.enter_stream(stream);
    const std::lock_guard lock(mutex_);
    stream->id = next_stream_id_++;
    thread_streams_.emplace(thread, stream);
    return stream;
}

void Context::thread_gone(std::uint64_t thread) {
    StreamRef stream;
    {
        const std::lock_guard lock(mutex_);
        const auto found = thread_streams_.find(thread);
        if (found == thread_streams_.end()) return;
        stream = std::move(found->second);
        thread_streams_.erase(found);
    }
    device_.scheduler.leave_stream(*stream);
}

EventRef Context::create_event(std::uint32_t event_flags) {
    auto event = std::make_shared<Event>();
    event->context = this;
    event->flags = event_flags;
    event->handle = device_.handles.add(event.get());
    if (event->handle == 0) return nullptr;
    const std::lock_guard lock(mutex_);
    events_.emplace(event->handle, event);
    return event;
}

void Context::destroy_event(const Event& event) {
    device_.handles.remove(event.handle);
    const std::lock_guard lock(mutex_);
    events_.erase(event.handle);
}

bool Context::name(Module& module) {
    module.handle = device_.handles.add(&module);
    for (ModuleFunction& function : module.functions()) function.handle = device_.handles.add(&function);
    return module.handle != 0;
}

void Context::unname(const std::shared_ptr<Module>& module) {
    device_.handles.remove(module->handle);
    for (const ModuleFunction& function : module->functions()) device_.handles.remove(function.handle);
}

bool Context::add_module(const std::shared_ptr<Module>& module) {
    if (!name(*module)) return false;
    const std::lock_guard lock(mutex_);
    modules_.emplace(module->handle, module);
    return true;
}

std::shared_ptr<Module> Context::remove_module(const Module& module) {
    std::shared_ptr<Module> kept;
    {
        const std::lock_guard lock(mutex_);
        const auto found = modules_.find(module.handle);
        if (found == modules_.end()) return nullptr;
        kept = std::move(found->second);
        modules_.erase(found);
    }
    unname(kept);
    return kept;
}

std::shared_ptr<Module> Context::instance_of(Library& library, abi::CUresult& error, std::string& log) {
    Library::Instance instance = library.in_context(number, *this);
    if (instance.fresh) name(*instance.module);
    error = instance.error;
    log = std::move(instance.log);
    return instance.module;
}

void Context::synchronize() {
    device_.scheduler.wait_group(*group, spins());
    device_.pools.note_wait();
    output.flush();
}

void Context::end() {
    device_.scheduler.end_values(*group);
    synchronize();
    cudart::local_context_gone(as_handle<abi::CUcontext>(handle));
    cudart::graphs::captures().context_gone(handle);
    ended.store(true, std::memory_order_release);
    std::vector<StreamRef> streams{group->legacy};
    std::vector<std::shared_ptr<Module>> modules;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [stream_handle, stream] : streams_) {
            device_.handles.remove(stream_handle);
            streams.push_back(stream);
        }
        for (const auto& [thread, stream] : thread_streams_) streams.push_back(stream);
        for (const auto& [event_handle, event] : events_) device_.handles.remove(event_handle);
        for (const auto& [module_handle, module] : modules_) modules.push_back(module);
        streams_.clear();
        thread_streams_.clear();
        events_.clear();
    }
    for (const std::shared_ptr<Module>& module : modules) remove_module(*module);
    modules.clear();
    for (const std::shared_ptr<Library>& library : device_.libraries()) {
        if (const auto instance = library->leave_context(number)) unname(instance);
    }
    for (const StreamRef& stream : streams) device_.scheduler.leave_stream(*stream);
    images.clear();
    device_.pools.forget_owner(number);
    device_.graph_memory.forget_owner(number);
    device_.memory.release_all_of(number);
    group->legacy.reset();
}

bool Context::find_range(std::uint64_t address, Range& range) const {
    if (!device_.memory.find_range(address, range)) return false;
    return device_.count() == 1 || may_use(address);
}

// With several devices: whether the memory is this context's device's, or one's that it has been let at.
bool Context::may_use(std::uint64_t address) const {
    const auto block = device_.memory.find_block(address);
    if (!block) return false;
    const bool everybodys = block->kind == BlockKind::pinned || block->kind == BlockKind::registered ||
                            block->kind == BlockKind::managed;
    const unsigned owner = device_of(block->owner);
    if (block->kind == BlockKind::mapped) return (block->flags >> ordinal & 1U) != 0;
    if (everybodys || owner == static_cast<unsigned>(ordinal)) return true;
    if (block->kind == BlockKind::pool) return device_.pools.is_open_to(block->address, ordinal);
    return (peers.load(std::memory_order_relaxed) >> owner & 1U) != 0;
}

std::uint64_t Context::kernel_limit_ns() const { return device_.kernel_limit_ns; }

const Texture* Context::find_texture(std::uint64_t handle_value) const {
    const auto* object = device_.handles.at<TextureObject>(handle_value);
    return object == nullptr ? nullptr : &object->texture;
}

const Surface* Context::find_surface(std::uint64_t handle_value) const {
    const auto* object = device_.handles.at<SurfaceObject>(handle_value);
    return object == nullptr ? nullptr : &object->surface;
}

void Context::set_condition(std::uint64_t condition, std::uint32_t value) {
    device_.conditions.set(condition, value);
}

std::uint64_t Context::allocate_image(std::size_t size) {
    const std::uint64_t address = device_.memory.allocate(size, BlockKind::image, 0, number);
    if (address != 0) std::memset(host_view(address), 0, size);
    return address;
}

// No context's: the number 0 is nobody's.
std::uint64_t Context::allocate_managed(std::size_t size) {
    const std::uint64_t nobody = static_cast<std::uint64_t>(ordinal) << kOwnerDeviceBit;
    const std::uint64_t address =
        device_.memory.allocate(size, BlockKind::managed, abi::CU_MEM_ATTACH_GLOBAL, nobody);
    if (address != 0) std::memset(host_view(address), 0, size);
    return address;
}

void Context::free_managed(std::uint64_t address) { device_.memory.release(address, BlockKind::managed); }

void Context::free_image(std::uint64_t address) { device_.memory.release(address, BlockKind::image); }

}  // namespace soft::driver
