// See limits.h: the one limit that is chosen when the worker starts.
#include "engine/limits.h"

#include <algorithm>
#include <cstdlib>

namespace engine {
namespace {

// The daemon has checked the number; anything else in its place is not from the daemon.
std::chrono::microseconds read_spin() {
    constexpr long kLongestUs = 1000;
    const char* text = std::getenv("FERRY_SPIN_US");
    if (text == nullptr) return std::chrono::microseconds(wire::limits::kSpinUs);
    return std::chrono::microseconds(std::clamp(std::strtol(text, nullptr, 10), 0L, kLongestUs));
}

}  // namespace

const std::chrono::microseconds kSpin = read_spin();

}  // namespace engine
