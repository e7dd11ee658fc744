// Copies in flight. See landing.h.
#include "engine/landing.h"

#include <algorithm>
#include <cstring>

#include "engine/limits.h"
#include "engine/outcome.h"

namespace engine {
namespace {

constexpr unsigned kEventFlags = abi::CU_EVENT_BLOCKING_SYNC | abi::CU_EVENT_DISABLE_TIMING;

}  // namespace

abi::CUresult Landing::take_event(abi::CUcontext context, abi::CUevent& event) {
    auto& spare = spare_events_[context];
    if (spare.empty()) return driver_.cuEventCreate(&event, kEventFlags);
    event = spare.back();
    spare.pop_back();
    return abi::CUDA_SUCCESS;
}

// The device work of `copy` has just been queued: an event behind it says when its slot is ready.
abi::CUresult Landing::follow(Copy copy) {
    abi::CUresult result = take_event(copy.place.context, copy.event);
    if (result == abi::CUDA_SUCCESS) result = driver_.cuEventRecord(copy.event, copy.place.stream);
    if (result != abi::CUDA_SUCCESS) {
        // The device may still be using the slot: it is lost rather than lent again.
        return result;
    }
    in_flight_.push_back(copy);
    return result;
}

// One slot's worth, from packed offset `progress` on: whole rows where a row fits a slot, else a part of one
// row.
abi::CUresult Landing::land_piece(const DeviceRows& rows, const CopyPlace& place, std::uint64_t progress,
                                  Copy& copy) {
    const std::uint64_t row = progress / rows.width;
    const std::uint64_t column = progress % rows.width;
    std::byte* slot = slots_.memory(copy.slot).data();
    const std::uint64_t fitting = column == 0 ? std::min(kSlotSize / rows.width, rows.height - row) : 0;
    const std::uint64_t address = rows.address + row * rows.pitch + column;
    if (fitting <= 1 || rows.pitch == rows.width) {
        const std::uint64_t contiguous =
            rows.pitch == rows.width ? rows.width * rows.height - progress : rows.width - column;
        copy.size = static_cast<std::uint32_t>(std::min<std::uint64_t>(contiguous, kSlotSize));
        return driver_.cuMemcpyDtoHAsync_v2(slot, address, copy.size, place.stream);
    }
    abi::CUDA_MEMCPY2D shape{};
    shape.srcMemoryType = abi::CU_MEMORYTYPE_DEVICE;
    shape.srcDevice = address;
    shape.srcPitch = rows.pitch;
    shape.dstMemoryType = abi::CU_MEMORYTYPE_HOST;
    shape.dstHost = slot;
    shape.dstPitch = rows.width;
    shape.WidthInBytes = rows.width;
    shape.Height = fitting;
    copy.size = static_cast<std::uint32_t>(rows.width * fitting);
    return driver_.cuMemcpy2DAsync_v2(&shape, place.stream);
}

abi::CUresult Landing::land(const wire::RecordHeader& record, const DeviceRows& rows, const CopyPlace& place,
                            std::uint64_t& progress) {
    std::uint64_t total = 0;
    const bool wraps = __builtin_mul_overflow(rows.width, rows.height, &total);
    if (wraps || (rows.height > 1 && rows.pitch < rows.width)) return abi::CUDA_ERROR_INVALID_VALUE;
    if (total == 0) return abi::CUDA_SUCCESS;
    if (progress == 0) failed_ = 0;
    while (progress < total) {
        // What waits for the device may wait for a word of the guest's behind this record; what waits for the
        // socket does not.
        if (in_flight_.size() >= kLandingsAhead) collect();
        if (failed_ == record.ticket) return kPending;  // and has been answered
        if (replies_.unwritten() / kSlotSize >= kLandingsAhead) return kRetry;
        Copy copy{record, place, nullptr, 0, 0, progress, true, false, false};
        if (!slots_.take(copy.slot)) return kRetry;
        abi::CUresult result = contexts_.use(place.context);  // collect() may have left another one
        if (result == abi::CUDA_SUCCESS) result = land_piece(rows, place, progress, copy);
        if (result != abi::CUDA_SUCCESS) slots_.give(copy.slot);
        copy.last = progress + copy.size == total;
        if (result == abi::CUDA_SUCCESS) result = follow(copy);
        if (result != abi::CUDA_SUCCESS) {
            cancel(record);
            return result;
        }
        progress += copy.size;
    }
    return kPending;
}

std::byte* Landing::message_memory(std::size_t size) {
    if (size > kSlotSize + kSlotHead) return nullptr;
    if (inbox_state_ == Inbox::used) inbox_state_ = Inbox::none;  // the device will give it back
    if (inbox_state_ == Inbox::none && !slots_.take_made(inbox_)) return nullptr;
    inbox_state_ = Inbox::free;
    return slots_.whole_memory(inbox_).data();
}

bool Landing::in_message(std::span<const std::byte> data) const {
    if (inbox_state_ != Inbox::free) return false;
    const auto memory = slots_.whole_memory(inbox_);
    return data.data() >= memory.data() && data.data() + data.size() <= memory.data() + memory.size();
}

void Landing::give_slot(std::uint32_t slot) {
    if (slot == kNoSlot) return;
    if (inbox_state_ == Inbox::used && slot == inbox_) {
        inbox_state_ = Inbox::done;
    } else {
        slots_.give(slot);
    }
}

// From where the message lies, which is a slot.
abi::CUresult Landing::stage_in_place(std::uint64_t address, std::span<const std::byte> data,
                                      const CopyPlace& place) {
    const abi::CUresult result =
        driver_.cuMemcpyHtoDAsync_v2(address, data.data(), data.size(), place.stream);
    if (result != abi::CUDA_SUCCESS) return result;
    inbox_state_ = Inbox::used;
    const auto size = static_cast<std::uint32_t>(data.size());
    return follow({{}, place, nullptr, inbox_, size, 0, false, false, false});
}

abi::CUresult Landing::stage(std::uint64_t address, std::span<const std::byte> data, const CopyPlace& place,
                             std::uint64_t& progress) {
    if (progress == 0 && in_message(data)) return stage_in_place(address, data, place);
    while (progress < data.size()) {
        Copy copy{{}, place, nullptr, 0, 0, 0, false, false, false};
        if (!slots_.take(copy.slot)) return kRetry;
        copy.size = static_cast<std::uint32_t>(std::min<std::uint64_t>(data.size() - progress, kSlotSize));
        std::byte* slot = slots_.memory(copy.slot).data();
        std::memcpy(slot, data.data() + progress, copy.size);
        abi::CUresult result =
            driver_.cuMemcpyHtoDAsync_v2(address + progress, slot, copy.size, place.stream);
        if (result != abi::CUDA_SUCCESS) slots_.give(copy.slot);
        if (result == abi::CUDA_SUCCESS) result = follow(copy);
        if (result != abi::CUDA_SUCCESS) return result;
        progress += copy.size;
    }
    return abi::CUDA_SUCCESS;
}

abi::CUresult Landing::stage_rows(const DeviceRows& rows, std::span<const std::byte> data,
                                  const CopyPlace& place) {
    std::uint64_t total = 0;
    const bool wraps = __builtin_mul_overflow(rows.width, rows.height, &total);
    if (wraps || total != data.size() || total > kSlotSize) return abi::CUDA_ERROR_INVALID_VALUE;
    if (total == 0) return abi::CUDA_SUCCESS;
    Copy copy{{}, place, nullptr, 0, static_cast<std::uint32_t>(total), 0, false, false, false};
    if (!slots_.take(copy.slot)) return kRetry;
    std::byte* slot = slots_.memory(copy.slot).data();
    std::memcpy(slot, data.data(), data.size());
    abi::CUDA_MEMCPY2D shape{};
    shape.srcMemoryType = abi::CU_MEMORYTYPE_HOST;
    shape.srcHost = slot;
    shape.srcPitch = rows.width;
    shape.dstMemoryType = abi::CU_MEMORYTYPE_DEVICE;
    shape.dstDevice = rows.address;
    shape.dstPitch = rows.pitch;
    shape.WidthInBytes = rows.width;
    shape.Height = rows.height;
    const abi::CUresult result = driver_.cuMemcpy2DAsync_v2(&shape, place.stream);
    if (result != abi::CUDA_SUCCESS) {
        slots_.give(copy.slot);
        return result;
    }
    return follow(copy);
}

abi::CUresult Landing::follow_reference(const wire::RecordHeader& record, const CopyPlace& place) {
    // A device that has done it already needs no event.
    const abi::CUresult result = driver_.cuStreamQuery(place.stream);
    if (result != abi::CUDA_ERROR_NOT_READY) {
        events_.landed(record, place, result);
        return kPending;
    }
    const abi::CUresult followed =
        follow(Copy{record, place, nullptr, kNoSlot, 0, 0, true, true, false});
    return followed == abi::CUDA_SUCCESS ? kPending : followed;
}

// The record has failed half-way and is answered with its error: what of it is in flight lands nowhere.
void Landing::cancel(const wire::RecordHeader& record) {
    for (Copy& copy : in_flight_) {
        if (copy.lands && copy.record.ticket == record.ticket) copy.lands = false;
    }
}

void Landing::finish(const Copy& copy, abi::CUresult result) {
    spare_events_[copy.place.context].push_back(copy.event);
    bool slot_in_use = false;
    if (copy.lands && copy.slot != kNoSlot && result == abi::CUDA_SUCCESS) {
        const auto bytes = slots_.memory(copy.slot).first(copy.size);
        slot_in_use = replies_.landing(copy.record, copy.offset, bytes, this, copy.slot);
    }
    if (!slot_in_use) give_slot(copy.slot);
    if (!copy.lands || (!copy.last && result == abi::CUDA_SUCCESS)) return;
    if (result != abi::CUDA_SUCCESS) {
        cancel(copy.record);
        failed_ = copy.record.ticket;
    }
    events_.landed(copy.record, copy.place, result);
}

// Asked in the copy's own context: a driver answers with the error of the current one, or that there is none.
abi::CUresult Landing::state_of(const Copy& copy) {
    const abi::CUresult entered = contexts_.use(copy.place.context);
    return entered == abi::CUDA_SUCCESS ? driver_.cuEventQuery(copy.event) : entered;
}

void Landing::collect() {
    if (in_flight_.empty() || collecting_) return;
    collecting_ = true;
    busy_.clear();
    std::size_t kept = 0;
    for (std::size_t index = 0; index < in_flight_.size(); ++index) {
        const Copy copy = in_flight_[index];
        const auto same = [&copy](const CopyPlace& place) {
            return place.stream == copy.place.stream && place.context == copy.place.context;
        };
        const bool behind = std::ranges::any_of(busy_, same);
        const abi::CUresult result = behind ? abi::CUDA_ERROR_NOT_READY : state_of(copy);
        if (result != abi::CUDA_ERROR_NOT_READY) {
            finish(copy, result);
            continue;
        }
        if (!behind) busy_.push_back(copy.place);
        in_flight_[kept++] = in_flight_[index];  // as it is now: finish() may have cancelled it
    }
    in_flight_.resize(kept);
    collecting_ = false;
}

void Landing::forget_stream(abi::CUstream stream) {
    for (Copy& copy : in_flight_) {
        if (copy.place.stream == stream) copy.place.stream_exists = false;
    }
}

void Landing::forget_context(abi::CUcontext context) {
    spare_events_.erase(context);
    std::vector<Copy> lost;
    std::erase_if(in_flight_, [context, &lost](const Copy& copy) {
        if (copy.place.context == context) lost.push_back(copy);
        return copy.place.context == context;
    });
    for (const Copy& copy : lost) {
        give_slot(copy.slot);
        if (copy.lands && copy.last) {
            events_.landed(copy.record, copy.place, abi::CUDA_ERROR_CONTEXT_IS_DESTROYED);
        }
    }
}

}  // namespace engine
