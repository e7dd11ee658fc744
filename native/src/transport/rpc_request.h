// RpcRequest: the header block of one HTTP/2 request, judged as gRPC prescribes. Used by Http2Server only.
// Keeps verdict bits, never the headers themselves, so that a peer cannot make us store what it sends.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "transport/grpc_status.h"

namespace transport {

inline constexpr std::size_t kHeaderListSize = 16 << 10;  // bytes of names and values per request
inline constexpr std::string_view kAttachPath = "/ferry.v1.Data/Attach";

// What to answer: http_status 200 and `grpc` ok mean that the call may begin.
struct Verdict {
    int http_status = 200;
    GrpcStatus grpc = GrpcStatus::ok;
    const char* message = "";
    bool may_begin() const { return http_status == 200 && grpc == GrpcStatus::ok; }
};

class RpcRequest {
public:
    explicit RpcRequest(std::int32_t stream = 0) : stream_(stream) {}
    std::int32_t stream() const { return stream_; }

    // False when the request's headers have grown past the limit.
    bool header(std::string_view name, std::string_view value) {
        size_ += name.size() + value.size() + 32;  // as RFC 9113 counts them
        if (size_ > kHeaderListSize) return false;
        if (name == ":method") is_post_ = value == "POST";
        if (name == ":path") is_attach_ = value == kAttachPath;
        if (name == "content-type") is_grpc_ = is_grpc_type(value);
        if (name == "grpc-encoding") is_plain_ = value == "identity";
        return true;
    }
    Verdict verdict(bool attach_is_free) const {
        if (!is_post_) return {405, GrpcStatus::internal, "gRPC calls are POST requests"};
        if (!is_grpc_) return {415, GrpcStatus::internal, "content-type must be application/grpc"};
        if (!is_attach_)
            return {200, GrpcStatus::unimplemented, "the worker serves ferry.v1.Data/Attach only"};
        if (!is_plain_) return {200, GrpcStatus::unimplemented, "compressed messages are not accepted"};
        if (!attach_is_free)
            return {200, GrpcStatus::failed_precondition, "this worker has its guest already"};
        return {};
    }

private:
    static bool is_grpc_type(std::string_view value) {
        constexpr std::string_view kType = "application/grpc";
        if (!value.starts_with(kType)) return false;
        const std::string_view rest = value.substr(kType.size());
        return rest.empty() || rest == "+proto" || rest.front() == ';';
    }
    std::int32_t stream_;
    std::size_t size_ = 0;
    bool is_post_ = false;
    bool is_attach_ = false;
    bool is_grpc_ = false;
    bool is_plain_ = true;
};

}  // namespace transport
