// See host_memory.h.
#include "host_memory.h"

#include <errno.h>
#include <sys/mman.h>

#include "stub_runtime.h"

namespace guest {
namespace {

// Idle chunks that stay pinned: what a loop allocates and frees does not travel.
constexpr std::uint64_t kIdlePinned = std::uint64_t{128} << 20;
// MADV_POPULATE_WRITE (Linux 5.14) and MADV_COLLAPSE (6.1), which older headers do not have.
constexpr int kPopulateWrite = 23;
constexpr int kCollapse = 25;

// SAFETY: chunks lie in the arena, which stays mapped.
void* memory_of(const Arena::Chunk& chunk) { return reinterpret_cast<void*>(chunk.address); }

// Here first, so that it is this process that pays for its memory and is refused when there is none.
abi::CUresult populate(const Arena::Chunk& chunk) {
    // What the program allocates it may use after a fork, too, and find in a dump.
    madvise(memory_of(chunk), chunk.size, MADV_DOFORK);
    madvise(memory_of(chunk), chunk.size, MADV_DODUMP);
    // Large pages, which no setting gives to shared memory by default: a copy of many megabytes is twice as
    // fast with them. One page has to be there for the kernel to make a large one of it; where it cannot, the
    // memory is as good with small ones.
    for (std::uint64_t at = 0; at < chunk.size; at += Arena::kUnit) {
        char* unit = static_cast<char*>(memory_of(chunk)) + at;
        if (madvise(unit, kPage, kPopulateWrite) == 0) madvise(unit, Arena::kUnit, kCollapse);
    }
    if (madvise(memory_of(chunk), chunk.size, kPopulateWrite) == 0) return abi::CUDA_SUCCESS;
    return errno == EINVAL ? abi::CUDA_ERROR_NOT_SUPPORTED : abi::CUDA_ERROR_OUT_OF_MEMORY;
}

// The host's answer to one of our own records: an error of the program's that is still to be told stays so.
template <class Request>
abi::CUresult ask_alone(Session& session, const Request& request) {
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    Slot* slot = session.replies.take_slot();
    if (slot == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    return detail::exchange_alone(session, *thread_state(), context, request, slot);
}

// Makes an unpinned chunk a place again.
void drop_chunk(Session& session, const Arena::Chunk& chunk) {
    madvise(memory_of(chunk), chunk.size, MADV_REMOVE);  // at both ends
    session.arena.drop(chunk);
}

// A new chunk with room for the block. False: the host or the system refuses.
bool pin_chunk(Session& session, std::size_t size) {
    const Arena::Chunk chunk = session.arena.find_place(size);
    if (chunk.size == 0) return false;
    abi::CUresult result = populate(chunk);
    if (result == abi::CUDA_SUCCESS) {
        result = ask_alone(session, wire::session_pin_Request{.address = chunk.address, .size = chunk.size});
    }
    if (result == abi::CUDA_SUCCESS) {
        session.arena.add(chunk);
        return true;
    }
    drop_chunk(session, chunk);
    if (result == abi::CUDA_ERROR_NOT_SUPPORTED) session.arena.refuse();
    return false;
}

}  // namespace

std::uint64_t take_pinned(Session& session, std::size_t size) {
    if (!session.settings.batching || session.sticky() != abi::CUDA_SUCCESS) return 0;
    std::uint64_t address = session.arena.take(size);
    while (address == 0) {
        if (!pin_chunk(session, size)) return 0;
        address = session.arena.take(size);  // unless another thread was quicker
    }
    return address;
}

bool ask_pinned(Session& session, std::size_t size, AskedMemory& asked) {
    Context* context = nullptr;
    if (!session.settings.batching || session.sticky() != abi::CUDA_SUCCESS) return false;
    if (need_context(context) != abi::CUDA_SUCCESS) return false;
    asked.chunk = session.arena.find_place(size);
    if (asked.chunk.size == 0) return false;
    if (populate(asked.chunk) == abi::CUDA_SUCCESS) asked.slot = session.replies.take_slot();
    if (asked.slot == nullptr) {
        drop_chunk(session, asked.chunk);
        return false;
    }
    wire::RecordHeader header = detail::header_of(*thread_state(), context);
    header.ticket = asked.slot->ticket();
    header.flags = static_cast<std::uint16_t>(wire::RecordFlag::wants_reply);
    const wire::session_pin_Request request{.address = asked.chunk.address, .size = asked.chunk.size};
    const Appended how = session.append(request, header);
    if (how != Appended::no_memory) return session.appended(how) == abi::CUDA_SUCCESS;
    session.replies.free_slot(asked.slot);
    asked.slot = nullptr;
    drop_chunk(session, asked.chunk);
    return false;
}

std::uint64_t take_asked(Session& session, std::size_t size, AskedMemory& asked) {
    const abi::CUresult result = asked.slot->result;
    session.replies.free_slot(asked.slot);
    asked.slot = nullptr;
    if (result == abi::CUDA_SUCCESS) {
        session.arena.add(asked.chunk);
        return session.arena.take(size);
    }
    drop_chunk(session, asked.chunk);
    if (result == abi::CUDA_ERROR_NOT_SUPPORTED) session.arena.refuse();
    return 0;
}

void give_pinned(Session& session, std::uint64_t address, std::size_t size) {
    session.arena.give(address, size);
    for (const Arena::Chunk& chunk : session.arena.take_idle(kIdlePinned)) {
        if (ask_alone(session, wire::session_unpin_Request{.address = chunk.address}) == abi::CUDA_SUCCESS) {
            drop_chunk(session, chunk);
        } else {
            session.arena.add(chunk);  // without a context, for example
        }
    }
}

bool maps_host_memory(const Session& session, const Context& context) {
    const DeviceFacts* device = session.snapshot.device(context.device);
    return device != nullptr && device->attribute(abi::CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY) != 0;
}

bool is_mapped(const Session& session, const Region& region) {
    if (region.kind != RegionKind::pinned || region.context == nullptr) return false;
    return session.arena.is_open() && session.arena.holds(region.start) &&
           maps_host_memory(session, *region.context);
}

abi::CUresult settle_copies(Session& session) {
    if (!session.unsettled.any()) return abi::CUDA_SUCCESS;
    for (const Context* context : session.unsettled.contexts()) {
        if (!context->alive.load(std::memory_order_relaxed)) {
            session.unsettled.context_gone(context);
            continue;
        }
        const abi::CUresult result =
            call_in(session, context, wire::session_settle_Request{.waited = 1});
        if (result != abi::CUDA_SUCCESS) return result;
    }
    return abi::CUDA_SUCCESS;
}

}  // namespace guest
