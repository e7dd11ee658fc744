// Waits on a device that is never found idle, because other threads go on launching.
#include <chrono>

#include "check.h"
#include "fake_channel.h"

namespace {

using fake::Batch;
using fake::Host;

abi::CUresult never_idle(abi::CUstream) { return abi::CUDA_ERROR_NOT_READY; }

// Looks, as the loop of a busy ring does, which does not hand waits over by itself.
bool answered(Host& host, const Batch& batch) {
    std::span<const std::byte> rest(batch.bytes);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (host.channel.replies.empty() && std::chrono::steady_clock::now() < deadline) {
        if (!rest.empty()) rest = rest.subspan(host.executor->run(rest));
        (void)host.executor->look();
        host.executor->flush();
    }
    return !host.channel.replies.empty();
}

TEST(a_wait_ends_although_its_stream_is_never_found_idle) {
    device::DriverTable table = device::null_driver({});
    table.cuStreamQuery = never_idle;
    Host host(table);
    const Batch context = fake::with_context();
    CHECK_EQUAL(host.executor->run(context.bytes), context.bytes.size());
    const auto waits = {Batch().add(wire::cuCtxSynchronize_Request{}, {.ticket = 7}),
                        Batch().add(wire::cuStreamSynchronize_Request{.hStream = {}}, {.ticket = 8})};
    for (const Batch& wait : waits) {
        CHECK(answered(host, wait));
        CHECK_EQUAL(host.next().header.result, 0);
    }
}

}  // namespace
