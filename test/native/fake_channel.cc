// See fake_channel.h.
#include "fake_channel.h"

#include <cstring>
#include <thread>

#include "check.h"

namespace fake {

void Channel::parse(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        Reply reply;
        CHECK(bytes.size() >= sizeof reply.header);
        std::memcpy(&reply.header, bytes.data(), sizeof reply.header);
        const bool sane = reply.header.size >= sizeof reply.header && reply.header.size <= bytes.size() &&
                          reply.header.size % wire::kRecordAlignment == 0;
        CHECK(sane);
        if (!sane) return;
        const auto payload = bytes.subspan(sizeof reply.header, reply.header.size - sizeof reply.header);
        reply.payload.assign(payload.begin(), payload.end());
        replies.push_back(std::move(reply));
        bytes = bytes.subspan(replies.back().header.size);
    }
}

void Channel::send_replies(transport::OutBuffer batch) {
    ++batches;
    parse(batch.bytes());
}

void Channel::send_replies(transport::OutBuffer batch, std::span<const std::byte> body,
                           transport::BodyOwner* owner, std::uint32_t token) {
    ++batches;
    std::vector<std::byte> whole(batch.bytes().begin(), batch.bytes().end());
    whole.insert(whole.end(), body.begin(), body.end());
    whole.resize(wire::align_up(whole.size(), wire::kRecordAlignment));
    parse(whole);
    owner->body_sent(token);
}

Host::Host(const device::DriverTable& table) : driver(table) {
    executor = std::make_unique<engine::Executor>(driver, std::vector<int>{0}, channel, meters, poke, output);
}

void Host::run(const Batch& batch, int turns) {
    std::span<const std::byte> rest(batch.bytes);
    for (int turn = 0; turn < turns; ++turn) {
        if (!rest.empty() && !executor->violated()) rest = rest.subspan(executor->run(rest));
        (void)executor->settle();
        for (; executor->is_aside(); (void)executor->settle()) std::this_thread::yield();
        if ((rest.empty() || executor->violated()) && executor->idle()) break;
    }
}

Reply Host::next() {
    if (channel.replies.empty()) return {};
    Reply reply = std::move(channel.replies.front());
    channel.replies.pop_front();
    return reply;
}

Batch with_context() {
    Batch batch;
    batch.add(wire::cuDevicePrimaryCtxRetain_Request{.context = context_handle(), .device = 0, .flags = 0},
              {.context = 0});
    return batch;
}

}  // namespace fake
