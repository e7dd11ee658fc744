// See control_client.h.
#include "control_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <new>

#include "environment.h"
#include "futex.h"
#include "h2_stream.h"
#include "version.h"
#include "wire/call_id.h"
#include "wire/grpc_reader.h"
#include "wire/limits.h"
#include "wire/record.h"

namespace guest {
namespace {

// A daemon that is there answers in milliseconds, or after starting a worker; one that hangs must not hang
// the program.
constexpr std::int64_t kAnswerTimeoutNs = 15'000'000'000;
constexpr std::size_t kAnswerLimit = 64 << 10;


bool read_reply(std::span<const std::byte> message, Admission& admission) {
    wire::ProtoReader reader(message);
    for (wire::ProtoField field; reader.next(field);) {
        if (field.number == 2) {
            if (field.bytes.size() >= sizeof admission.endpoint) return false;
            memcpy(admission.endpoint, field.bytes.data(), field.bytes.size());
            admission.endpoint[field.bytes.size()] = '\0';
        }
        if (field.number == 3) {
            if (field.bytes.size() > sizeof admission.ticket) return false;
            memcpy(admission.ticket, field.bytes.data(), field.bytes.size());
            admission.ticket_size = field.bytes.size();
        }
    }
    return reader.ok();
}

struct Answer final : BodySink {
    explicit Answer(Admission& to) : admission(to) {}
    bool take(std::span<const std::byte> chunk) override {
        return reader.feed(chunk, [this](std::span<const std::byte> message) {
            complete = true;
            return read_reply(message, admission);
        });
    }
    wire::GrpcReader reader{kAnswerLimit};
    Admission& admission;
    bool complete = false;
};

ByteBuffer* make_request(bool wants_tcp) {
    auto* buffer = new (std::nothrow) ByteBuffer;
    if (buffer == nullptr) return nullptr;
    constexpr std::size_t kRoom = 1024;
    std::byte* at = buffer->reserve(kRoom);
    if (at == nullptr) {
        delete buffer;
        return nullptr;
    }
    const std::string_view program = std::string_view(program_name()).substr(0, 200);
    wire::ProtoWriter fields(std::span<std::byte>(at + wire::kGrpcPrefix, kRoom - wire::kGrpcPrefix));
    fields.varint(1, wire::kWireVersion);
    fields.string(2, kShimVersion);
    fields.string(3, wire::kSpecHash);
    fields.varint(4, static_cast<std::uint64_t>(getpid()));
    fields.string(5, program);
    fields.varint(6, wants_tcp ? 1 : 0);
    wire::put_grpc_prefix(at, fields.size());
    buffer->commit(wire::kGrpcPrefix + fields.size());
    return buffer;
}

}  // namespace

int open_session(const Endpoint& daemon, bool wants_tcp, Admission& admission, char* reason,
                 std::size_t reason_size) {
    H2Stream stream;
    Answer answer(admission);
    const std::int64_t start = now_ns();
    const int error = stream.connect(
        daemon, start + static_cast<std::int64_t>(wire::limits::kConnectTimeoutMs) * 1'000'000);
    if (error != 0) return error;
    ByteBuffer* request = make_request(wants_tcp);
    if (request == nullptr || !stream.begin("/ferry.v1.Control/Open", answer)) {
        delete request;
        return ENOMEM;
    }
    stream.push(request, 0, true);
    Peer peer = stream.pump();
    while (peer == Peer::alive && now_ns() < start + kAnswerTimeoutNs) {
        pollfd entry{stream.fd(), static_cast<short>(POLLIN | (stream.wants_write() ? POLLOUT : 0)), 0};
        poll(&entry, 1, 100);
        peer = stream.pump();
    }
    if (stream.grpc_status() == 0 && answer.complete && admission.endpoint[0] != '\0') return 0;
    const char* why = peer == Peer::alive                ? "it does not answer"
                      : stream.grpc_message()[0] != '\0' ? stream.grpc_message()
                      : peer == Peer::lost               ? "it closed the connection"
                                                         : "its answer makes no sense";
    snprintf(reason, reason_size, "%s", why);
    return -1;
}

}  // namespace guest
