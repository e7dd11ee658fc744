// Long copies whose bytes are only referred to: what goes to the socket is, byte for byte, what it would be
// if they had been copied, from whatever position on, before they are taken over and afterwards.
#include <cstring>
#include <memory>

#include "byte_buffer.h"
#include "lane.h"
#include "unit.h"
#include "wire/codec.h"

using unit::Bytes;

namespace {

Bytes some(std::size_t size, unsigned seed) {
    Bytes bytes(size);
    for (std::size_t at = 0; at < size; ++at) bytes[at] = static_cast<std::byte>(at * 17 + seed);
    return bytes;
}

// What would be written of [from, from + size).
Bytes gather(const guest::ByteBuffer& buffer, std::size_t from, std::size_t size) {
    iovec pieces[guest::ByteBuffer::kPieces];
    const std::size_t count = buffer.pieces(from, size, pieces);
    Bytes out;
    for (std::size_t each = 0; each < count; ++each) {
        const auto* data = static_cast<const std::byte*>(pieces[each].iov_base);
        out.insert(out.end(), data, data + pieces[each].iov_len);
    }
    return out;
}

wire::cuMemcpyHtoDAsync_v2_Request copy_of(const Bytes& data) {
    return {.dst = 0x7000'0000'1234, .from = 0, .size = 0, .stream = wire::Handle{1}, .data = data};
}

// The open batch of a lane with a record in it, then the copy: by reference, or in the ordinary way.
guest::ByteBuffer* batch_with(guest::Lane& lane, const Bytes& data, bool refers) {
    const wire::RecordHeader header{.size = 0, .call = 0, .flags = 1, .ticket = 5, .thread = 2, .context = 3};
    (void)lane.append(wire::cuStreamSynchronize_Request{.hStream = wire::Handle{2}}, header);
    if (refers) return lane.take_with(copy_of(data), header, data, nullptr);
    (void)lane.append(copy_of(data), header);
    return lane.take(nullptr);
}

}  // namespace

TEST("a batch that refers to the bytes of a copy says what one says that holds them") {
    for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{8}, std::size_t{100'003}}) {
        const Bytes data = some(size, 3);
        guest::Lane lane;
        guest::Lane other;
        const std::unique_ptr<guest::ByteBuffer> refers(batch_with(lane, data, true));
        const std::unique_ptr<guest::ByteBuffer> holds(batch_with(other, data, false));
        CHECK(lane.empty() && lane.records() == 2 && refers->refers() && !holds->refers());
        CHECK(refers->total() == holds->size());
        const std::size_t records = holds->size() - guest::kBatchHeadRoom;
        const Bytes expected = gather(*holds, guest::kBatchHeadRoom, records);
        CHECK(gather(*refers, guest::kBatchHeadRoom, records) == expected);
        CHECK(refers->own() && !refers->refers());
        CHECK(gather(*refers, guest::kBatchHeadRoom, records) == expected);
        refers->clear();
        CHECK(refers->total() == 0);
    }
}

TEST("the pieces of a buffer are its bytes from any position on") {
    unit::Random random(3);
    const Bytes front = some(50, 1);
    const Bytes foreign = some(90, 2);
    const Bytes back = some(20, 3);
    guest::ByteBuffer buffer;
    Bytes all = front;
    all.insert(all.end(), foreign.begin(), foreign.end());
    all.insert(all.end(), back.begin(), back.end());
    const auto add = [&](const Bytes& bytes) {
        std::memcpy(buffer.reserve(bytes.size()), bytes.data(), bytes.size());
        buffer.commit(bytes.size());
    };
    add(front);
    buffer.refer(foreign);
    add(back);
    for (int round = 0; round < 2000; ++round) {
        if (round == 1000) CHECK(buffer.own());
        const std::size_t from = random.below(all.size());
        const std::size_t size = random.below(all.size() - from) + 1;
        const Bytes got = gather(buffer, from, size);
        CHECK(got.size() == size && std::memcmp(got.data(), all.data() + from, size) == 0);
    }
}
