// Bytes for the device that are received in the slot from which the device takes them, over the null device.
#include <cstring>
#include <vector>

#include "check.h"
#include "engine/limits.h"
#include "fake_channel.h"

namespace {

using fake::Batch;
using fake::Host;

// Where the device was told to read from and to write to.
const void* copied_from = nullptr;
const void* copied_to = nullptr;

TEST(bytes_for_the_device_are_copied_from_the_slot_they_were_received_in) {
    device::DriverTable driver = device::null_driver({});
    driver.cuMemcpyHtoDAsync_v2 = [](abi::CUdeviceptr, const void* from, std::size_t,
                                     abi::CUstream) -> abi::CUresult {
        copied_from = from;
        return abi::CUDA_SUCCESS;
    };
    driver.cuMemcpyDtoHAsync_v2 = [](void* to, abi::CUdeviceptr, std::size_t,
                                     abi::CUstream) -> abi::CUresult {
        copied_to = to;
        return abi::CUDA_SUCCESS;
    };
    Host host(driver);
    host.run(fake::with_context());
    engine::Landing& landing = host.executor->landing();
    const std::vector<std::byte> data(300'000, std::byte{1});
    Batch batch;
    batch.add(wire::cuMemcpyHtoDAsync_v2_Request{
        .dst = 4096, .from = 0, .size = 0, .stream = {}, .data = data});
    batch.add(wire::cuMemcpyHtoDAsync_v2_Request{
        .dst = 4096, .from = 0, .size = 0, .stream = {}, .data = data});
    batch.add(wire::cuMemcpyDtoHAsync_v2_Request{.src = 4096, .size = 300'000, .stream = {}, .to = 0},
              {.ticket = 4});
    CHECK(landing.message_memory(batch.bytes.size()) == nullptr);  // no slot has been made yet
    host.run(batch);
    const auto lies_in = [&](const void* address, const std::byte* memory) {
        return address >= memory && address < memory + batch.bytes.size();
    };
    for (int message = 0; message < 200; ++message) {
        std::byte* memory = landing.message_memory(batch.bytes.size());
        CHECK(memory != nullptr);
        std::memcpy(memory, batch.bytes.data(), batch.bytes.size());
        const auto received = std::span<const std::byte>(memory, batch.bytes.size());
        wire::RecordHeader header{};
        std::memcpy(&header, memory, sizeof header);
        CHECK_EQUAL(host.executor->run(received.first(header.size)), std::size_t{header.size});
        CHECK(lies_in(copied_from, memory));
        // The slot stays the message's, though the device is done with it: the second copy is staged in
        // another one, and what comes back lands in another one.
        (void)host.executor->look();
        const auto rest = received.subspan(header.size);
        CHECK_EQUAL(host.executor->run(rest), rest.size());
        CHECK(!lies_in(copied_from, memory) && !lies_in(copied_to, memory));
        CHECK(std::memcmp(memory, batch.bytes.data(), batch.bytes.size()) == 0);
        (void)host.executor->settle();
        host.channel.replies.clear();
    }
    CHECK(landing.message_memory(engine::kSlotSize + engine::kSlotHead + 1) == nullptr);
}

int queries_left = 0;

TEST(a_copy_that_fails_half_way_is_answered_once) {
    device::DriverTable driver = device::null_driver({});
    driver.cuEventQuery = [](abi::CUevent) -> abi::CUresult {
        return queries_left-- > 0 ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_ILLEGAL_ADDRESS;
    };
    for (const int good : {0, 1, 3, 9, 30}) {
        Host host(driver);
        queries_left = 1000;
        host.run(fake::with_context());
        host.run(Batch().add(wire::cuMemAlloc_v2_Request{.size = 32 << 20}, {.ticket = 900}));
        const auto address = fake::read_payload<wire::cuMemAlloc_v2_Reply>(host.next()).address;
        queries_left = good;
        host.run(Batch().add(
            wire::cuMemcpyDtoHAsync_v2_Request{.src = address, .size = 32 << 20, .stream = {}, .to = 0},
            {.ticket = 7}));
        int results = 0;
        for (auto reply = host.next(); reply.header.kind != 0; reply = host.next()) {
            if (reply.header.kind != static_cast<std::uint16_t>(wire::ReplyKind::result)) continue;
            ++results;
            CHECK_EQUAL(reply.header.ticket, 7u);
            CHECK_EQUAL(reply.header.result, int{abi::CUDA_ERROR_ILLEGAL_ADDRESS});
        }
        CHECK_EQUAL(results, 1);
    }
}

}  // namespace
