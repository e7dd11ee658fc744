// The executor over the null device: results, deferred errors, landings, watches, callbacks, contexts and
// their ends.
#include <chrono>
#include <cstring>
#include <thread>

#include "check.h"
#include "engine/limits.h"
#include "fake_channel.h"
#include "wire/text.h"

namespace {

using fake::Batch;
using fake::Host;
using wire::Handle;
using wire::HandleKind;
using wire::ReplyKind;

constexpr std::uint16_t kind(ReplyKind value) { return static_cast<std::uint16_t>(value); }

std::uint64_t allocate(Host& host, std::uint64_t size) {
    host.run(Batch().add(wire::cuMemAlloc_v2_Request{.size = size}, {.ticket = 900}));
    const auto reply = host.next();
    CHECK_EQUAL(reply.header.result, 0);
    return fake::read_payload<wire::cuMemAlloc_v2_Reply>(reply).address;
}

TEST(an_allocation_is_answered_with_its_address_and_counted) {
    Host host;
    host.run(fake::with_context());
    const std::uint64_t address = allocate(host, 1 << 20);
    CHECK(address != 0);
    CHECK_EQUAL(host.meters[engine::Meter::device_bytes], std::uint64_t{1} << 20);
    host.run(Batch().add(wire::cuMemFree_v2_Request{.address = address}, {.ticket = 2}));
    CHECK_EQUAL(host.next().header.result, 0);
    CHECK_EQUAL(host.meters[engine::Meter::device_bytes], 0u);
}

TEST(records_without_a_ticket_are_not_answered) {
    Host host;
    host.run(fake::with_context());
    const std::uint64_t address = allocate(host, 4096);
    Batch batch;
    for (int index = 0; index < 100; ++index) {
        batch.add(wire::cuMemsetD32Async_Request{.dstDevice = address, .ui = 7, .N = 1024, .hStream = {}});
    }
    host.run(batch);
    CHECK_EQUAL(host.next().header.kind, 0);
    CHECK_EQUAL(host.meters[engine::Meter::records], 102u);
}

// A guest that fills its ring has room again before all of it has been executed.
TEST(a_long_run_is_executed_in_portions_where_room_can_be_given_back) {
    Host host;
    host.run(fake::with_context());
    const std::uint64_t address = allocate(host, 4096);
    Batch batch;
    constexpr std::size_t kRecords = 4000;
    for (std::size_t index = 0; index < kRecords; ++index) {
        batch.add(wire::cuMemsetD32Async_Request{.dstDevice = address, .ui = 7, .N = 1024, .hStream = {}});
    }
    std::span<const std::byte> rest(batch.bytes);
    std::size_t portions = 0;
    for (std::size_t done = 1; done != 0 && !rest.empty(); ++portions) {
        done = host.executor->run_to_reply(rest);
        rest = rest.subspan(done);
        CHECK(done <= batch.bytes.size() / 4);
    }
    CHECK(rest.empty());
    CHECK(portions >= 4);
    CHECK_EQUAL(host.meters[engine::Meter::records], kRecords + 2);
}

TEST(the_first_async_failure_is_the_result_of_the_next_reply_once) {
    Host host;
    host.run(fake::with_context());
    Batch batch;
    batch.add(wire::cuMemsetD32Async_Request{.dstDevice = 64, .ui = 7, .N = 1024, .hStream = {}});
    batch.add(wire::cuMemsetD32Async_Request{
        .dstDevice = 64, .ui = 7, .N = 1024, .hStream = Handle::make(HandleKind::stream, 1, 9)});
    batch.add(wire::cuMemGetInfo_v2_Request{}, {.ticket = 3});
    batch.add(wire::cuMemGetInfo_v2_Request{}, {.ticket = 4});
    host.run(batch);
    CHECK_EQUAL(host.next().header.result, static_cast<int>(abi::CUDA_ERROR_INVALID_VALUE));
    CHECK_EQUAL(host.next().header.result, 0);
}

TEST(device_to_host_lands_in_slices_before_its_result) {
    Host host;
    host.run(fake::with_context());
    const std::uint64_t size = 5 * engine::kSlotSize / 2;
    const std::uint64_t address = allocate(host, size);
    host.run(Batch().add(wire::cuMemcpyDtoHAsync_v2_Request{.src = address, .size = size, .stream = {}},
                         {.ticket = 11}));
    CHECK_EQUAL(host.channel.replies.front().header.result, 0);
    std::uint64_t expected_offset = 0;
    for (int slice = 0; slice < 3; ++slice) {
        const auto reply = host.next();
        CHECK_EQUAL(reply.header.kind, kind(ReplyKind::landing));
        CHECK_EQUAL(reply.header.ticket, 11u);
        wire::Cursor cursor(reply.payload);
        CHECK_EQUAL(cursor.scalar<std::uint64_t>(), expected_offset);
        expected_offset += cursor.bytes().size();
        CHECK(cursor.ok());
    }
    CHECK_EQUAL(expected_offset, size);
    const auto result = host.next();
    CHECK_EQUAL(result.header.kind, kind(ReplyKind::result));
    CHECK_EQUAL(result.header.result, 0);
}

TEST(a_copy_to_a_guest_that_does_not_read_holds_the_lane_and_completes) {
    Host host;
    host.run(fake::with_context());
    const std::uint64_t size = (engine::kSlotCount * 2 + 3) * engine::kSlotSize + 17;
    const std::uint64_t address = allocate(host, size);
    Batch batch;
    batch.add(wire::cuMemcpyDtoHAsync_v2_Request{.src = address, .size = size, .stream = {}}, {.ticket = 11});
    batch.add(wire::cuMemGetInfo_v2_Request{}, {.ticket = 12});
    host.channel.is_full = true;
    CHECK_EQUAL(host.executor->run(batch.bytes), 0u);
    CHECK(host.executor->held() && host.channel.replies.empty());
    host.channel.is_full = false;
    host.run(batch);
    std::uint64_t landed = 0;
    auto reply = host.next();
    for (; reply.header.kind == kind(ReplyKind::landing); reply = host.next()) {
        wire::Cursor cursor(reply.payload);
        CHECK_EQUAL(cursor.scalar<std::uint64_t>(), landed);
        landed += cursor.bytes().size();
    }
    CHECK_EQUAL(landed, size);
    CHECK_EQUAL(reply.header.ticket, 11u);
    CHECK_EQUAL(host.next().header.ticket, 12u);
}

TEST(a_wild_address_fails_the_copy_and_nothing_lands) {
    Host host;
    host.run(fake::with_context());
    const std::uint64_t address = allocate(host, engine::kSlotSize);
    host.run(Batch().add(
        wire::cuMemcpyDtoHAsync_v2_Request{.src = address, .size = std::uint64_t{3} << 40, .stream = {}},
        {.ticket = 5}));
    const auto reply = host.next();
    CHECK_EQUAL(reply.header.kind, kind(ReplyKind::result));
    CHECK_EQUAL(reply.header.result, static_cast<int>(abi::CUDA_ERROR_INVALID_VALUE));
    host.run(Batch().add(wire::cuMemGetInfo_v2_Request{}, {.ticket = 6}));
    CHECK_EQUAL(host.next().header.ticket, 6u);
}

TEST(a_host_function_holds_its_stream_until_the_guest_has_answered) {
    Host host;
    host.run(fake::with_context());
    const Handle stream = Handle::make(HandleKind::stream, 1, 1);
    Batch batch;
    batch.add(wire::cuStreamCreateWithPriority_Request{.stream = stream, .flags = 1, .priority = 0});
    batch.add(wire::cuLaunchHostFunc_Request{.stream = stream, .function = 0xABCD, .argument = 5, .kind = 0});
    batch.add(wire::cuStreamSynchronize_Request{.hStream = stream}, {.ticket = 21});
    batch.add(wire::cuMemGetInfo_v2_Request{}, {.ticket = 22, .thread = 2});
    (void)host.executor->run(batch.bytes);
    fake::Reply callback;
    for (int turn = 0; turn < 2000 && callback.header.kind != kind(ReplyKind::callback); ++turn) {
        (void)host.executor->settle();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        const auto reply = host.next();
        if (reply.header.kind == kind(ReplyKind::result)) CHECK_EQUAL(reply.header.ticket, 22u);
        if (reply.header.kind == kind(ReplyKind::callback)) callback = reply;
    }
    CHECK_EQUAL(callback.header.kind, kind(ReplyKind::callback));
    wire::Cursor cursor(callback.payload);
    CHECK_EQUAL(cursor.scalar<std::uint64_t>(), 0xABCDu);
    CHECK_EQUAL(cursor.scalar<std::uint64_t>(), 5u);
    CHECK_EQUAL(cursor.scalar<std::uint64_t>(), stream.value);
    CHECK(!host.executor->idle());
    (void)host.executor->settle();
    CHECK(host.channel.replies.empty());
    host.executor->callbacks_done(1);
    for (int turn = 0; turn < 2000 && host.channel.replies.empty(); ++turn) {
        (void)host.executor->settle();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    const auto reply = host.next();
    CHECK_EQUAL(reply.header.ticket, 21u);
    CHECK_EQUAL(reply.header.result, 0);
}

TEST(a_context_is_not_quiet_while_a_destroyed_stream_still_works) {
    Host host;
    host.run(fake::with_context());
    const Handle stream = Handle::make(HandleKind::stream, 1, 1);
    Batch batch;
    batch.add(wire::cuStreamCreateWithPriority_Request{.stream = stream, .flags = 1, .priority = 0});
    batch.add(wire::cuLaunchHostFunc_Request{.stream = stream, .function = 1, .argument = 0, .kind = 0});
    batch.add(wire::cuStreamDestroy_v2_Request{.stream = stream});
    batch.add(wire::cuCtxSynchronize_Request{}, {.ticket = 5});
    // Blocking here for ever is how this fails: only the engine thread can let the host function return.
    (void)host.executor->run(batch.bytes);
    bool answered = false;
    for (int turn = 0; turn < 2000 && !answered; ++turn) {
        (void)host.executor->settle();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        const auto reply = host.next();
        answered = reply.header.ticket == 5 && reply.header.kind == kind(ReplyKind::result);
        if (reply.header.kind != kind(ReplyKind::callback)) continue;
        host.executor->callbacks_done(1);
    }
    CHECK(answered);
}

TEST(an_answer_to_a_callback_never_asked_for_is_a_violation) {
    Host host;
    host.executor->callbacks_done(1);
    CHECK(host.executor->violated());
}

TEST(destroying_a_context_forgets_its_streams_and_memory) {
    Host host;
    const Handle context = Handle::make(HandleKind::context, 1, 7);
    const Handle stream = Handle::make(HandleKind::stream, 1, 1);
    Batch batch;
    batch.add(wire::cuCtxCreate_v2_Request{.context = context, .flags = 0, .device = 0}, {.context = 0});
    batch.add(wire::cuMemAlloc_v2_Request{.size = 4096}, {.ticket = 1, .context = 7});
    batch.add(wire::cuStreamCreateWithPriority_Request{.stream = stream, .flags = 0, .priority = 0},
              {.context = 7});
    batch.add(wire::cuCtxDestroy_v2_Request{.context = context}, {.ticket = 2, .context = 7});
    batch.add(wire::cuStreamQuery_Request{.stream = stream}, {.ticket = 3, .context = 0});
    batch.add(wire::cuMemGetInfo_v2_Request{}, {.ticket = 4, .context = 7});
    host.run(batch);
    CHECK_EQUAL(host.next().header.result, 0);
    CHECK_EQUAL(host.next().header.result, 0);
    CHECK_EQUAL(host.next().header.result, static_cast<int>(abi::CUDA_ERROR_INVALID_HANDLE));
    CHECK_EQUAL(host.next().header.result, static_cast<int>(abi::CUDA_ERROR_CONTEXT_IS_DESTROYED));
    CHECK_EQUAL(host.meters[engine::Meter::device_bytes], 0u);
}

TEST(a_primary_context_that_was_refused_says_why_to_whoever_uses_it) {
    Host host;
    Batch batch;
    batch.add(
        wire::cuDevicePrimaryCtxRetain_Request{.context = fake::context_handle(), .device = 99, .flags = 0},
        {.context = 0});
    batch.add(wire::cuMemGetInfo_v2_Request{}, {.ticket = 1});
    batch.add(wire::cuMemGetInfo_v2_Request{}, {.ticket = 2});
    host.run(batch);
    CHECK_EQUAL(host.next().header.result, 101);
    CHECK_EQUAL(host.next().header.result, 101);
    host.run(fake::with_context());  // it can be had after all, and nothing of the failure is left
    host.run(Batch().add(wire::cuMemGetInfo_v2_Request{}, {.ticket = 3}));
    CHECK_EQUAL(host.next().header.result, 0);
}

TEST(the_primary_context_lives_as_long_as_it_is_retained) {
    Host host;
    host.run(fake::with_context());
    const wire::cuDevicePrimaryCtxRelease_v2_Request release{.device = 0};
    Batch batch;
    batch.add(
        wire::cuDevicePrimaryCtxRetain_Request{.context = fake::context_handle(), .device = 0, .flags = 0});
    batch.add(release, {.ticket = 1, .context = 0});
    batch.add(wire::cuMemGetInfo_v2_Request{}, {.ticket = 2});
    batch.add(release, {.ticket = 3, .context = 0});
    batch.add(wire::cuMemGetInfo_v2_Request{}, {.ticket = 4});
    batch.add(release, {.ticket = 5, .context = 0});
    host.run(batch);
    const int expected[] = {0, 0, 0, abi::CUDA_ERROR_CONTEXT_IS_DESTROYED, abi::CUDA_ERROR_INVALID_CONTEXT};
    for (const int result : expected) CHECK_EQUAL(host.next().header.result, result);
}

constexpr char kPtx[] =
    ".version 8.0\n.target sm_75\n.address_size 64\n"
    ".visible .entry scale(.param .u64 data, .param .f32 factor, .param .align 8 .b8 shape[24], .param .u32 "
    "n)\n"
    "{ ret; }\n.visible .entry empty() { ret; }\n";

TEST(loading_answers_with_names_and_parameter_layouts) {
    Host host;
    host.run(fake::with_context());
    const Handle module = Handle::make(HandleKind::module, 1, 1);
    const Handle function = Handle::make(HandleKind::function, 1, 1);
    Batch batch;
    batch.add(
        wire::cuModuleLoadDataEx_Request{
            .module = module, .image = std::as_bytes(std::span(kPtx)), .options = {}},
        {.ticket = 1});
    batch.add(wire::cuModuleGetFunction_Request{
        .function = function, .module = module, .name = wire::text("scale")});
    batch.add(wire::cuLaunchKernel_Request{.f = function,
                                           .gridDimX = 1,
                                           .gridDimY = 1,
                                           .gridDimZ = 1,
                                           .blockDimX = 32,
                                           .blockDimY = 1,
                                           .blockDimZ = 1,
                                           .sharedMemBytes = 0,
                                           .hStream = {},
                                           .flags = 0,
                                           .params = std::as_bytes(std::span(kPtx, 44))});
    batch.add(wire::cuCtxSynchronize_Request{}, {.ticket = 2});
    batch.add(wire::cuModuleUnload_Request{.module = module}, {.ticket = 3});
    batch.add(wire::cuLaunchKernel_Request{.f = function}, {.ticket = 4});
    host.run(batch);
    const auto reply = host.next();
    CHECK_EQUAL(reply.header.result, 0);
    const auto loaded = fake::read_payload<wire::cuModuleLoadDataEx_Reply>(reply);
    wire::Cursor kernels(loaded.kernels);
    CHECK_EQUAL(kernels.scalar<std::uint32_t>(), 2u);
    kernels.skip_to(8);
    const auto name = kernels.bytes();
    CHECK_EQUAL(std::string(wire::c_string(name)), "scale");
    for (int index = 0; index < 16; ++index) (void)kernels.scalar<std::int32_t>();
    CHECK_EQUAL(kernels.scalar<std::uint32_t>(), 4u);
    const std::uint32_t layout[4][2] = {{0, 8}, {8, 4}, {16, 24}, {40, 4}};
    for (const auto& parameter : layout) {
        CHECK_EQUAL(kernels.scalar<std::uint32_t>(), parameter[0]);
        CHECK_EQUAL(kernels.scalar<std::uint32_t>(), parameter[1]);
    }
    CHECK(kernels.ok());
    CHECK_EQUAL(host.next().header.result, 0);
    CHECK_EQUAL(host.next().header.result, 0);
    CHECK_EQUAL(host.next().header.result, static_cast<int>(abi::CUDA_ERROR_INVALID_HANDLE));
    CHECK_EQUAL(host.meters[engine::Meter::launches], 2u);
}

TEST(an_image_that_is_none_never_reaches_the_driver) {
    Host host;
    host.run(fake::with_context());
    const std::byte junk[64] = {};
    host.run(Batch().add(
        wire::cuModuleLoadDataEx_Request{
            .module = Handle::make(HandleKind::module, 1, 1), .image = junk, .options = {}},
        {.ticket = 1}));
    CHECK_EQUAL(host.next().header.result, static_cast<int>(abi::CUDA_ERROR_INVALID_IMAGE));
}

TEST(naming_two_objects_alike_ends_the_session) {
    Host host;
    host.run(fake::with_context());
    const wire::cuEventCreate_Request create{.event = Handle::make(HandleKind::event, 1, 1), .flags = 0};
    host.run(Batch().add(create).add(create));
    CHECK(host.executor->violated());
}

TEST(rows_land_packed_and_are_staged_packed) {
    Host host;
    host.run(fake::with_context());
    const std::uint64_t address = allocate(host, 1 << 20);
    std::vector<std::byte> data(100 * 30);
    Batch batch;
    batch.add(wire::cuMemcpy2DAsync_v2_Request{.kind = 1,
                                               .dst = address,
                                               .dst_pitch = 512,
                                               .src = 0,
                                               .src_pitch = 0,
                                               .width = 100,
                                               .height = 30,
                                               .stream = {},
                                               .data = data});
    batch.add(wire::cuMemcpy2DAsync_v2_Request{.kind = 2,
                                               .dst = 0,
                                               .dst_pitch = 0,
                                               .src = address,
                                               .src_pitch = 512,
                                               .width = 100,
                                               .height = 30,
                                               .stream = {},
                                               .data = {}},
              {.ticket = 9});
    host.run(batch);
    const auto landing = host.next();
    CHECK_EQUAL(landing.header.kind, kind(ReplyKind::landing));
    wire::Cursor cursor(landing.payload);
    CHECK_EQUAL(cursor.scalar<std::uint64_t>(), 0u);
    CHECK_EQUAL(cursor.bytes().size(), data.size());
    CHECK_EQUAL(host.next().header.result, 0);
}

}  // namespace
