// MD2 against the vectors of RFC 1319, HMAC against its own definition, and the self-test's fixed answers.
#include "cudart/integrity.h"

#include <cstring>
#include <string>
#include <string_view>

#include "unit.h"

namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};  // SAFETY: chars as bytes
}

std::string hex(const cudart::Digest& digest) {
    std::string text;
    for (const std::uint8_t byte : digest) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

}  // namespace

TEST("MD2 answers the vectors of RFC 1319") {
    const char* vectors[][2] = {
        {"", "8350e5a3e24c153df2275c9f80692773"},
        {"a", "32ec01ec4a6dac72c0ab96fb34c0b5d1"},
        {"abc", "da853b0d3f88d99b30283a69e6ded6bb"},
        {"message digest", "ab4f496bfb2a530b219ff33031fe06b0"},
        {"abcdefghijklmnopqrstuvwxyz", "4e8ddff3650292ab5a4108c3aa47940b"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
         "da33def2a42df13975352846c30338cd"},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "d5976f79d83d3a0dc9806c3c66f3efd8"},
    };
    for (const auto& [text, digest] : vectors) CHECK(hex(cudart::md2(bytes_of(text))) == digest);
}

TEST("HMAC-MD2 is the digest of the outer pad and the digest of the inner pad and the message") {
    for (const std::size_t key_size : {1, 15, 16, 17, 40}) {
        const std::string key(key_size, 'k');
        const std::string message = "what do ya want for nothing?";
        std::string padded = key;
        if (key_size > 16) {
            const auto digested = cudart::md2(bytes_of(key));
            padded.assign(digested.begin(), digested.end());
        }
        padded.resize(16, '\0');
        std::string inner;
        std::string outer;
        for (const char byte : padded) {
            inner += static_cast<char>(byte ^ 0x36);
            outer += static_cast<char>(byte ^ 0x5C);
        }
        const auto first = cudart::md2(bytes_of(inner + message));
        outer.append(first.begin(), first.end());
        CHECK(cudart::hmac_md2(bytes_of(key), bytes_of(message)) == cudart::md2(bytes_of(outer)));
    }
}

TEST(
    "the self-test has fixed answers for versions that end in 0 and 1 and a digest of the facts for others") {
    cudart::IntegrityFacts facts;
    CHECK(cudart::integrity_answer(13000, 1, facts)[0] == 0x3341181c03cb675c);
    CHECK(cudart::integrity_answer(13001, 1, facts)[0] == 0x1841181c03cb675c);
    const auto plain = cudart::integrity_answer(13002, 1, facts);
    facts.process = 1;
    CHECK(cudart::integrity_answer(13002, 1, facts) != plain);
    CHECK(cudart::integrity_answer(13002, 2, facts) != cudart::integrity_answer(13002, 1, facts));
}
