// See device_memory.h.
#include "device_memory.h"

#include <utility>
#include <vector>

#include "stub_runtime.h"

namespace guest {
namespace {

// Freed memory that may lie in quarantine before an allocation waits for it, as a free would have.
constexpr std::uint64_t kQuarantineBound = std::uint64_t{256} << 20;
// Idle loans that are kept: what a loop allocates and frees does not travel.
constexpr std::uint64_t kIdleLent = 2 * std::uint64_t{wire::limits::kLendBytes};
// Other processes use the device, too: what it has left is asked for again after this long.
constexpr std::int64_t kFreshNs = 10'000'000;
constexpr std::size_t kPitches = 1024;

abi::CUresult lie(Session& session, const char* what) {
    session.end(abi::CUDA_ERROR_UNKNOWN, what);
    return session.lost();
}

// Enters what has been allocated. A host that gives out addresses twice is lying.
abi::CUresult enter(Session& session, Region region) {
    if (region.start != 0 && session.regions.add(region)) return abi::CUDA_SUCCESS;
    return lie(session, "the host allocated memory that is in use");
}

// Waits until nothing queued so far in the context can touch what has been freed in it.
abi::CUresult settle_now(Session& session, Context& context) {
    DeviceHeap::Batch* batch = context.heap.close_batch();
    const abi::CUresult result = call_in(session, &context, wire::session_settle_Request{.waited = 1});
    if (batch != nullptr) DeviceHeap::settled(batch);
    return result;
}

void note_given_back(Session& session, Context& context) {
    session.note_memory_change();
    Guard guard(context.memory.mutex);
    context.memory.gave_back = true;
}

void give_back(Session& session, Context& context, std::uint64_t kept) {
    for (const DeviceHeap::Loan& loan : context.heap.take_idle(kept)) {
        note_given_back(session, context);
        (void)detail::post(session, *thread_state(), &context,
                           wire::session_return_Request{.address = loan.address, .close = 0});
    }
}

// Sends the ticket whose reply settles the batch; nobody waits for it.
abi::CUresult settle_later(Session& session, Context& context, DeviceHeap::Batch* batch) {
    Slot* slot = session.replies.take_slot();
    if (slot == nullptr) {
        const abi::CUresult result = call_in(session, &context, wire::session_settle_Request{.waited = 1});
        DeviceHeap::settled(batch);
        return result;
    }
    slot->settles = batch;
    wire::RecordHeader header = detail::header_of(*thread_state(), &context);
    header.ticket = slot->ticket();
    header.flags = static_cast<std::uint16_t>(wire::RecordFlag::wants_reply);
    const Appended how = session.append(wire::session_settle_Request{.waited = 0}, header);
    if (how == Appended::no_memory) session.replies.free_slot(slot);  // and the batch stays where it is
    const abi::CUresult result = session.appended(how);
    session.read_arrived();
    give_back(session, context, kIdleLent);
    return result;
}

abi::CUresult borrow(Session& session, Context& context, std::uint64_t size) {
    const std::uint64_t needed = DeviceHeap::granules_for(size);
    wire::session_lend_Reply reply;
    const abi::CUresult result = call(session, wire::session_lend_Request{.size = needed}, reply);
    if (result != abi::CUDA_SUCCESS) return result;
    session.note_memory_change();
    const bool whole = reply.address != 0 && reply.address % DeviceHeap::kGranule == 0 &&
                       reply.size % DeviceHeap::kGranule == 0 && reply.size >= needed &&
                       reply.address + reply.size > reply.address;
    if (whole && context.heap.add_loan({reply.address, reply.size}, reply.carves != 0))
        return abi::CUDA_SUCCESS;
    return lie(session, "the host lent what cannot be lent");
}

std::vector<Context*> live_contexts(Session& session) {
    std::vector<Context*> contexts;
    session.handles.for_each(wire::HandleKind::context, [&](wire::Handle, void* object) {
        auto* context = static_cast<Context*>(object);
        if (context->alive.load(std::memory_order_relaxed)) contexts.push_back(context);
    });
    return contexts;
}

// Gives the host all that the program does not use, so that a refusal of the host's is the truth.
abi::CUresult reclaim(Session& session) {
    for (Context* context : live_contexts(session)) {
        if (!context->heap.lent()) continue;
        abi::CUresult result = settle_now(session, *context);
        if (result != abi::CUDA_SUCCESS) return result;
        give_back(session, *context, 0);
        for (const DeviceHeap::Loan& loan : context->heap.close_loans()) {
            (void)detail::post(session, *thread_state(), context,
                               wire::session_return_Request{.address = loan.address, .close = 1});
        }
        result = settle_now(session, *context);
        if (result != abi::CUDA_SUCCESS) return result;
    }
    session.note_memory_change();
    return abi::CUDA_SUCCESS;
}

std::uint64_t take(Session& session, Context& context, std::uint64_t size, bool& carves) {
    std::uint64_t address = context.heap.take(size, carves);
    if (address != 0 || context.heap.quarantined() == 0) return address;
    session.read_arrived();
    address = context.heap.take(size, carves);
    if (address != 0 || context.heap.quarantined() < kQuarantineBound) return address;
    if (settle_now(session, context) != abi::CUDA_SUCCESS) return 0;
    return context.heap.take(size, carves);
}

// A block of lent memory. NOT_SUPPORTED: the host lends none.
abi::CUresult allocate_block(Session& session, Context& context, std::uint64_t size, std::uint64_t& address) {
    bool carves = false;
    address = take(session, context, size, carves);
    while (address == 0) {
        const abi::CUresult borrowed = borrow(session, context, size);
        if (borrowed != abi::CUDA_SUCCESS) return borrowed;
        address = context.heap.take(size, carves);  // unless another thread was quicker
    }
    const abi::CUresult entered = enter(session, {.start = address,
                                                  .size = size,
                                                  .kind = RegionKind::device,
                                                  .context = &context,
                                                  .lent = true,
                                                  .carves = carves});
    if (entered != abi::CUDA_SUCCESS || !carves) return entered;
    return detail::post(session, *thread_state(), &context,
                        wire::session_carve_Request{.address = address, .size = size});
}

// An allocation of its own, after everything idle has been given back if need be.
template <class Request, class Reply>
abi::CUresult allocate_own(Session& session, const Request& request, Reply& reply) {
    session.note_memory_change();
    const abi::CUresult result = call(session, request, reply);
    if (result != abi::CUDA_ERROR_OUT_OF_MEMORY || !session.settings.batching) return result;
    const abi::CUresult reclaimed = reclaim(session);
    return reclaimed != abi::CUDA_SUCCESS ? reclaimed : call(session, request, reply);
}

bool may_borrow(Session& session, Context& context, std::uint64_t size) {
    const DeviceFacts* device = session.snapshot.device(context.device);
    if (!session.settings.batching || DeviceHeap::granules_for(size) == 0) return false;
    if (device == nullptr || size > device->total_memory) return false;
    Guard guard(context.memory.mutex);
    return context.memory.lends;
}

}  // namespace

bool give_back_idle(Session& session) {
    bool lent = false;
    for (const Context* context : live_contexts(session)) lent = lent || context->heap.lent();
    return lent && session.settings.batching && reclaim(session) == abi::CUDA_SUCCESS;
}

abi::CUresult allocate_device(Session& session, Context& context, std::uint64_t size,
                              std::uint64_t& address) {
    if (session.sticky() != abi::CUDA_SUCCESS) return session.sticky();
    if (may_borrow(session, context, size)) {
        const abi::CUresult result = allocate_block(session, context, size, address);
        if (result == abi::CUDA_ERROR_NOT_SUPPORTED) {
            Guard guard(context.memory.mutex);
            context.memory.lends = false;
        } else if (result != abi::CUDA_ERROR_OUT_OF_MEMORY) {
            return result;
        }
    }
    const DeviceFacts* device = session.snapshot.device(context.device);
    if (device != nullptr && size > device->total_memory) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    wire::cuMemAlloc_v2_Reply reply;
    const abi::CUresult result = allocate_own(session, wire::cuMemAlloc_v2_Request{.size = size}, reply);
    if (result != abi::CUDA_SUCCESS) return result;
    address = reply.address;
    return enter(session,
                 {.start = address, .size = size, .kind = RegionKind::device, .context = &context});
}

abi::CUresult allocate_rows(Session& session, Context& context, std::uint64_t width, std::uint64_t height,
                            unsigned element, std::uint64_t& address, std::uint64_t& pitch) {
    pitch = 0;
    {
        Guard guard(context.memory.mutex);
        const auto known = context.memory.pitches.find({width, element});
        if (known != context.memory.pitches.end()) pitch = known->second;
    }
    std::uint64_t size = 0;
    if (pitch != 0 && !__builtin_mul_overflow(pitch, height, &size)) {
        return allocate_device(session, context, size, address);
    }
    wire::cuMemAllocPitch_v2_Reply reply;
    const abi::CUresult result =
        allocate_own(session,
                     wire::cuMemAllocPitch_v2_Request{
                         .WidthInBytes = width, .Height = height, .ElementSizeBytes = element},
                     reply);
    if (result != abi::CUDA_SUCCESS) return result;
    if (reply.pitch < width || __builtin_mul_overflow(reply.pitch, height, &size)) {
        return lie(session, "the host allocated an impossible pitch");
    }
    address = reply.address;
    pitch = reply.pitch;
    {
        Guard guard(context.memory.mutex);
        if (context.memory.pitches.size() < kPitches) context.memory.pitches[{width, element}] = pitch;
    }
    return enter(session,
                 {.start = address, .size = size, .kind = RegionKind::device, .context = &context});
}

abi::CUresult free_device(Session& session, Context& current, std::uint64_t address) {
    Region region;
    if (!session.regions.remove(address, RegionKind::device, region)) return abi::CUDA_ERROR_INVALID_VALUE;
    if (!session.settings.batching) return call(session, wire::cuMemFree_v2_Request{.address = address});
    if (session.sticky() != abi::CUDA_SUCCESS) return session.sticky();
    Context& owner = *region.context;
    if (&owner != &current) {
        // Work of the current context may use it as well.
        const abi::CUresult quiet = call(session, wire::session_settle_Request{.waited = 1});
        if (quiet != abi::CUDA_SUCCESS) return quiet;
    }
    abi::CUresult result = abi::CUDA_SUCCESS;
    if (!region.lent) note_given_back(session, owner);
    if (!region.lent || region.carves) {
        result = detail::post(session, *thread_state(), &owner,
                              wire::cuMemFree_v2_Request{.address = address});
        if (result != abi::CUDA_SUCCESS) return result;
    }
    // The batch's ticket travels behind the records of all frees in it: they have been sent by now.
    DeviceHeap::Batch* batch = region.lent ? owner.heap.give(address, region.size) : nullptr;
    if (batch != nullptr) result = settle_later(session, owner, batch);
    // A free is a point of synchronisation: bytes that land in pinned memory, and host functions, show.
    const bool shows = session.replies.detached_count() != 0 || session.unsettled.any_landing() ||
                       session.callbacks.outstanding() != 0;
    return result == abi::CUDA_SUCCESS && shows ? settle_now(session, owner) : result;
}

namespace {

// What is free on the device of `context` without the host knowing it.
std::uint64_t credit_beside(Session& session, const Context& context) {
    std::uint64_t bytes = 0;
    session.handles.for_each(wire::HandleKind::context, [&](wire::Handle, void* object) {
        const auto* other = static_cast<const Context*>(object);
        if (other->device == context.device) bytes += other->heap.credit();
    });
    return bytes;
}

// CUDA's free is over when it returns: what has been given back is so at the host, too. Answers whether the
// host's figure will hold from then on.
abi::CUresult settle_given_back(Session& session, const Context& context, bool& holds) {
    holds = true;
    for (Context* other : live_contexts(session)) {
        if (other->device != context.device) continue;
        const bool closed = other->heap.has_closed();
        bool gave_back = closed;
        {
            Guard guard(other->memory.mutex);
            gave_back = std::exchange(other->memory.gave_back, false) || closed;
        }
        holds = holds && !closed;
        if (!gave_back) continue;
        const abi::CUresult settled = settle_now(session, *other);
        if (settled != abi::CUDA_SUCCESS) return settled;
    }
    return abi::CUDA_SUCCESS;
}

}  // namespace

abi::CUresult device_memory_left(Session& session, Context& context, std::uint64_t& free,
                                 std::uint64_t& total) {
    MemoryFacts& facts = context.memory;
    {
        Guard guard(facts.mutex);
        const bool fresh = facts.fresh && facts.round_trips == session.round_trips() &&
                           facts.changes == session.memory_changes() &&
                           now_ns() - facts.asked_ns < kFreshNs;
        if (fresh) {
            free = facts.free + credit_beside(session, context);
            total = facts.total;
            return abi::CUDA_SUCCESS;
        }
    }
    const std::uint64_t changes = session.memory_changes();
    bool holds = false;
    const abi::CUresult settled = settle_given_back(session, context, holds);
    if (settled != abi::CUDA_SUCCESS) return settled;
    wire::cuMemGetInfo_v2_Reply reply;
    const abi::CUresult result = call(session, wire::cuMemGetInfo_v2_Request{}, reply);
    if (result != abi::CUDA_SUCCESS) return result;
    Guard guard(facts.mutex);
    facts.fresh = holds && session.settings.batching;
    facts.free = reply.free;
    facts.total = reply.total;
    facts.asked_ns = now_ns();
    facts.round_trips = session.round_trips();
    facts.changes = changes;
    free = facts.free + credit_beside(session, context);
    total = facts.total;
    return abi::CUDA_SUCCESS;
}

}  // namespace guest
