// Copies in flight while other contexts come and go.
#include "check.h"
#include "fake_channel.h"

namespace {

using fake::Batch;
using fake::Host;
using wire::Handle;
using wire::HandleKind;

const Handle kOther = Handle::make(HandleKind::context, 1, 2);
constexpr std::uint64_t kBytes = 3 << 20;

// The null device with what it leaves out: events belong to a context and can be asked about in it only, and
// destroying the current context leaves none. Copies are under way until `arrived`.
device::DriverTable null_driver;
thread_local abi::CUcontext current = nullptr;
abi::CUcontext copied_in = nullptr;
bool arrived = false;

abi::CUresult set_current(abi::CUcontext context) {
    current = context;
    return null_driver.cuCtxSetCurrent(context);
}
abi::CUresult create(abi::CUcontext* context, unsigned flags, abi::CUdevice device) {
    const abi::CUresult result = null_driver.cuCtxCreate_v2(context, flags, device);
    current = *context;
    return result;
}
abi::CUresult destroy(abi::CUcontext context) {
    if (current == context) current = nullptr;
    return null_driver.cuCtxDestroy_v2(context);
}
abi::CUresult record(abi::CUevent event, abi::CUstream stream) {
    copied_in = current;
    return null_driver.cuEventRecord(event, stream);
}
abi::CUresult query(abi::CUevent) {
    if (current != copied_in) return abi::CUDA_ERROR_INVALID_CONTEXT;
    return arrived ? abi::CUDA_SUCCESS : abi::CUDA_ERROR_NOT_READY;
}

device::DriverTable strict_driver() {
    null_driver = device::null_driver({});
    device::DriverTable table = null_driver;
    table.cuCtxSetCurrent = set_current;
    table.cuCtxCreate_v2 = create;
    table.cuCtxDestroy_v2 = destroy;
    table.cuEventRecord = record;
    table.cuEventQuery = query;
    return table;
}

TEST(a_copy_is_followed_in_its_own_context_although_another_one_ends) {
    Host host(strict_driver());
    Batch batch = fake::with_context();
    batch.add(wire::cuMemAlloc_v2_Request{.size = kBytes}, {.ticket = 1});
    batch.add(wire::cuCtxCreate_v2_Request{.context = kOther, .flags = 0, .device = 0},
              {.ticket = 2, .context = 0});
    host.run(batch, 4);
    const auto address = fake::read_payload<wire::cuMemAlloc_v2_Reply>(host.next()).address;
    CHECK_EQUAL(host.next().header.result, 0);
    Batch copy;
    copy.add(wire::cuMemcpyDtoHAsync_v2_Request{.src = address, .size = kBytes, .stream = {}}, {.ticket = 3});
    copy.add(wire::cuCtxDestroy_v2_Request{.context = kOther}, {.ticket = 4, .context = 2});
    copy.add(wire::cuMemGetInfo_v2_Request{}, {.ticket = 5});
    host.run(copy, 8);
    arrived = true;
    host.run({}, 100);
    bool landed = false;
    for (fake::Reply reply = host.next(); reply.header.kind != 0; reply = host.next()) {
        if (reply.header.kind != 1) continue;
        CHECK_EQUAL(reply.header.result, 0);
        landed = landed || reply.header.ticket == 3;
    }
    CHECK(landed);
}

}  // namespace
