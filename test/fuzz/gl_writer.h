// Records of OpenGL out of random bytes: real rows, whose fields hold what such fields may hold, the edges of
// their types, or anything. Used by gl_target.cc.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fuzz {

// Bytes that choose; from the first one again once there are no more.
class Choices {
  public:
    explicit Choices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
    bool is_empty() const { return at_ >= bytes_.size(); }
    std::uint8_t byte() { return bytes_.empty() ? 0 : bytes_[at_++ % bytes_.size()]; }
    std::size_t below(std::size_t bound) { return (std::size_t{byte()} << 8 | byte()) % bound; }
    std::uint64_t word() {
        std::uint64_t value = 0;
        for (int k = 0; k < 8; ++k) value = value << 8 | byte();
        return value;
    }

  private:
    std::span<const std::uint8_t> bytes_;
    std::size_t at_ = 0;
};

// One record, header included, whole for the most part. It asks for a reply.
std::vector<std::byte> write_gl_record(Choices& choices);

// The call and its fields, for whoever looks at a finding.
std::string described(std::span<const std::byte> record);

}  // namespace fuzz
