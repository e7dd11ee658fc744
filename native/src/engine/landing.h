// Landing: copies in flight between the guest and the device, through the slots of slots.h. Out: device bytes
// land in a slot and go to the guest as `landing` replies, the last one followed by the record's result. In:
// bytes wait in a slot until the device has taken them; copies that name pinned memory (pins.h) need none.
// Used by the executor, which calls collect() before any reply that reports completion. A copy that finds no
// free slot answers kRetry; its record is run again, and goes on where `progress` says.
#pragma once
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "cudart/abi.h"
#include "engine/contexts.h"
#include "engine/replies.h"
#include "engine/slots.h"
#include "engine/waiters.h"
#include "host/driver_table.h"
#include "transport/out_buffer.h"
#include "wire/record.h"

namespace engine {

// Rows of device memory that land packed; a plain copy is one row.
struct DeviceRows {
    std::uint64_t address = 0;
    std::uint64_t pitch = 0;  // bytes from row to row
    std::uint64_t width = 0;  // bytes per row
    std::uint64_t height = 1;
};

// In which stream a copy stands; `context` is current.
struct CopyPlace {
    abi::CUcontext context = nullptr;
    abi::CUstream stream = nullptr;
    bool stream_exists =
        true;  // false once the guest has destroyed it, while copies in it are still followed
};

// Told when the last byte of a record's copy has landed.
class LandingEvents {
public:
    virtual void landed(const wire::RecordHeader& record, const CopyPlace& place, abi::CUresult result) = 0;

protected:
    ~LandingEvents() = default;
};

class Landing final : public transport::BodyOwner {
public:
    Landing(const device::DriverTable& driver, Contexts& contexts, Replies& replies, LandingEvents& events)
        : driver_(driver), contexts_(contexts), replies_(replies), events_(events), slots_(driver) {}

    // Queues the copy of `rows` towards the guest: kPending (the result follows by itself), kRetry, or an
    // error.
    abi::CUresult land(const wire::RecordHeader& record, const DeviceRows& rows, const CopyPlace& place,
                       std::uint64_t& progress);
    // Queues the copy of `data` to `address`: success, kRetry, or an error.
    abi::CUresult stage(std::uint64_t address, std::span<const std::byte> data, const CopyPlace& place,
                        std::uint64_t& progress);
    // Follows a copy that has just been queued and passes through no slot: its record is answered, kPending
    // or an error, when it is over.
    abi::CUresult follow_reference(const wire::RecordHeader& record, const CopyPlace& place);
    // The same for rows packed in `data` (at most one slot of them), written with a pitch.
    abi::CUresult stage_rows(const DeviceRows& rows, std::span<const std::byte> data, const CopyPlace& place);

    // The same for a box, packed and of at most one slot, to or from where `shape` says; its host side is
    // filled in here.
    abi::CUresult stage_box(abi::CUDA_MEMCPY3D shape, std::span<const std::byte> data,
                            const CopyPlace& place);
    abi::CUresult land_box(const wire::RecordHeader& record, abi::CUDA_MEMCPY3D shape,
                           const CopyPlace& place);

    // Sends what has landed and frees what has been taken. Cheap when nothing is in flight. The current
    // context may be another one afterwards.
    void collect();
    bool pending() const { return !in_flight_.empty(); }
    // `start(Awaited)` -> bool for the oldest copy of each stream that nobody waits for yet. False when one
    // could not be started.
    template <class Start>
    bool watch_heads(Start&& start);

    // `stream` is about to be destroyed.
    void forget_stream(abi::CUstream stream);
    // The objects of `context` are gone. Call collect() before they go.
    void forget_context(abi::CUcontext context);

    void body_sent(std::uint32_t token) override { slots_.give(token); }

    // A slot to receive the next message in, prefix and all, so that bytes for the device need not be copied
    // into one; null when there is none. The message before it is over and done with.
    std::byte* message_memory(std::size_t size);

private:
    static constexpr std::uint32_t kNoSlot = UINT32_MAX;

    struct Copy {
        wire::RecordHeader record;
        CopyPlace place;
        abi::CUevent event;
        std::uint32_t slot;
        std::uint32_t size;
        std::uint64_t offset;  // of the landing in the guest's memory
        bool lands;
        bool last;
        bool watched;
    };
    abi::CUresult follow(Copy copy);
    abi::CUresult land_piece(const DeviceRows& rows, const CopyPlace& place, std::uint64_t progress,
                             Copy& copy);
    abi::CUresult stage_in_place(std::uint64_t address, std::span<const std::byte> data,
                                 const CopyPlace& place);
    bool in_message(std::span<const std::byte> data) const;
    void give_slot(std::uint32_t slot);
    void cancel(const wire::RecordHeader& record);
    void finish(const Copy& copy, abi::CUresult result);
    abi::CUresult state_of(const Copy& copy);
    abi::CUresult take_event(abi::CUcontext context, abi::CUevent& event);

    const device::DriverTable& driver_;
    Contexts& contexts_;
    Replies& replies_;
    LandingEvents& events_;
    Slots slots_;
    std::vector<Copy> in_flight_;  // in the order of their records
    std::unordered_map<abi::CUcontext, std::vector<abi::CUevent>> spare_events_;
    std::vector<CopyPlace> busy_;  // of collect()
    bool collecting_ = false;
    std::uint32_t failed_ = 0;  // ticket of the copy that was last answered with an error, half-way or not
    // The slot that the current message lies in. It is kept until the next message even when the device is
    // done with it: records behind the copy are still to be read.
    enum class Inbox { none, free, used, done };
    Inbox inbox_state_ = Inbox::none;
    std::uint32_t inbox_ = 0;
};

template <class Start>
bool Landing::watch_heads(Start&& start) {
    bool all = true;
    for (std::size_t index = 0; index < in_flight_.size(); ++index) {
        Copy& copy = in_flight_[index];
        bool is_head = true;
        for (std::size_t earlier = 0; earlier < index && is_head; ++earlier) {
            const CopyPlace& place = in_flight_[earlier].place;
            is_head = place.stream != copy.place.stream || place.context != copy.place.context;
        }
        if (!is_head || copy.watched) continue;
        copy.watched = start(Awaited{Awaited::Kind::event, copy.event, copy.place.context});
        all = all && copy.watched;
    }
    return all;
}

}  // namespace engine
