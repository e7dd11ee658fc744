// A context: what one CUcontext owns, and what the engine asks of the device on its behalf.
// Made and ended by Device; used by every entry that needs a current context.
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>

#include "cudart/abi.h"
#include "soft/api/image_store.h"
#include "soft/api/output.h"
#include "soft/device_services.h"
#include "soft/graph_services.h"
#include "soft/memory/malloc_heap.h"
#include "soft/module/code.h"
#include "soft/stream/command.h"

namespace soft::driver {

class Context;
class Device;

// A CUevent.
struct Event {
    Context* context = nullptr;
    std::uint32_t flags = 0;
    std::uint64_t handle = 0;
    std::mutex mutex;
    std::shared_ptr<EventPoint> point;  // the last recording; null before the first
};
using EventRef = std::shared_ptr<Event>;

// One life of a context: a primary context that is reset and used again gets a new one behind the same
// handle.
class Context final : public DeviceServices, public GraphServices {
  public:
    Context(Device& device, std::uint64_t number, std::uint64_t handle, std::uint32_t flags, bool primary,
            int ordinal);

    const std::uint64_t number;  // unique for ever in this process
    const std::uint64_t handle;
    const bool primary;
    const int ordinal;  // of its device
    std::atomic<std::uint32_t> flags;
    std::atomic<bool> ended{false};
    // Devices whose memory kernels of this context may use, a bit for each ordinal.
    std::atomic<std::uint32_t> peers{0};
    const std::shared_ptr<StreamGroup> group;
    MallocHeap heap;
    ImageStore images;
    Output output;

    abi::CUresult error() const {
        return static_cast<abi::CUresult>(group->error.load(std::memory_order_relaxed));
    }
    // Whether a thread that waits may spin first (the program did not ask for blocking waits).
    bool spins() const {
        return (flags.load(std::memory_order_relaxed) & abi::CU_CTX_SCHED_BLOCKING_SYNC) == 0;
    }

    // Null when handles have run out.
    StreamRef create_stream(std::uint32_t stream_flags, int priority);
    void destroy_stream(Stream& stream);
    // The calling thread's own default stream, made at the first use.
    StreamRef thread_stream(std::uint64_t thread);
    void thread_gone(std::uint64_t thread);

    EventRef create_event(std::uint32_t event_flags);
    void destroy_event(const Event& event);

    // Gives `module` and its functions handles and keeps it until remove_module or the end.
    bool add_module(const std::shared_ptr<Module>& module);
    std::shared_ptr<Module> remove_module(const Module& module);
    // The module of `library` here, loaded and named when this is its first use; null with `error` and `log`
    // set.
    std::shared_ptr<Module> instance_of(Library& library, abi::CUresult& error, std::string& log);
    // Takes back the handles of a module and of its functions.
    void unname(const std::shared_ptr<Module>& module);

    // Waits for all work, then prints what it has printed.
    void synchronize();
    // Frees everything. The caller has seen to it that nobody uses the context.
    void end();

    std::atomic<std::uint64_t> stack_size{1024};
    std::atomic<std::uint64_t> print_size{std::uint64_t{1} << 20};
    std::atomic<std::uint64_t> sync_depth{2};
    std::atomic<std::uint64_t> pending_launches{2048};
    std::atomic<std::uint64_t> l2_granularity{64};
    std::atomic<std::uint64_t> l2_persisting{0};
    std::atomic<int> cache_config{0};

    // DeviceServices, called by the engine.
    bool find_range(std::uint64_t address, Range& range) const override;
    std::uint64_t allocate_image(std::size_t size) override;
    void free_image(std::uint64_t address) override;
    std::uint64_t allocate_managed(std::size_t size) override;
    void free_managed(std::uint64_t address) override;
    const Texture* find_texture(std::uint64_t handle) const override;
    const Surface* find_surface(std::uint64_t handle) const override;
    std::uint64_t kernel_limit_ns() const override;
    std::uint64_t device_malloc(std::uint64_t size) override { return heap.allocate(size); }
    void device_free(std::uint64_t address) override { heap.release(address); }
    void print(std::string_view text) override { output.print(text); }
    void print_error(std::string_view text) override { output.print_error(text); }

    // GraphServices.
    void set_condition(std::uint64_t handle, std::uint32_t value) override;

  private:
    bool name(Module& module);
    bool may_use(std::uint64_t address) const;

    Device& device_;
    std::mutex mutex_;
    std::map<std::uint64_t, StreamRef> streams_;         // by handle
    std::map<std::uint64_t, StreamRef> thread_streams_;  // by thread number
    std::map<std::uint64_t, EventRef> events_;
    std::map<std::uint64_t, std::shared_ptr<Module>> modules_;
    std::uint64_t next_stream_id_ = 1;
};

}  // namespace soft::driver
