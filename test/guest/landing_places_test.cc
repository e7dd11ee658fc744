// Landings received where they belong: whatever way the bytes of a batch arrive, the same of it lands and the
// same replies are read as when it is gathered whole; a batch that breaks off has changed no reply.
#include <algorithm>
#include <cstring>

#include "landing_places.h"
#include "replies.h"
#include "unit.h"

using unit::Bytes;

namespace {

void put_reply(Bytes& out, wire::ReplyKind kind, std::uint32_t ticket, const Bytes& payload) {
    const std::size_t size =
        wire::align_up(sizeof(wire::ReplyHeader) + payload.size(), wire::kRecordAlignment);
    const wire::ReplyHeader header{static_cast<std::uint32_t>(size), static_cast<std::uint16_t>(kind), 0,
                                   ticket, 0};
    const std::size_t at = out.size();
    out.resize(at + size);
    std::memcpy(out.data() + at, &header, sizeof header);
    std::copy(payload.begin(), payload.end(), out.begin() + static_cast<std::ptrdiff_t>(at + sizeof header));
}

Bytes landing_of(std::uint64_t offset, std::size_t size) {
    const std::uint64_t fixed[] = {offset, size};
    Bytes payload(sizeof fixed + size);
    std::memcpy(payload.data(), fixed, sizeof fixed);
    for (std::size_t at = 0; at < size; ++at)
        payload[sizeof fixed + at] = static_cast<std::byte>((offset + at) * 31 + 7);
    return payload;
}

Bytes message(std::uint64_t sequence, const Bytes& replies) {
    const auto head = wire::make_batch_head(sequence, 3, replies.size());
    Bytes out(head.bytes.begin(), head.bytes.begin() + static_cast<std::ptrdiff_t>(head.size));
    out.insert(out.end(), replies.begin(), replies.end());
    return out;
}

// A guest's end of the stream, reduced to reader, places and tickets.
struct End {
    explicit End(std::size_t size) : memory(size) {
        waiting = replies.take_slot();
        slot = replies.take_slot();
        slot->landing = memory.data();
        slot->landing_size = memory.size();
        places.expect(1);
    }
    bool feed(std::span<const std::byte> chunk) {
        return reader.feed(chunk, [this](std::span<const std::byte> bytes) {
            ++messages;
            bool good = true;
            if (places.placed()) {
                ++placed;
                const guest::PlacedBatch batch = places.take(bytes);
                good = batch.sequence == 1 && batch.acknowledged == 3 &&
                       replies.read(batch.before) == nullptr && replies.read(batch.behind) == nullptr;
            } else {
                wire::ProtoReader fields(bytes);
                wire::ProtoField field;
                wire::BatchView view;
                good = fields.next(field) && wire::read_batch(field.bytes, view) &&
                       replies.read(view.records) == nullptr;
            }
            places.expect(0);
            return good;
        });
    }
    // As a socket does that is read straight into room().
    bool receive(std::span<const std::byte> bytes) {
        const auto room = reader.room();
        const std::size_t direct = std::min(room.size(), bytes.size());
        if (direct != 0) std::memcpy(room.data(), bytes.data(), direct);
        return (direct == 0 || feed(room.first(direct))) && feed(bytes.subspan(direct));
    }
    bool landed() const {
        for (std::size_t at = 0; at < memory.size(); ++at) {
            if (memory[at] != static_cast<std::byte>(at * 31 + 7)) return false;
        }
        return true;
    }

    guest::Replies replies;
    guest::LandingPlaces places{replies};
    wire::GrpcReader reader{64 << 20, &places};
    Bytes memory;
    guest::Slot* waiting;
    guest::Slot* slot;
    int messages = 0;
    int placed = 0;
};

Bytes batch_for(const End& end, std::size_t behind) {
    Bytes replies;
    put_reply(replies, wire::ReplyKind::result, end.waiting->ticket(), Bytes(300));
    put_reply(replies, wire::ReplyKind::landing, end.slot->ticket(), landing_of(0, end.memory.size()));
    for (std::size_t each = 0; each < behind; ++each) {
        put_reply(replies, wire::ReplyKind::landing, end.slot->ticket(), landing_of(each, 5));
    }
    put_reply(replies, wire::ReplyKind::result, end.slot->ticket(), {});
    return message(1, replies);
}

}  // namespace

TEST("a landing arrives in its place from any chunking, with what stands before and behind it") {
    unit::Random random(5);
    for (int round = 0; round < 300; ++round) {
        End end(17'000 + random.below(50'000));
        const Bytes bytes = batch_for(end, random.below(3));
        const std::size_t longest = round % 3 == 0 ? bytes.size() / 2 : 1 + random.below(9000);
        bool good = true;
        for (std::size_t at = 0; at < bytes.size() && good;) {
            const std::size_t size = std::min(1 + random.below(longest), bytes.size() - at);
            const auto chunk = std::span(bytes).subspan(at, size);
            good = random.below(2) == 0 ? end.receive(chunk) : end.feed(chunk);
            at += size;
        }
        CHECK(good && end.messages == 1 && end.placed == 1);
        CHECK(end.landed() && end.waiting->done && end.slot->done);
        CHECK(end.reader.between_messages());
    }
}

TEST("a batch that breaks off is read once when it comes again") {
    End end(40'000);
    const Bytes bytes = batch_for(end, 1);
    CHECK(end.feed(std::span(bytes).first(30'000)));
    CHECK(!end.waiting->done && end.messages == 0);
    end.reader.reset();
    end.places.expect(1);
    CHECK(end.feed(std::span(bytes).first(20'000)) && end.feed(std::span(bytes).subspan(20'000)));
    CHECK(end.landed() && end.waiting->done && end.slot->done && end.messages == 1);
}

TEST("what is not as expected lands nothing early") {
    const auto gathered = [](End& end, const Bytes& bytes) {
        (void)end.feed(std::span(bytes).first(bytes.size() / 2));
        (void)end.feed(std::span(bytes).subspan(bytes.size() / 2));
        return end.placed == 0;
    };
    {
        End end(20'000);  // a sequence that is not the next
        end.places.expect(2);
        CHECK(gathered(end, batch_for(end, 0)));
    }
    {
        End end(20'000);  // bytes that nobody asked for
        Bytes replies;
        put_reply(replies, wire::ReplyKind::landing, end.slot->ticket(), landing_of(1, 20'000));
        CHECK(gathered(end, message(1, replies)));
        CHECK(end.messages == 1 && end.memory == Bytes(20'000));
    }
    {
        End end(20'000);  // a ticket that is nobody's
        Bytes replies;
        put_reply(replies, wire::ReplyKind::landing, end.slot->ticket() + 1, landing_of(0, 20'000));
        CHECK(gathered(end, message(1, replies)));
    }
    {
        End end(20'000);  // a reply longer than its batch
        Bytes replies;
        put_reply(replies, wire::ReplyKind::landing, end.slot->ticket(), landing_of(0, 20'000));
        const std::uint32_t lie = 1 << 20;
        std::memcpy(replies.data(), &lie, sizeof lie);
        CHECK(gathered(end, message(1, replies)));
    }
}

TEST("garbage in a long message is never placed outside its ticket") {
    unit::Random random(9);
    for (int round = 0; round < 400; ++round) {
        End end(20'000);
        Bytes bytes = batch_for(end, 1);
        for (int flip = 0; flip < 3; ++flip) {
            bytes[5 + random.below(400)] = static_cast<std::byte>(random.next());
        }
        for (std::size_t at = 0; at < bytes.size();) {
            const std::size_t size = std::min(1 + random.below(4000), bytes.size() - at);
            if (!end.receive(std::span(bytes).subspan(at, size))) break;
            at += size;
        }
    }
}
