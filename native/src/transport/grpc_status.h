// The gRPC status codes this server answers with, and the trailer encoding of a status message.
#pragma once
#include <string>
#include <string_view>

namespace transport {

enum class GrpcStatus : int {
    ok = 0,
    invalid_argument = 3,
    resource_exhausted = 8,
    failed_precondition = 9,
    aborted = 10,
    unimplemented = 12,
    internal = 13,
    unavailable = 14,
    unauthenticated = 16,
};

// gRPC percent-encodes everything outside printable ASCII, and the percent sign.
inline std::string encode_grpc_message(std::string_view message) {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string encoded;
    for (const char character : message) {
        const auto byte = static_cast<unsigned char>(character);
        if (byte >= 0x20 && byte <= 0x7E && byte != '%') {
            encoded.push_back(character);
            continue;
        }
        encoded.push_back('%');
        encoded.push_back(kHex[byte >> 4]);
        encoded.push_back(kHex[byte & 15]);
    }
    return encoded;
}

}  // namespace transport
