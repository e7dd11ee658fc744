// See replies.h.
#include "replies.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <new>

#include "program_stderr.h"
#include "wire/cursor.h"

namespace guest {

void Replies::set_callback_sink(CallbackSink sink, void* context) {
    callback_sink_ = sink;
    callback_context_ = context;
}

Slot* Replies::take_slot() {
    Guard guard(mutex_);
    if (free_ == nullptr) {
        if (made_ == kChunk * kChunks) return nullptr;
        auto* chunk = new (std::nothrow) Slot[kChunk];
        if (chunk == nullptr) return nullptr;
        chunks_[made_ / kChunk] = chunk;
        for (std::size_t at = kChunk; at-- > 0;) {
            chunk[at].index = static_cast<std::uint32_t>(made_ + at);
            chunk[at].next = free_;
            free_ = &chunk[at];
        }
        made_ += kChunk;
    }
    Slot* slot = free_;
    free_ = slot->next;
    slot->generation = static_cast<std::uint16_t>(slot->generation == UINT16_MAX ? 1 : slot->generation + 1);
    slot->done.store(false, std::memory_order_relaxed);
    slot->used = true;
    slot->sleeping = slot->leads = slot->patient = slot->detached = slot->tells_late = false;
    slot->result = abi::CUDA_SUCCESS;
    slot->payload = nullptr;
    slot->landing = nullptr;
    slot->landing_size = 0;
    slot->stream = {};
    slot->settles = nullptr;
    slot->next = slot->previous = nullptr;
    return slot;
}

void Replies::free_slot(Slot* slot) {
    Guard guard(mutex_);
    slot->used = false;
    slot->next = free_;
    free_ = slot;
}

void Replies::detach(Slot* slot) {
    {
        Guard guard(mutex_);
        slot->detached = true;
    }
    detached_count_.fetch_add(1, std::memory_order_relaxed);
}

void Replies::reattach(Slot* slot) {
    detached_count_.fetch_sub(1, std::memory_order_relaxed);
    free_slot(slot);
}

Slot* Replies::find(std::uint32_t ticket) {
    Guard guard(mutex_);
    const std::size_t index = ticket & 0xFFFF;
    if (index >= made_) return nullptr;
    Slot& slot = chunks_[index / kChunk][index % kChunk];
    const bool ours =
        slot.used && slot.generation == ticket >> 16 && !slot.done.load(std::memory_order_relaxed);
    return ours ? &slot : nullptr;
}

const char* Replies::read(std::span<const std::byte> replies) {
    while (!replies.empty()) {
        wire::ReplyHeader header;
        if (replies.size() < sizeof header) return "the host sent half a reply";
        std::memcpy(&header, replies.data(), sizeof header);
        if (header.size < sizeof header || header.size > replies.size() ||
            header.size % wire::kRecordAlignment != 0) {
            return "the host sent a reply of an impossible size";
        }
        const auto payload = replies.subspan(sizeof header, header.size - sizeof header);
        if (const char* wrong = read_one(header, payload)) return wrong;
        replies = replies.subspan(header.size);
    }
    return nullptr;
}

const char* Replies::read_one(const wire::ReplyHeader& header, std::span<const std::byte> payload) {
    const auto kind = static_cast<wire::ReplyKind>(header.kind);
    if (kind == wire::ReplyKind::output) return print(payload);
    if (kind == wire::ReplyKind::callback) return call_back(header, payload);
    if (kind != wire::ReplyKind::landing && kind != wire::ReplyKind::result)
        return "the host sent an unknown reply";
    Slot* slot = find(header.ticket);
    if (slot == nullptr) return "the host answered what was not asked";
    return kind == wire::ReplyKind::landing ? land(*slot, payload) : finish(*slot, header, payload);
}

std::byte* Replies::landing_at(std::uint32_t ticket, std::uint64_t offset, std::uint64_t size) {
    const Slot* slot = find(ticket);
    const bool fits =
        slot != nullptr && offset <= slot->landing_size && size <= slot->landing_size - offset;
    return fits ? slot->landing + offset : nullptr;
}

const char* Replies::land(Slot& slot, std::span<const std::byte> payload) {
    wire::Cursor cursor(payload);
    const auto offset = cursor.scalar<std::uint64_t>();
    const auto bytes = cursor.bytes();
    if (!cursor.ok() || offset > slot.landing_size || bytes.size() > slot.landing_size - offset) {
        return "the host sent bytes that were not asked for";
    }
    if (!bytes.empty()) std::memcpy(slot.landing + offset, bytes.data(), bytes.size());
    return nullptr;
}

const char* Replies::finish(Slot& slot, const wire::ReplyHeader& header, std::span<const std::byte> payload) {
    slot.result = static_cast<abi::CUresult>(header.result);
    if (slot.settles != nullptr) {
        DeviceHeap::settled(slot.settles);
        slot.done.store(true, std::memory_order_release);
        free_slot(&slot);
        return nullptr;
    }
    if (slot.payload != nullptr && !slot.payload->assign(payload))
        slot.result = abi::CUDA_ERROR_OUT_OF_MEMORY;
    int none = 0;
    const bool late = slot.detached || slot.tells_late;
    if (late && slot.result != abi::CUDA_SUCCESS) late_error_.compare_exchange_strong(none, slot.result);
    if (slot.detached) {
        slot.done.store(true, std::memory_order_release);
        free_slot(&slot);
        detached_count_.fetch_sub(1, std::memory_order_relaxed);
        return nullptr;
    }
    complete(slot);
    return nullptr;
}

const char* Replies::print(std::span<const std::byte> payload) {
    wire::Cursor cursor(payload);
    const auto descriptor = cursor.scalar<std::uint32_t>();
    const auto text = cursor.bytes();
    if (!cursor.ok() || (descriptor != 1 && descriptor != 2)) return "the host sent malformed output";
    // Through the program's own stdio, so that device text keeps its place among what the program prints.
    fwrite(text.data(), 1, text.size(), descriptor == 1 ? stdout : program_stderr());
    return nullptr;
}

const char* Replies::call_back(const wire::ReplyHeader& header, std::span<const std::byte> payload) {
    wire::Cursor cursor(payload);
    const auto number = cursor.scalar<std::uint64_t>();
    if (!cursor.ok() || callback_sink_ == nullptr) return "the host sent a malformed callback";
    callback_sink_(callback_context_, {number, static_cast<abi::CUresult>(header.result)});
    return nullptr;
}

void Replies::complete(Slot& slot) {
    Guard guard(mutex_);
    slot.done.store(true, std::memory_order_release);
    slot.word.fetch_add(1, std::memory_order_release);
    if (slot.sleeping) futex_wake(slot.word, 1);
    if (slot.leads && reader.load(std::memory_order_relaxed) != &slot) kick();
}

void Replies::kick() {
    if (kick_fd < 0) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(kick_fd, &one, sizeof one);
}

void Replies::take_seat(Slot* seat) {
    seat->wants_room = true;
    seats_.fetch_add(1, std::memory_order_relaxed);
    enqueue(seat);
}

void Replies::leave_seat(Slot* seat) {
    dequeue(seat);
    seats_.fetch_sub(1, std::memory_order_relaxed);
}

void Replies::wake_room(const Slot* own) {
    if (!any_seat()) return;
    Guard guard(mutex_);
    for (Slot* slot = waiting_; slot != nullptr; slot = slot->next) {
        if (!slot->wants_room || slot == own) continue;
        slot->word.fetch_add(1, std::memory_order_release);
        if (slot->sleeping) futex_wake(slot->word, 1);
        if (slot->leads) kick();
    }
}

void Replies::end_all(abi::CUresult result) {
    for (std::size_t at = 0; at < made_; ++at) {
        Slot& slot = chunks_[at / kChunk][at % kChunk];
        if (!slot.used || slot.done.load(std::memory_order_relaxed)) continue;
        slot.result = result;
        complete(slot);
    }
}

bool Replies::landing_pending(const void* address, std::size_t size, wire::Handle& stream) {
    if (detached_count() == 0) return false;
    const auto* from = static_cast<const std::byte*>(address);
    Guard guard(mutex_);
    for (std::size_t at = 0; at < made_; ++at) {
        const Slot& slot = chunks_[at / kChunk][at % kChunk];
        if (!slot.used || !slot.detached || slot.done.load(std::memory_order_relaxed)) continue;
        if (from >= slot.landing + slot.landing_size || slot.landing >= from + size) continue;
        stream = slot.stream;
        return true;
    }
    return false;
}

abi::CUresult Replies::take_late_error() {
    if (late_error_.load(std::memory_order_relaxed) == 0) return abi::CUDA_SUCCESS;
    return static_cast<abi::CUresult>(late_error_.exchange(0));
}

void Replies::enqueue(Slot* slot) {
    slot->previous = nullptr;
    slot->next = waiting_;
    if (waiting_ != nullptr) waiting_->previous = slot;
    waiting_ = slot;
}

void Replies::dequeue(Slot* slot) {
    if (slot->previous != nullptr) slot->previous->next = slot->next;
    if (slot->next != nullptr) slot->next->previous = slot->previous;
    if (waiting_ == slot) waiting_ = slot->next;
    slot->next = slot->previous = nullptr;
}

void Replies::wake_next() {
    for (Slot* slot = waiting_; slot != nullptr; slot = slot->next) {
        if (!slot->sleeping || slot->done.load(std::memory_order_relaxed)) continue;
        slot->word.fetch_add(1, std::memory_order_release);
        futex_wake(slot->word, 1);
        return;
    }
}

}  // namespace guest
