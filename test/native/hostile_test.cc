// What a guest can do wrong in a batch: random bytes, mutated records, every call with random fields. The
// claim is the same for all: no crash, no hang, no report by the sanitizers; at worst the executor is
// violated.
#include <cstring>
#include <random>

#include "check.h"
#include "fake_channel.h"
#include "host/dispatch.h"
#include "wire/text.h"

namespace {

using fake::Batch;
using fake::Host;
using wire::Handle;
using wire::HandleKind;

// Enough to find what a decoder does wrong; a fuzzer's night belongs elsewhere.
constexpr int kRounds = 3000;

std::mt19937_64 random_source(12345);
std::uint64_t random_number() { return random_source(); }

std::vector<std::byte> random_bytes(std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random_number());
    return bytes;
}

std::vector<std::uint16_t> known_calls() {
    std::vector<std::uint16_t> calls;
    for (unsigned call = 0; call <= 0xFFFF; ++call) {
        if (engine::find_handler(static_cast<std::uint16_t>(call)) != nullptr) {
            calls.push_back(static_cast<std::uint16_t>(call));
        }
    }
    return calls;
}

void run_raw(Host& host, std::span<const std::byte> bytes) {
    Batch batch;
    batch.bytes.assign(bytes.begin(), bytes.end());
    host.run(batch, 4);
    host.channel.replies.clear();
}

// A host with some of everything, so that guessed handles sometimes hit.
std::unique_ptr<Host> furnished_host() {
    auto host = std::make_unique<Host>();
    static constexpr char kPtx[] = ".version 8.0\n.target sm_75\n.entry k(.param .u64 a) { ret; }\n";
    const Handle module = Handle::make(HandleKind::module, 1, 1);
    Batch batch = fake::with_context();
    for (std::uint32_t index = 1; index <= 3; ++index) {
        batch.add(wire::cuStreamCreateWithPriority_Request{
            .stream = Handle::make(HandleKind::stream, 1, index), .flags = 0, .priority = 0});
        batch.add(
            wire::cuEventCreate_Request{.event = Handle::make(HandleKind::event, 1, index), .flags = 0});
    }
    batch.add(wire::cuModuleLoadDataEx_Request{
        .module = module, .image = std::as_bytes(std::span(kPtx)), .options = {}});
    batch.add(wire::cuModuleGetFunction_Request{
        .function = Handle::make(HandleKind::function, 1, 1), .module = module, .name = wire::text("k")});
    host->run(batch);
    CHECK(!host->executor->violated());
    return host;
}

std::uint64_t likely_word() {
    switch (random_number() % 8) {
        case 0:
            return 0;
        case 1:
            return ~std::uint64_t{0} - random_number() % 4;
        case 2:
            return random_number() % 64;
        case 3:
            return 0x600000000000 + random_number() % 4096;
        case 4:
            return std::uint64_t{1} << (random_number() % 64);
        case 5:
            return random_number();
        default:
            return Handle::make(static_cast<HandleKind>(random_number() % 9), 1,
                                static_cast<std::uint32_t>(random_number() % 5))
                .value;
    }
}

TEST(random_bytes_never_do_more_than_violate) {
    for (int round = 0; round < kRounds; ++round) {
        Host host;
        run_raw(host, random_bytes(random_number() % 400));
    }
}

TEST(every_call_survives_random_payloads_of_every_small_size) {
    const auto calls = known_calls();
    CHECK(calls.size() > 40);
    for (int round = 0; round < kRounds; ++round) {
        auto host = furnished_host();
        for (int record = 0; record < 20 && !host->executor->violated(); ++record) {
            const std::size_t words = random_number() % 12;
            std::vector<std::byte> bytes(16 + words * 8);
            const wire::RecordHeader header{static_cast<std::uint32_t>(bytes.size()),
                                            calls[random_number() % calls.size()],
                                            static_cast<std::uint16_t>(random_number() % 2),
                                            static_cast<std::uint32_t>(random_number() % 3),
                                            static_cast<std::uint16_t>(random_number() % 3),
                                            static_cast<std::uint16_t>(random_number() % 3)};
            std::memcpy(bytes.data(), &header, sizeof header);
            for (std::size_t word = 0; word < words; ++word) {
                const std::uint64_t value = likely_word();
                std::memcpy(bytes.data() + 16 + word * 8, &value, sizeof value);
            }
            run_raw(*host, bytes);
        }
    }
}

TEST(truncated_and_overlong_records_violate) {
    const Batch whole =
        Batch().add(wire::cuMemsetD32Async_Request{.dstDevice = 1, .ui = 2, .N = 3, .hStream = {}});
    for (std::size_t size = 1; size < whole.bytes.size(); ++size) {
        Host host;
        run_raw(host, std::span(whole.bytes).first(size));
        CHECK(host.executor->violated());
    }
    for (const std::uint32_t claimed : {0u, 8u, 15u, 17u, 4096u, 0xFFFFFFF8u, 0xFFFFFFFFu}) {
        Host host;
        auto bytes = whole.bytes;
        std::memcpy(bytes.data(), &claimed, sizeof claimed);
        run_raw(host, bytes);
        CHECK(host.executor->violated());
    }
}

TEST(unknown_calls_violate_and_say_so) {
    Host host;
    const wire::RecordHeader header{16, 0xFEED, 0, 0, 1, 0};
    run_raw(host, std::as_bytes(std::span(&header, 1)));
    CHECK(host.executor->violated());
    CHECK(host.executor->violation().find("65261") != std::string::npos);
}

TEST(records_behind_a_violation_are_not_executed) {
    Host host;
    Batch batch = fake::with_context();
    batch.add(wire::session_carve_Request{.address = 99, .size = 1});
    batch.add(wire::cuMemAlloc_v2_Request{.size = 4096}, {.ticket = 1});
    host.run(batch, 2);
    CHECK(host.executor->violated());
    CHECK(host.channel.replies.empty());
    CHECK_EQUAL(host.meters[engine::Meter::device_bytes], 0u);
}

}  // namespace
