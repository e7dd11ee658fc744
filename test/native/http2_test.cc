// The server's answers to requests that are not the one it serves, and to peers that attack it.
#include "transport/http2.h"

#include <sys/socket.h>

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "check.h"
#include "h2_client.h"

namespace {

using transport::GrpcStatus;

struct Handler final : transport::Http2Handler {
    bool on_message(std::span<const std::byte> message) override {
        messages.emplace_back(message.begin(), message.end());
        return true;
    }
    void on_half_close() override { half_closed = true; }
    void on_refused(GrpcStatus, const std::string& message) override { refusal = message; }
    bool paused() const override { return false; }
    std::byte* message_memory(std::size_t) override { return nullptr; }
    std::vector<std::vector<std::byte>> messages;
    std::string refusal;
    bool half_closed = false;
};

struct Pair {
    explicit Pair(std::size_t limit = 1 << 16) {
        int sockets[2];
        CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets) == 0);
        server = std::make_unique<transport::Http2Server>(transport::UniqueFd(sockets[0]), limit, handler);
        CHECK(server->start().ok());
        client = std::make_unique<h2::Client>(sockets[1]);
    }
    void pump(int turns = 40) {
        for (int turn = 0; turn < turns; ++turn) {
            client->pump();
            if (!closed) closed = server->read() == transport::Http2Server::Io::closed;
            if (server->flush() == transport::Http2Server::Io::closed) closed = true;
        }
    }
    h2::Stream& answer_to(const h2::Headers& headers) {
        const std::int32_t stream = client->request(headers);
        pump();
        return client->streams[stream];
    }

    Handler handler;
    std::unique_ptr<transport::Http2Server> server;
    std::unique_ptr<h2::Client> client;
    bool closed = false;
};

h2::Headers changed(const std::string& name, const std::string& value) {
    h2::Headers headers = h2::attach_headers();
    for (auto& header : headers) {
        if (header.first != name) continue;
        header.second = value;
        return headers;
    }
    headers.emplace_back(name, value);
    return headers;
}

TEST(the_attach_call_is_answered_at_once) {
    Pair pair;
    const auto& stream = pair.answer_to(h2::attach_headers());
    CHECK_EQUAL(stream.headers.at(":status"), std::string("200"));
    CHECK_EQUAL(stream.headers.at("content-type"), std::string("application/grpc"));
    CHECK(!stream.closed);
}

TEST(other_requests_get_what_grpc_prescribes) {
    Pair pair;
    CHECK_EQUAL(pair.answer_to(changed(":path", "/ferry.v1.Data/Other")).grpc_status(), std::string("12"));
    CHECK_EQUAL(pair.answer_to(changed("grpc-encoding", "gzip")).grpc_status(), std::string("12"));
    CHECK_EQUAL(pair.answer_to(changed(":method", "GET")).headers.at(":status"), std::string("405"));
    CHECK_EQUAL(pair.answer_to(changed("content-type", "text/html")).headers.at(":status"),
                std::string("415"));
    CHECK_EQUAL(pair.answer_to(changed("content-type", "application/grpcx")).headers.at(":status"),
                std::string("415"));
    CHECK_EQUAL(pair.answer_to(changed("content-type", "application/grpc+proto")).headers.at(":status"),
                std::string("200"));
    CHECK_EQUAL(pair.answer_to(h2::attach_headers()).grpc_status(), std::string("9"));
    CHECK(!pair.closed);
}

TEST(a_compressed_message_is_unimplemented) {
    Pair pair;
    const std::int32_t stream = pair.client->request(h2::attach_headers());
    pair.client->data(stream, h2::framed(h2::as_bytes("abc"), true));
    pair.pump();
    CHECK_EQUAL(pair.client->streams[stream].grpc_status(), std::string("12"));
    CHECK(pair.handler.messages.empty());
}

TEST(a_message_over_the_limit_exhausts_resources_and_is_not_buffered) {
    Pair pair(1000);
    const std::int32_t stream = pair.client->request(h2::attach_headers());
    std::vector<std::byte> lie(wire::kGrpcPrefix);
    wire::put_grpc_prefix(lie.data(), 0xFFFFFFF0u);
    pair.client->data(stream, lie);
    pair.pump();
    CHECK_EQUAL(pair.client->streams[stream].grpc_status(), std::string("8"));
    CHECK(pair.handler.messages.empty());
}

TEST(a_message_at_the_limit_passes_and_an_empty_one_too) {
    Pair pair(1000);
    const std::int32_t stream = pair.client->request(h2::attach_headers());
    pair.client->data(stream, h2::framed(std::vector<std::byte>(1000)));
    pair.client->data(stream, h2::framed({}));
    pair.pump();
    CHECK_EQUAL(pair.handler.messages.size(), 2u);
    CHECK_EQUAL(pair.client->streams[stream].grpc_status(), std::string(""));
}

TEST(a_header_bomb_costs_its_stream_or_the_connection_only) {
    Pair pair;
    h2::Headers headers = h2::attach_headers();
    for (int index = 0; index < 40; ++index)
        headers.emplace_back("x-" + std::to_string(index), std::string(1000, 'a'));
    auto& stream = pair.answer_to(headers);
    CHECK(stream.closed || pair.closed);
    CHECK(pair.handler.messages.empty());
}

TEST(more_streams_than_allowed_are_refused) {
    Pair pair;
    for (int index = 0; index < 20; ++index) (void)pair.client->request(h2::attach_headers());
    pair.pump();
    int accepted = 0;
    for (const auto& [id, stream] : pair.client->streams) {
        accepted += !stream.closed && stream.headers.count(":status") != 0 ? 1 : 0;
    }
    CHECK_EQUAL(accepted, 1);
}

TEST(rapid_reset_ends_the_connection) {
    Pair pair;
    for (int index = 0; index < 2000 && !pair.closed; ++index) {
        const std::int32_t stream = pair.client->request(h2::attach_headers());
        pair.client->pump();  // or the client would take the request back
        pair.client->reset(stream);
        pair.pump(1);
    }
    CHECK(pair.closed);
}

TEST(one_byte_pieces_are_not_gathered_for_ever) {
    Pair pair(1 << 16);
    const std::int32_t stream = pair.client->request(h2::attach_headers());
    const auto message = h2::framed(std::vector<std::byte>(10000));
    for (std::size_t index = 0; index < message.size() && pair.handler.refusal.empty(); ++index) {
        pair.client->data(stream, std::span(message).subspan(index, 1));
        pair.pump(1);
    }
    CHECK(!pair.handler.refusal.empty());
    pair.pump();
    CHECK_EQUAL(pair.client->streams[stream].grpc_status(), std::string("8"));
}

TEST(a_reset_of_the_call_is_reported) {
    Pair pair;
    const std::int32_t stream = pair.client->request(h2::attach_headers());
    pair.pump();
    pair.client->reset(stream);
    pair.pump();
    CHECK(!pair.handler.refusal.empty());
}

TEST(half_close_is_reported_and_answered_by_the_status) {
    Pair pair;
    const std::int32_t stream = pair.client->request(h2::attach_headers());
    pair.client->data(stream, {}, true);
    pair.pump();
    CHECK(pair.handler.half_closed);
    pair.server->finish(GrpcStatus::ok, "");
    pair.pump();
    CHECK_EQUAL(pair.client->streams[stream].grpc_status(), std::string("0"));
    CHECK(pair.client->streams[stream].closed);
}

// A raw socket, without a client library to keep the rules.
struct Raw {
    Raw() {
        int sockets[2];
        CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets) == 0);
        server = std::make_unique<transport::Http2Server>(transport::UniqueFd(sockets[0]), 1 << 16, handler);
        CHECK(server->start().ok());
        peer.reset(sockets[1]);
    }
    // True while the connection is open.
    bool send(std::span<const std::byte> bytes) {
        (void)::send(peer.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        const bool reads = server->read() == transport::Http2Server::Io::open;
        return server->flush() == transport::Http2Server::Io::open && reads;
    }
    Handler handler;
    std::unique_ptr<transport::Http2Server> server;
    transport::UniqueFd peer;
};

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

std::vector<std::byte> frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, std::size_t size) {
    std::vector<std::byte> bytes(9 + size);
    for (int index = 0; index < 3; ++index)
        bytes[static_cast<std::size_t>(index)] = static_cast<std::byte>(size >> (16 - 8 * index));
    bytes[3] = static_cast<std::byte>(type);
    bytes[4] = static_cast<std::byte>(flags);
    for (int index = 0; index < 4; ++index)
        bytes[static_cast<std::size_t>(5 + index)] = static_cast<std::byte>(stream >> (24 - 8 * index));
    return bytes;
}

TEST(a_connection_that_is_not_http2_is_closed) {
    Raw raw;
    CHECK(!raw.send(h2::as_bytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")));
}

TEST(a_continuation_flood_is_closed) {
    Raw raw;
    CHECK(raw.send(h2::as_bytes(kPreface)));
    CHECK(raw.send(frame(4, 0, 0, 0)));
    bool open = raw.send(frame(1, 0, 1, 0));
    for (int index = 0; index < 1000 && open; ++index) open = raw.send(frame(9, 0, 1, 0));
    CHECK(!open);
}

TEST(random_bytes_after_the_preface_never_crash) {
    std::mt19937 source(7);
    for (int round = 0; round < 500; ++round) {
        Raw raw;
        (void)raw.send(h2::as_bytes(kPreface));
        (void)raw.send(frame(4, 0, 0, 0));
        std::vector<std::byte> noise(source() % 2000);
        for (auto& byte : noise) byte = static_cast<std::byte>(source());
        if (round % 2 == 0 && noise.size() > 9) noise[0] = noise[1] = std::byte{0};
        (void)raw.send(noise);
    }
}

}  // namespace
