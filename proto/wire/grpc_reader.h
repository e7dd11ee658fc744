// GrpcReader: whole gRPC messages out of arbitrary DATA chunks. Used by the shim's carrier and by the
// engine's server. A message inside one chunk is handed out in place; one that spans chunks is gathered, in a
// buffer that is kept or in memory that the owner gives. Of a long message a run of bytes can go to a place
// of its own. Whoever receives may receive straight into room(): bytes fed from there are not copied. Nothing
// grows past `limit`, nor with what is only announced.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

#include "wire/grpc_frame.h"

namespace wire {

// Where bytes of one message go. Offsets and sizes are the message's, without gRPC's prefix.
struct Placement {
    std::size_t at = 0;
    std::span<std::byte> target = {};  // takes the bytes from `at` on; empty: not decided
    std::size_t again_at = SIZE_MAX;   // then: ask again when this much is there; past the end: never
};

// What an owner may decide about messages that are not in one chunk. Called by feed().
class MessagePlaces {
public:
    // Memory for all `size` bytes of a message, prefix included, the owner's; null: the reader's own.
    virtual std::byte* memory(std::size_t) { return nullptr; }
    // The first is what there is of a message of the second's size. At most one target per message; deliver()
    // then gets the message without the bytes that went there.
    virtual Placement place(std::span<const std::byte>, std::size_t) { return {}; }

protected:
    ~MessagePlaces() = default;
};

class GrpcReader {
public:
    // `limit` is the largest message accepted, in bytes. `places` outlives the reader.
    explicit GrpcReader(std::size_t limit, MessagePlaces* places = nullptr)
        : limit_(limit), places_(places) {}
    GrpcReader(const GrpcReader&) = delete;
    GrpcReader& operator=(const GrpcReader&) = delete;
    ~GrpcReader() { std::free(own_); }

    // Feeds one chunk; calls `deliver(std::span<const std::byte> message)` -> bool for each complete message.
    // The view is 8-byte aligned in no particular way: copy scalars out. False: compressed, over the limit,
    // out of memory, or refused by deliver; the stream is then unusable.
    template <class Deliver>
    bool feed(std::span<const std::byte> chunk, Deliver&& deliver) {
        while (!chunk.empty()) {
            if (have_ == 0 && whole(chunk)) {
                const std::size_t size = message_size(chunk.data());
                if (size > limit_ || chunk[0] != std::byte{0}) return false;
                if (!deliver(chunk.subspan(kGrpcPrefix, size))) return false;
                chunk = chunk.subspan(kGrpcPrefix + size);
                continue;
            }
            if (!gather(chunk)) return false;
            if (have_ != stop_) continue;
            if (!decide()) return false;
            if (!complete()) continue;
            const std::span<const std::byte> message(at_ + kGrpcPrefix, have_ - kGrpcPrefix);
            reset();
            if (!deliver(message)) return false;
        }
        return true;
    }
    // Where the next bytes of a message that has begun are wanted; empty between messages. Valid until the
    // next call.
    std::span<std::byte> room() {
        if (have_ == 0 || !reserve()) return {};
        if (in_hole()) return hole_.subspan(filled_);
        return {at_ + have_, std::min(stop_, capacity_) - have_};
    }
    // Forgets a message that will not be completed.
    void reset() {
        have_ = filled_ = 0;
        stop_ = kGrpcPrefix;
        hole_ = {};
        hole_at_ = SIZE_MAX;
        at_ = own_;
        capacity_ = own_capacity_;
    }
    bool between_messages() const { return have_ == 0; }

private:
    // Messages up to here are not worth a place of their own.
    static constexpr std::size_t kShort = 16 << 10;
    // How much of a message is needed, as a rule, to say where the rest goes.
    static constexpr std::size_t kHead = 96;

    static std::size_t message_size(const std::byte* prefix) {
        std::size_t size = 0;
        for (unsigned index = 1; index < kGrpcPrefix; ++index)
            size = size << 8 | static_cast<std::size_t>(prefix[index]);
        return size;
    }
    static bool whole(std::span<const std::byte> chunk) {
        return chunk.size() >= kGrpcPrefix && chunk.size() - kGrpcPrefix >= message_size(chunk.data());
    }
    bool in_hole() const { return have_ == hole_at_ && filled_ < hole_.size(); }
    // All of the message that is gathered, once its size is known.
    std::size_t total() const { return kGrpcPrefix + message_size(at_) - hole_.size(); }
    bool complete() const {
        return have_ >= kGrpcPrefix && have_ == total() && filled_ == hole_.size();
    }

    // Moves bytes of `chunk` to where they belong, at most up to where something has to be decided.
    bool gather(std::span<const std::byte>& chunk) {
        if (!reserve()) return false;
        const bool into_hole = in_hole();
        const std::size_t wanted = into_hole ? hole_.size() - filled_ : std::min(stop_, capacity_) - have_;
        const std::size_t count = std::min(wanted, chunk.size());
        std::byte* target = into_hole ? hole_.data() + filled_ : at_ + have_;
        if (chunk.data() != target && count != 0) std::memcpy(target, chunk.data(), count);
        (into_hole ? filled_ : have_) += count;
        chunk = chunk.subspan(count);
        return true;
    }
    // At stop_: what comes next.
    bool decide() {
        const std::size_t size = message_size(at_);
        if (stop_ == kGrpcPrefix) {
            if (at_[0] != std::byte{0} || size > limit_) return false;
            const bool may_be_placed = places_ != nullptr && size > kShort;
            if (may_be_placed) take_memory();
            stop_ = kGrpcPrefix + (may_be_placed ? kHead : size);
            return true;
        }
        if (in_hole() || have_ == total()) return true;
        const std::size_t head = have_ - kGrpcPrefix;
        const Placement placement = places_->place({at_ + kGrpcPrefix, head}, size);
        if (!placement.target.empty()) return open_hole(placement, size);
        stop_ = kGrpcPrefix + std::min(std::max(placement.again_at, head + 1), size);
        return true;
    }
    bool open_hole(const Placement& placement, std::size_t size) {
        const std::size_t begin = kGrpcPrefix + placement.at;
        if (begin > have_ || placement.target.size() > size - placement.at) return false;
        hole_ = placement.target;
        hole_at_ = begin;
        // What lies here already and belongs there.
        filled_ = std::min(have_ - begin, hole_.size());
        std::memcpy(hole_.data(), at_ + begin, filled_);
        const std::size_t behind = have_ - begin - filled_;
        std::memmove(at_ + begin, at_ + begin + filled_, behind);
        have_ = begin + behind;
        stop_ = kGrpcPrefix + size - hole_.size();
        return true;
    }
    void take_memory() {
        const std::size_t size = kGrpcPrefix + message_size(at_);
        std::byte* given = places_->memory(size);
        if (given == nullptr) return;
        std::memcpy(given, at_, kGrpcPrefix);
        at_ = given;
        capacity_ = size;
    }
    // Room for at least one byte more. Grows with what has really arrived.
    bool reserve() {
        if (in_hole() || have_ < capacity_) return true;
        const std::size_t wanted = std::max<std::size_t>(capacity_ * 2, 4096);
        auto* grown = static_cast<std::byte*>(std::realloc(own_, wanted));
        if (grown == nullptr) return false;
        at_ = own_ = grown;
        capacity_ = own_capacity_ = wanted;
        return true;
    }

    std::size_t limit_;
    MessagePlaces* places_;
    std::byte* own_ = nullptr;
    std::size_t own_capacity_ = 0;
    std::byte* at_ = nullptr;  // the message that is being gathered: own_, or memory of the owner's
    std::size_t capacity_ = 0;
    std::size_t have_ = 0;             // gathered of it, prefix included
    std::size_t stop_ = kGrpcPrefix;   // where decide() is next needed
    std::size_t hole_at_ = SIZE_MAX;
    std::span<std::byte> hole_ = {};
    std::size_t filled_ = 0;  // of the hole
};

}  // namespace wire
