// See copy.h.
#include "copy.h"

#include <string.h>

#include <algorithm>

#include "reference.h"

namespace guest {
namespace {

// Bytes of the arena that a copy which waits takes along rather than wait for the device to take them.
constexpr std::size_t kTaken = 32 << 10;

// Bytes that travel in their record: below this a slice costs more than it saves.
constexpr std::size_t kInline = 16 << 10;

// Whether nothing queued before can still write to pinned memory: its bytes may be taken at the call.
bool is_quiet(const Session& session) {
    return !session.unsettled.any_landing() && session.callbacks.outstanding() == 0;
}

bool in_window(const Session& session, std::uint64_t address) {
    return session.snapshot.window_size != 0 &&
           address - session.snapshot.window_base < session.snapshot.window_size;
}

// Whether all of the memory is pinned or registered, so that bytes may land in it while the program goes on.
bool is_pinned(Session& session, const void* memory, std::size_t size) {
    Region region;
    const std::uint64_t address = address_of(memory);
    return session.regions.find(address, region) && region.is_host() && size <= region.size &&
           address - region.start <= region.size - size;
}

// The record of a landing whose ticket nobody waits for. CUDA_ERROR_OUT_OF_MEMORY when tickets are out.
abi::CUresult land_later(Session& session, Slot* slot, const wire::cuMemcpyDtoHAsync_v2_Request& request) {
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    wire::RecordHeader header = detail::header_of(*thread_state(), context);
    header.ticket = slot->ticket();
    header.flags = static_cast<std::uint16_t>(wire::RecordFlag::wants_reply);
    slot->stream = request.stream;
    session.replies.detach(slot);
    const Appended how = session.append(request, header);
    if (how == Appended::no_memory) session.replies.reattach(slot);
    session.nudge_pump();
    return session.appended(how);
}

}  // namespace

abi::CUresult check_device_range(Session& session, std::uint64_t address, std::uint64_t size) {
    if (address == 0 || address + size < address) return abi::CUDA_ERROR_INVALID_VALUE;
    Region region;
    if (!session.regions.find(address, region)) {
        return in_window(session, address) ? abi::CUDA_ERROR_INVALID_VALUE : abi::CUDA_SUCCESS;
    }
    if (size > region.size || address - region.start > region.size - size)
        return abi::CUDA_ERROR_INVALID_VALUE;
    return abi::CUDA_SUCCESS;
}

bool is_device_address(Session& session, std::uint64_t address) {
    Region region;
    if (session.regions.find(address, region)) return region.is_device();
    return in_window(session, address);
}

abi::CUresult settle_landings(Session& session, const void* memory, std::size_t size) {
    wire::Handle stream;
    while (session.replies.landing_pending(memory, size, stream)) {
        const abi::CUresult result = call(session, wire::cuStreamSynchronize_Request{.hStream = stream});
        if (result != abi::CUDA_SUCCESS) return result;
    }
    return abi::CUDA_SUCCESS;
}

abi::CUresult settle_source(Session& session, const void* memory, std::size_t size, wire::Handle stream) {
    if (session.callbacks.outstanding() != 0 && is_pinned(session, memory, size)) {
        const abi::CUresult result = call(session, wire::cuStreamSynchronize_Request{.hStream = stream});
        if (result != abi::CUDA_SUCCESS) return result;
    }
    return settle_landings(session, memory, size);
}

abi::CUresult find_in_arena(Session& session, const void* memory, std::size_t size, bool& found) {
    found = session.arena.holds(address_of(memory));
    if (!found || is_pinned(session, memory, size)) return abi::CUDA_SUCCESS;
    return abi::CUDA_ERROR_INVALID_VALUE;
}

abi::CUresult copy_to_device(Session& session, std::uint64_t target, const void* source, std::size_t size,
                             wire::Handle stream, Form form) {
    if (size == 0) return abi::CUDA_SUCCESS;
    if (source == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const abi::CUresult good = check_device_range(session, target, size);
    if (good != abi::CUDA_SUCCESS) return good;
    bool in_arena = false;
    const abi::CUresult whole = find_in_arena(session, source, size, in_arena);
    if (whole != abi::CUDA_SUCCESS) return whole;
    const bool takes = form == Form::takes || (form == Form::waits && size <= kTaken && is_quiet(session));
    if (in_arena && !takes) {
        const wire::cuMemcpyHtoDAsync_v2_Request request{
            .dst = target, .from = address_of(source), .size = size, .stream = stream, .data = {}};
        return send_reference(session, request, false, form);
    }
    const abi::CUresult settled = settle_source(session, source, size, stream);
    if (settled != abi::CUDA_SUCCESS) return settled;
    std::span<const std::byte> rest(static_cast<const std::byte*>(source), size);
    if (size > kInline && session.arena.is_open()) {
        session.staging.prepare(session, size);
        std::size_t staged = 0;
        const abi::CUresult result = stage_to_device(session, target, rest, stream, staged);
        if (result != abi::CUDA_SUCCESS) return result;
        target += staged;
        rest = rest.subspan(staged);
    }
    const bool is_bulk = session.carries_bulk(rest.size());
    abi::CUresult result = abi::CUDA_SUCCESS;
    while (!rest.empty() && result == abi::CUDA_SUCCESS) {
        const auto slice = rest.first(std::min<std::size_t>(rest.size(), wire::limits::kCopySliceBytes));
        const wire::cuMemcpyHtoDAsync_v2_Request request{
            .dst = target, .from = 0, .size = 0, .stream = stream, .data = slice};
        result = is_bulk ? send_bulk(session, request, slice) : send(session, request);
        target += slice.size();
        rest = rest.subspan(slice.size());
    }
    if (is_bulk) session.own_bulk();
    return result;
}

abi::CUresult copy_to_host(Session& session, void* target, std::uint64_t source, std::size_t size,
                           wire::Handle stream, Form form) {
    if (size == 0) return abi::CUDA_SUCCESS;
    if (target == nullptr) return abi::CUDA_ERROR_INVALID_VALUE;
    const abi::CUresult good = check_device_range(session, source, size);
    if (good != abi::CUDA_SUCCESS) return good;
    bool in_arena = false;
    const abi::CUresult whole = find_in_arena(session, target, size, in_arena);
    if (whole != abi::CUDA_SUCCESS) return whole;
    wire::cuMemcpyDtoHAsync_v2_Request request{.src = source, .size = size, .stream = stream, .to = 0};
    if (in_arena) {
        request.to = address_of(target);
        return send_reference(session, request, true, form);
    }
    const bool lands_later =
        session.settings.batching &&
        (form == Form::lands || (form == Form::may_return && is_pinned(session, target, size)));
    std::span<std::byte> rest(static_cast<std::byte*>(target), size);
    if (!lands_later && session.arena.is_open() && (size > kInline || session.staging.is_open())) {
        session.staging.prepare(session, size);
        std::size_t staged = 0;
        const abi::CUresult result = stage_to_host(session, rest, source, stream, staged);
        rest = rest.subspan(staged);
        if (result != abi::CUDA_SUCCESS || rest.empty()) return result;
        request.src += staged;
        request.size = rest.size();
    }
    Context* context = nullptr;
    const abi::CUresult usable = need_context(context);
    if (usable != abi::CUDA_SUCCESS) return usable;
    Slot* slot = session.replies.take_slot();
    if (slot == nullptr) return abi::CUDA_ERROR_OUT_OF_MEMORY;
    slot->landing = rest.data();
    slot->landing_size = rest.size();
    if (lands_later) return land_later(session, slot, request);
    return detail::exchange_with(session, *thread_state(), context, request, slot);
}

abi::CUresult copy_on_device(Session& session, std::uint64_t target, std::uint64_t source, std::size_t size,
                             wire::Handle stream) {
    if (size == 0) return abi::CUDA_SUCCESS;
    return send(session, wire::cuMemcpyDtoDAsync_v2_Request{
                             .dst = target, .src = source, .size = size, .stream = stream});
}

}  // namespace guest
