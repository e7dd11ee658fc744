// The executor: reads records, finds their objects, calls the driver, answers. The only part that calls the
// dispatch table. Owned by the session; every method runs on the engine thread. It blocks on nothing: waits
// become watches, driver calls that take long go aside, to a thread of their own. A record that is malformed
// or lies makes it `violated`: it stops there, and the session ends.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cudart/abi.h"
#include "engine/aside.h"
#include "engine/callbacks.h"
#include "engine/contexts.h"
#include "engine/execution.h"
#include "engine/fences.h"
#include "engine/frees.h"
#include "engine/handles.h"
#include "engine/images.h"
#include "engine/landing.h"
#include "engine/meters.h"
#include "engine/modules.h"
#include "engine/outcome.h"
#include "engine/output.h"
#include "engine/pins.h"
#include "engine/replies.h"
#include "engine/trace.h"
#include "engine/waiters.h"
#include "engine/watches.h"
#include "host/dispatch.h"
#include "host/driver_table.h"
#include "wire/cursor.h"
#include "wire/record.h"

namespace engine {

class Executor final : public Execution, private WatchEvents, private LandingEvents {
public:
    // `ordinals`: the driver's ordinal of each device the guest has been told of.
    Executor(const device::DriverTable& driver, std::vector<int> ordinals, ReplyChannel& channel,
             Meters& meters, Poke& poke, Output& output);

    // --- for the session; see execution.h
    std::size_t run(std::span<const std::byte> records) override;
    std::size_t run_to_reply(std::span<const std::byte> records) override;
    bool settle() override;
    bool has_more() const override { return has_more_; }
    bool advanced() override { return std::exchange(advanced_from_, progress_) != progress_; }
    bool look() override;
    bool hand_over() override;
    bool has_replies() const override { return !replies_.empty(); }
    bool publish_fences() override;
    const std::string& violation() const override { return violation_; }
    bool detached() const override { return detached_; }
    bool idle() override;
    std::size_t callbacks_outstanding() const override { return callbacks_.outstanding(); }
    void callbacks_done(std::uint64_t count) override;
    void change_thread() override { contexts_.forget_current(); }
    void abandon() override { callbacks_.abandon(); }
    void flush() override { replies_.flush(); }
    std::byte* message_memory(std::size_t size) override { return landing_.message_memory(size); }
    void share(std::span<Word> fences, std::uint64_t arena_base, std::uint64_t arena_bytes) override;
    bool keeps_arena() const override { return pins_.any(); }
    Moved moved() const override { return {pins_.bytes_in, pins_.bytes_out}; }

    bool held() const { return held_; }
    bool violated() const { return !violation_.empty(); }
    // A driver call of the lane's is aside: run() does nothing until settle() or look() has seen its end.
    bool is_aside() const { return aside_.busy(); }
    // Where spans go; outlives this.
    void trace_to(Trace* trace) { trace_ = trace; }

    // --- for handlers, generated and by hand
    const device::DriverTable& driver() const { return driver_; }
    // The driver's object behind a handle. Streams 0 and 1 are CUDA's own; 2 is the record's thread's.
    template <class T>
    abi::CUresult resolve(wire::HandleKind kind, wire::Handle handle, const wire::RecordHeader& record,
                          T& out) {
        void* object = nullptr;
        const abi::CUresult result = find_object(kind, handle, record, object);
        out = static_cast<T>(object);
        return result;
    }
    // Gives `object` the name the guest has chosen, under the current context where its kind has one.
    abi::CUresult bind(wire::HandleKind kind, wire::Handle handle, void* object);
    abi::CUresult bind_under(wire::Handle parent, wire::HandleKind kind, wire::Handle handle, void* object);
    // Takes the name away again; `object` is the caller's to destroy.
    abi::CUresult take(wire::HandleKind kind, wire::Handle handle, void** object);
    // The driver's ordinal for one of the guest's; -1, which no driver knows, when there is none.
    int device(std::int32_t ordinal) const;
    // The record does not decode: ends the session.
    void malformed(const wire::RecordHeader& record);
    void violate(std::string message);

    // --- for handlers by hand
    // Ends the record when `awaited` is over and `after` has run. Answers at once when it is over already.
    abi::CUresult wait(Awaited::Kind kind, void* object, const wire::RecordHeader& record,
                       AfterWait after = nullptr, std::uint64_t argument = 0);
    // The same for all work of `context`.
    abi::CUresult wait_for_context(wire::Handle context, const wire::RecordHeader& record, AfterWait after,
                                   std::uint64_t argument);
    // A driver call that may take long: `work` on a thread of its own, in the current context, then `finish`
    // here, which answers the record. Nothing is taken from the lane meanwhile. Answers kPending.
    abi::CUresult aside(std::function<abi::CUresult()> work, std::function<void(abi::CUresult)> finish);
    HandleTable& handles() { return handles_; }
    Contexts& contexts() { return contexts_; }
    Landing& landing() { return landing_; }
    Callbacks& callbacks() { return callbacks_; }
    Modules& modules() { return modules_; }
    Fences& fences() { return fences_; }
    Meters& meters() { return meters_; }
    Pins& pins() { return pins_; }
    Images& images() { return images_; }
    CopyPlace place(abi::CUstream stream) const { return {contexts_.current(), stream, true}; }
    // How far a record that answered kRetry had come.
    std::uint64_t& progress() { return progress_; }
    void note_launch() { may_print_ = true; }
    void note_allocation(std::uint64_t address, std::uint64_t size);
    void note_free(std::uint64_t address);
    void note_loan(std::uint64_t address, std::uint64_t size);
    bool may_allocate() const;
    // Whether it is the start of device memory that the guest has been given whole, or that was lent to it.
    bool is_allocation(std::uint64_t address) const;
    bool is_loan(std::uint64_t address) const;
    // Does it once the work so far in the current context has ended; see frees.h.
    abi::CUresult free_later(const Freed& freed);
    // Frees an allocation or a loan that nothing uses any more.
    void end_allocation(std::uint64_t address);
    // The same for an array, or a mipmapped array, that nothing uses any more.
    void end_array(std::uint64_t object, bool is_mipmap);
    // Sends the record's result, and before it what must be on the wire by then.
    void answer(const wire::RecordHeader& record, abi::CUresult result, std::span<const std::byte> payload);
    void note_detach() { detached_ = true; }
    // `context` is gone, and everything in it.
    void forget_context(wire::Handle context);

private:
    struct Allocation {
        std::uint64_t size;
        wire::Handle context;
        bool lent = false;  // the guest gives out parts of it
    };
    bool goes_too_far(const wire::RecordHeader& record);
    bool step(Handler handler, const wire::RecordHeader& record, std::span<const std::byte> payload);
    abi::CUresult find_object(wire::HandleKind kind, wire::Handle handle, const wire::RecordHeader& record,
                              void*& object);
    abi::CUresult find_stream(wire::Handle handle, const wire::RecordHeader& record, void*& object);
    void before_reply();
    void collect_callbacks();
    void watch_ended(const Watch& watch, abi::CUresult result) override;
    void landed(const wire::RecordHeader& record, const CopyPlace& place, abi::CUresult result) override;
    void bring_out_text(const CopyPlace& place);
    std::size_t run(std::span<const std::byte> records, bool to_reply);

    void note_device_work(const wire::RecordHeader& record, std::int64_t began_ns);
    void note_device_quiet(const wire::RecordHeader& record);

    const device::DriverTable& driver_;
    const std::vector<int> ordinals_;
    Meters& meters_;
    Output& output_;
    Replies replies_;
    HandleTable handles_;
    Contexts contexts_;
    Landing landing_;
    Callbacks callbacks_;
    Modules modules_;
    Pins pins_;
    Images images_;
    Fences fences_;
    Waiters waiters_;
    Watches watches_;
    Frees frees_;
    Aside aside_;  // behind everything its work may touch
    std::unordered_map<std::uint64_t, Allocation> allocations_;
    std::vector<std::byte> scratch_;
    std::uint64_t progress_ = 0;
    abi::CUresult deferred_ = abi::CUDA_SUCCESS;  // first failure of a record nobody waited for
    abi::CUresult sticky_ = abi::CUDA_SUCCESS;
    std::string violation_;
    Trace untraced_;
    Trace* trace_ = &untraced_;
    std::int64_t device_since_ns_ = 0;  // of the trace: the device has had work since, as far as is known
    std::uint64_t device_records_ = 0;
    bool held_ = false;
    bool has_more_ = false;
    std::uint64_t advanced_from_ = 0;
    bool detached_ = false;
    bool may_print_ = false;  // something has run since the last synchronising reply
    bool quiet_ = false;      // this record has found its context without work
};

}  // namespace engine
