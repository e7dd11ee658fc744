// The loop over records, what becomes of their results, and the progress of what is waited for. See
// executor.h.
#include "engine/executor.h"

#include <sched.h>

#include <chrono>
#include <cstring>
#include <utility>

#include "cudart/errors.h"
#include "engine/limits.h"
#include "engine/records.h"
#include "wire/call_id.h"

namespace engine {
namespace {

// Bytes of records, which take about ten microseconds: a fifth of what a guest looks for room.
constexpr std::size_t kMostAtOnce = 32 << 10;
constexpr std::uint16_t kFirstCudaCall = 0x0100;

// Records that give the device nothing to do: frees before them need not be looked at first.
constexpr bool is_allocation_record(std::uint16_t call) {
    return call == static_cast<std::uint16_t>(wire::CallId::cuMemFree_v2) ||
           call == static_cast<std::uint16_t>(wire::CallId::session_carve);
}

// Records that put something into a queue of the driver's.
constexpr bool is_device_work(std::uint16_t call) {
    switch (static_cast<wire::CallId>(call)) {
        case wire::CallId::cuLaunchKernel:
        case wire::CallId::cuLaunchHostFunc:
        case wire::CallId::cuEventRecordWithFlags:
        case wire::CallId::cuStreamWaitEvent:
            return true;
        default:
            return call >= static_cast<std::uint16_t>(wire::CallId::cuMemcpy) &&
                   call <= static_cast<std::uint16_t>(wire::CallId::cuMemsetD2D32Async);
    }
}

}  // namespace

Executor::Executor(const device::DriverTable& driver, std::vector<int> ordinals, ReplyChannel& channel,
                   Meters& meters, Poke& poke, Output& output)
    : driver_(driver),
      ordinals_(std::move(ordinals)),
      meters_(meters),
      output_(output),
      replies_(channel, meters),
      contexts_(driver, handles_),
      landing_(driver, contexts_, replies_, *this),
      callbacks_(driver, poke),
      modules_(driver),
      pins_(driver),
      images_(meters),
      fences_(driver, contexts_, handles_),
      waiters_(driver, poke),
      watches_(driver, contexts_, waiters_, *this),
      frees_(contexts_, watches_),
      aside_(poke) {}

std::size_t Executor::run(std::span<const std::byte> records) { return run(records, false); }
std::size_t Executor::run_to_reply(std::span<const std::byte> records) { return run(records, true); }

std::size_t Executor::run(std::span<const std::byte> records, bool to_reply) {
    std::size_t done = 0;
    std::uint64_t count = 0;
    const std::int64_t began_ns = trace_->now();
    held_ = false;
    while (done < records.size()) {
        wire::RecordHeader record{};
        if (!read_header(records.subspan(done), record)) {
            violate("a batch does not consist of whole records");
            break;
        }
        const Handler handler = find_handler(record.call);
        if (handler == nullptr) {
            violate("unknown " + describe(record));
            break;
        }
        if (aside_.busy() || (callbacks_.outstanding() != 0 && goes_too_far(record))) [[unlikely]] {
            held_ = true;
            break;
        }
        if (frees_.due() && !is_allocation_record(record.call)) frees_.look(*this);
        if (!step(handler, record, records.subspan(done + sizeof record, record.size - sizeof record))) {
            held_ = true;
            break;
        }
        done += record.size;
        ++count;
        ++meters_[Meter::records];
        if (violated() || (to_reply && (!replies_.empty() || done >= kMostAtOnce))) break;
    }
    if (count != 0) trace_->add(began_ns, wire::TraceKind::run, 0, 0, count);
    return done;
}

// A queue of the driver's that is full makes its caller wait. While a host function stands in it, it becomes
// free only by what the guest tells this thread, so this thread must not be that caller.
bool Executor::goes_too_far(const wire::RecordHeader& record) {
    if (!is_device_work(record.call)) return false;
    if (callbacks_.work_behind() >= kWorkBehindCallback) return true;
    callbacks_.note_work();
    return false;
}

void Executor::callbacks_done(std::uint64_t count) {
    if (!callbacks_.done(count)) {
        violate("the guest has run " + std::to_string(count) +
                " host functions, which are more than it was asked to, or fewer than before");
    }
}

// False: the record has to be run again.
bool Executor::step(Handler handler, const wire::RecordHeader& record, std::span<const std::byte> payload) {
    ReplySink sink(scratch_);
    wire::Cursor cursor(payload);
    const bool is_cuda = record.call >= kFirstCudaCall;
    quiet_ = false;
    // A record that goes on may have been answered: its handler knows.
    abi::CUresult result = is_cuda && progress_ == 0 ? sticky_ : abi::CUDA_SUCCESS;
    if (is_cuda && result == abi::CUDA_SUCCESS) result = contexts_.use(record.context);
    const std::int64_t began_ns = trace_->now();
    if (result == abi::CUDA_SUCCESS) result = handler(*this, record, cursor, sink);
    trace_->add(began_ns, wire::TraceKind::record, record.call, record.thread);
    if (result == kRetry) return false;
    if (began_ns != 0) [[unlikely]]
        note_device_work(record, began_ns);
    progress_ = 0;
    if (result != kPending && !violated()) answer(record, result, sink.payload());
    return true;
}

// For the trace only: launches, fills and copies are work for the device, and nobody is told when it begins.
void Executor::note_device_work(const wire::RecordHeader& record, std::int64_t began_ns) {
    const bool is_work = record.call >= static_cast<std::uint16_t>(wire::CallId::cuMemcpy) &&
                         record.call <= static_cast<std::uint16_t>(wire::CallId::cuMemsetD2D32Async);
    const bool is_launch = record.call == static_cast<std::uint16_t>(wire::CallId::cuLaunchKernel);
    if (!is_work && !is_launch) return;
    if (device_since_ns_ == 0) device_since_ns_ = began_ns;
    ++device_records_;
}

// For the trace only: the answer to a wait, or to a copy that was waited for, says that the device has done
// what stood before it (or the stream's share of it).
void Executor::note_device_quiet(const wire::RecordHeader& record) {
    const auto call = static_cast<wire::CallId>(record.call);
    const bool waited = call == wire::CallId::cuCtxSynchronize || call == wire::CallId::cuStreamSynchronize ||
                        call == wire::CallId::cuMemcpyDtoHAsync_v2 || call == wire::CallId::session_detach;
    if (!waited) return;
    trace_->add(device_since_ns_, wire::TraceKind::device, 0, 0, device_records_);
    device_since_ns_ = 0;
    device_records_ = 0;
}

void Executor::answer(const wire::RecordHeader& record, abi::CUresult result,
                      std::span<const std::byte> payload) {
    if (abi::is_sticky(result)) sticky_ = result;
    if (!wants_reply(record)) {
        if (deferred_ == abi::CUDA_SUCCESS) deferred_ = result;
        return;
    }
    // A call that fails may have had something to say: the driver explains on stderr why it refuses an image.
    if (result != abi::CUDA_SUCCESS && result != abi::CUDA_ERROR_NOT_READY) note_launch();
    before_reply();
    if (device_since_ns_ != 0) [[unlikely]]
        note_device_quiet(record);
    const bool fine = result == abi::CUDA_SUCCESS || result == abi::CUDA_ERROR_NOT_READY;
    if (fine && record.call >= kFirstCudaCall && deferred_ != abi::CUDA_SUCCESS) {
        result = std::exchange(deferred_, abi::CUDA_SUCCESS);
    }
    replies_.result(record, result, payload);
}

// What must be on the wire before anything that can report completion: outputs of copies, and device printf.
void Executor::before_reply() {
    landing_.collect();
    if (frees_.any()) frees_.look(*this);
    if (may_print_) output_.drain(replies_);
    if (std::exchange(quiet_, false)) may_print_ = false;  // all there was to print has been printed
}

void Executor::landed(const wire::RecordHeader& record, const CopyPlace& place, abi::CUresult result) {
    if (abi::is_sticky(result)) sticky_ = result;
    if (may_print_ && result != abi::CUDA_ERROR_CONTEXT_IS_DESTROYED) bring_out_text(place);
    answer(record, result, {});
}

// A copy that a program waits for is a synchronisation point at which device printf appears. Ours are
// asynchronous, so the stream is synchronised as well where that returns at once.
void Executor::bring_out_text(const CopyPlace& place) {
    if (!place.stream_exists || place.context != contexts_.current()) return;
    if (driver_.cuStreamQuery(place.stream) == abi::CUDA_ERROR_NOT_READY) return;
    (void)driver_.cuStreamSynchronize(place.stream);
}

void Executor::watch_ended(const Watch& watch, abi::CUresult result) {
    const bool of_frees = watch.record.call == 0;
    if (result == abi::CUDA_SUCCESS && (watch.after != nullptr || of_frees)) {
        // What follows may synchronise in the driver. Behind a host function queued meanwhile it would wait
        // for the guest's answer, which only this thread can pass on: then the wait begins again.
        const bool calls_back = callbacks_.outstanding() != 0;
        if (calls_back && watches_.query(watch) == abi::CUDA_ERROR_NOT_READY) return watches_.add(watch);
    }
    if (of_frees) return frees_.ended(*this, watch, result);
    if (result == abi::CUDA_SUCCESS && watch.after != nullptr) {
        result = contexts_.use(watch.record.context);
        if (result == abi::CUDA_SUCCESS) result = watch.after(*this, watch);
        if (result == kPending) return;
    }
    // A wait that took its time may have let other threads' launches in: what they print is still to come.
    answer(watch.record, result, {});
}

abi::CUresult Executor::wait(Awaited::Kind kind, void* object, const wire::RecordHeader& record,
                             AfterWait after, std::uint64_t argument) {
    const Watch watch{
        {kind, object, contexts_.current()}, contexts_.current_handle(), record, after, argument};
    const abi::CUresult result = watches_.query(watch);
    if (result == abi::CUDA_ERROR_NOT_READY) {
        watches_.add(watch);
        return kPending;
    }
    quiet_ = result == abi::CUDA_SUCCESS && kind == Awaited::Kind::context && after == nullptr;
    if (result != abi::CUDA_SUCCESS || after == nullptr) return result;
    const abi::CUresult current = contexts_.use(record.context);
    return current == abi::CUDA_SUCCESS ? after(*this, watch) : current;
}

abi::CUresult Executor::aside(std::function<abi::CUresult()> work,
                              std::function<void(abi::CUresult)> finish) {
    auto in_context = [this, context = contexts_.current(), work = std::move(work)] {
        const abi::CUresult current = driver_.cuCtxSetCurrent(context);
        return current == abi::CUDA_SUCCESS ? work() : current;
    };
    aside_.begin({std::move(in_context), std::move(finish)});
    return kPending;
}

abi::CUresult Executor::wait_for_context(wire::Handle context, const wire::RecordHeader& record,
                                         AfterWait after, std::uint64_t argument) {
    const abi::CUresult result = contexts_.use(context);
    if (result != abi::CUDA_SUCCESS) return result;
    return wait(Awaited::Kind::context, nullptr, record, after, argument);
}

void Executor::collect_callbacks() {
    callbacks_.collect([this](const Replies::Callback& callback) {
        before_reply();  // a callback reports completion of what stood before it
        replies_.callback(callback);
    });
}

bool Executor::look() {
    if (aside_.busy()) aside_.collect();
    if (!watches_.any() && !landing_.pending() && callbacks_.outstanding() == 0) return false;
    collect_callbacks();
    if (frees_.any()) frees_.look(*this);
    watches_.poll();
    landing_.collect();
    return watches_.any_polled() || landing_.pending();
}

bool Executor::hand_over() {
    const bool watched = watches_.hand_over();
    return landing_.watch_heads([this](const Awaited& awaited) {
        return waiters_.start(watches_.next_job(), awaited, true);
    }) && watched;
}

bool Executor::settle() {
    const std::uint64_t said = replies_.count();
    bool unfinished = look();
    if (unfinished && replies_.count() == said) {
        const auto deadline = std::chrono::steady_clock::now() + kSpin;
        while (unfinished && replies_.count() == said && std::chrono::steady_clock::now() < deadline) {
            ::sched_yield();
            unfinished = look();
        }
    }
    replies_.flush();
    has_more_ = unfinished && replies_.count() != said;
    const bool fences_asked = publish_fences();
    return (unfinished && !has_more_ && !hand_over()) || fences_asked;
}

// A fence reports completion as a reply does, so the same things go out before it.
bool Executor::publish_fences() {
    return fences_.look([this] {
        before_reply();
        replies_.flush();
        return replies_.delivered();
    });
}

void Executor::share(std::span<Word> fences, std::uint64_t arena_base, std::uint64_t arena_bytes) {
    fences_.open(fences);
    pins_.open(arena_base, arena_bytes);
}

bool Executor::idle() {
    if (watches_.any() || landing_.pending() || callbacks_.outstanding() != 0) return false;
    if (sticky_ != abi::CUDA_SUCCESS) return true;
    for (std::uint32_t index = 1; index <= kMaxContexts; ++index) {
        const wire::Handle context = handles_.at(wire::HandleKind::context, index);
        if (context.value == 0) continue;
        const Watch watch{{}, context, {}, nullptr, 0};
        if (watches_.query(watch) == abi::CUDA_ERROR_NOT_READY) return false;
    }
    return true;
}

int Executor::device(std::int32_t ordinal) const {
    const auto index = static_cast<std::size_t>(ordinal);
    return ordinal >= 0 && index < ordinals_.size() ? ordinals_[index] : -1;
}

void Executor::violate(std::string message) {
    if (violation_.empty()) violation_ = std::move(message);
}

void Executor::malformed(const wire::RecordHeader& record) { violate("malformed " + describe(record)); }

}  // namespace engine
