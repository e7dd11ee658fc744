// What the decoder and mbarrier.cc agree on beyond access.h: Insn::mod[kModOp] and its flags.
#pragma once
#include <cstdint>

namespace soft {

enum class MbarrierOp : std::uint8_t {
    init,
    inval,
    arrive,
    arrive_drop,
    wait,
    expect_tx,
    complete_tx,
    pending_count
};

// In place of a vector's size.
constexpr std::uint8_t kMbarrierFlags = 4;
constexpr std::uint8_t kMbarrierHasState = 1;  // d takes the state
constexpr std::uint8_t kMbarrierExpects = 2;   // c holds bytes to expect before arriving
constexpr std::uint8_t kMbarrierParity = 4;    // c holds a parity, not a state

}  // namespace soft
