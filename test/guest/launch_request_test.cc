// The record of a launch: which arguments are refused before anything is written, and what is written.
#include "launch_request.h"

#include <algorithm>

#include "unit.h"

namespace {

void* as_key(std::uintptr_t key) {
    // SAFETY: keys are small numbers in pointers.
    return reinterpret_cast<void*>(key);
}
void* const kEnd = as_key(abi::CU_LAUNCH_PARAM_END_AS_INT);
void* const kBuffer = as_key(abi::CU_LAUNCH_PARAM_BUFFER_POINTER_AS_INT);
void* const kBufferSize = as_key(abi::CU_LAUNCH_PARAM_BUFFER_SIZE_AS_INT);

// A byte, a gap of seven, a word of eight.
void describe(guest::KernelFacts& facts) {
    facts.parameters = {{0, 1}, {8, 8}};
    facts.parameter_bytes = 16;
    facts.has_gaps = true;
}

unit::Bytes record_of(const guest::LaunchArguments& arguments) {
    const wire::cuLaunchKernel_Request fields{.gridDimX = 3,
                                              .params = {static_cast<std::byte*>(nullptr), arguments.size()}};
    const guest::LaunchRequest request{fields, arguments};
    wire::Measure measure;
    encode(measure, request);
    unit::Bytes record(measure.size(), std::byte{0xee});
    wire::Writer writer(record.data());
    encode(writer, request);
    CHECK(writer.size() == record.size());
    return record;
}

}  // namespace

TEST("a launch's record holds the arguments where the program has them, and zeros between them") {
    guest::KernelFacts facts;
    describe(facts);
    std::uint8_t byte = 7;
    std::uint64_t word = 0x1122334455667788;
    void* list[] = {&byte, &word};
    guest::LaunchArguments arguments;
    CHECK(arguments.find(facts, list, nullptr));
    byte = 9;  // what counts is what stands there when the record is written
    const unit::Bytes record = record_of(arguments);
    wire::cuLaunchKernel_Request read;
    wire::Cursor cursor(record);
    CHECK(decode(cursor, read) && read.gridDimX == 3 && read.params.size() == 16);
    unit::Bytes expected(16);
    expected[0] = std::byte{9};
    std::memcpy(expected.data() + 8, &word, sizeof word);
    CHECK(std::ranges::equal(read.params, expected));

    expected[3] = std::byte{5};  // of a buffer that is laid out already, everything
    std::size_t size = expected.size();
    void* extra[] = {kBuffer, expected.data(), kBufferSize, &size, kEnd};
    CHECK(arguments.find(facts, nullptr, extra));
    const unit::Bytes packed = record_of(arguments);
    wire::Cursor packed_cursor(packed);
    CHECK(decode(packed_cursor, read) && std::ranges::equal(read.params, expected));
    CHECK(arguments.find(facts, list, nullptr) && record_of(arguments) == record);
}

TEST("what no argument and no byte string fills at a record's end is zeros") {
    guest::KernelFacts facts;
    facts.parameters = {{0, 8}, {8, 4}};
    facts.parameter_bytes = 12;
    std::uint64_t word = ~std::uint64_t{0};
    void* list[] = {&word, &word};
    guest::LaunchArguments arguments;
    CHECK(arguments.find(facts, list, nullptr));
    const unit::Bytes record = record_of(arguments);
    CHECK(
        std::ranges::all_of(std::span(record).last(4), [](std::byte byte) { return byte == std::byte{0}; }));

    for (std::size_t size = 1; size <= 16; ++size) {
        const unit::Bytes data(size, std::byte{0xff});
        unit::Bytes written(8 + wire::align_up(size, 8), std::byte{0xee});
        wire::Writer writer(written.data());
        writer.bytes(data);
        CHECK(writer.size() == written.size());
        const auto rest = std::span(written).subspan(8 + size);
        CHECK(std::ranges::equal(std::span(written).subspan(8, size), data));
        CHECK(std::ranges::all_of(rest, [](std::byte byte) { return byte == std::byte{0}; }));
    }
}

TEST("a launch without all its arguments is refused before anything is written") {
    guest::KernelFacts facts;
    describe(facts);
    std::uint64_t word = 0;
    void* hole[] = {&word, nullptr};
    guest::LaunchArguments arguments;
    CHECK(!arguments.find(facts, nullptr, nullptr));
    CHECK(!arguments.find(facts, hole, nullptr));

    unit::Bytes bytes(16);
    std::size_t size = bytes.size();
    std::size_t small = size - 1;
    void* sizeless[] = {kBuffer, bytes.data(), kEnd};
    void* without[] = {kBufferSize, &size, kEnd};
    void* short_one[] = {kBuffer, bytes.data(), kBufferSize, &small, kEnd};
    void* unknown[] = {as_key(77), bytes.data(), kEnd};
    for (void** extra : {sizeless, without, short_one, unknown})
        CHECK(!arguments.find(facts, nullptr, extra));
    std::vector<void*> endless;
    for (int entry = 0; entry < 64; ++entry) endless.insert(endless.end(), {kBuffer, bytes.data()});
    CHECK(!arguments.find(facts, nullptr, endless.data()));

    const guest::KernelFacts none;
    CHECK(arguments.find(none, nullptr, nullptr) && arguments.size() == 0);
}
