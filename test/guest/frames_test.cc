// Protobuf and gRPC framing: what is written is read back from any chunking, and no garbage is believed.
#include <limits>

#include "unit.h"
#include "wire/grpc_reader.h"

using unit::Bytes;

TEST("varints, negative numbers, strings and packed scalars survive the way") {
    std::byte buffer[256];
    wire::ProtoWriter writer(buffer);
    writer.varint(1, ~std::uint64_t{0});
    writer.integer(2, -5);
    writer.string(3, "text");
    writer.length(4, 3);
    writer.raw_varint(1);
    writer.raw_varint(300);
    writer.boolean(5, true);
    CHECK(writer.ok());
    wire::ProtoReader reader(writer.written());
    wire::ProtoField field;
    CHECK(reader.next(field) && field.number == 1 && field.value == ~std::uint64_t{0});
    CHECK(reader.next(field) && field.integer() == -5 && field.integer32() == -5);
    CHECK(reader.next(field) && field.text() == "text");
    std::uint64_t sum = 0;
    CHECK(reader.next(field) && wire::for_each_scalar(field, [&](std::uint64_t value) { sum += value; }) &&
          sum == 301);
    CHECK(reader.next(field) && field.boolean());
    CHECK(!reader.next(field) && reader.ok());
}

TEST("a writer never leaves its buffer") {
    std::byte buffer[4];
    wire::ProtoWriter writer(buffer);
    writer.string(1, "too long for this");
    CHECK(!writer.ok() && writer.size() <= sizeof buffer);
}

TEST("batches arrive whole from any chunking") {
    Bytes stream;
    const Bytes records(5000, std::byte{7});
    for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) {
        const auto head = wire::make_batch_head(sequence, 1ull << 40, records.size());
        stream.insert(stream.end(), head.bytes.begin(),
                      head.bytes.begin() + static_cast<std::ptrdiff_t>(head.size));
        stream.insert(stream.end(), records.begin(), records.end());
    }
    for (const std::size_t step : {std::size_t{1}, std::size_t{4}, std::size_t{4999}, stream.size()}) {
        wire::GrpcReader reader(10000);
        std::uint64_t seen = 0;
        bool good = true;
        for (std::size_t at = 0; at < stream.size(); at += step) {
            const auto chunk = std::span(stream).subspan(at, std::min(step, stream.size() - at));
            good = good && reader.feed(chunk, [&](std::span<const std::byte> message) {
                wire::ProtoReader fields(message);
                wire::ProtoField field;
                wire::BatchView batch;
                const bool read = fields.next(field) && wire::read_batch(field.bytes, batch);
                return read && batch.sequence == ++seen && batch.acknowledged == 1ull << 40 &&
                       batch.records.size() == records.size();
            });
        }
        CHECK(good && seen == 5 && reader.between_messages());
    }
}

TEST("a message over the limit and a compressed one end the stream before they are gathered") {
    std::byte prefix[5];
    wire::put_grpc_prefix(prefix, 1001);
    wire::GrpcReader reader(1000);
    CHECK(!reader.feed(prefix, [](std::span<const std::byte>) { return true; }));
    wire::put_grpc_prefix(prefix, 10);
    prefix[0] = std::byte{1};
    wire::GrpcReader other(1000);
    CHECK(!other.feed(prefix, [](std::span<const std::byte>) { return true; }));
}

TEST("no bytes make the reader leave them") {
    unit::Random random(2);
    for (int round = 0; round < 50000; ++round) {
        Bytes bytes(random.below(40));
        for (auto& byte : bytes) byte = static_cast<std::byte>(random.next());
        wire::ProtoReader reader(bytes);
        for (wire::ProtoField field; reader.next(field);) {
            wire::for_each_scalar(field, [](std::uint64_t) {});
        }
        wire::BatchView batch;
        wire::read_batch(bytes, batch);
    }
}
