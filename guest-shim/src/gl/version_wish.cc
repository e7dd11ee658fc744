// See version_wish.h.
#include "gl/version_wish.h"

namespace guest::gl {
namespace {

// Of gl_context_create.
constexpr std::uint32_t kCore = 1;
constexpr std::uint32_t kCompatibility = 2;
constexpr std::uint32_t kEs = 3;
constexpr std::uint32_t kDebug = 1;
constexpr std::uint32_t kForward = 2;
constexpr std::uint32_t kRobust = 4;
constexpr std::uint32_t kNoError = 8;

// Versions with profiles begin there.
constexpr int kProfiled = 32;

bool is_version_of_gl(int major, int minor) {
    constexpr int kLastMinor[] = {-1, 5, 1, 3, 6};
    return major >= 1 && major <= 4 && minor >= 0 && minor <= kLastMinor[major];
}

bool is_version_of_es(int major, int minor) {
    return (major == 1 && (minor == 0 || minor == 1)) || (major == 2 && minor == 0) ||
           (major == 3 && minor >= 0 && minor <= 2);
}

}  // namespace

bool exists(const VersionWish& wish) {
    return wish.is_es ? is_version_of_es(wish.major, wish.minor) : is_version_of_gl(wish.major, wish.minor);
}

ContextWish wish_of(const VersionWish& from) {
    ContextWish wish;
    const int version = from.number();
    const bool is_core = version >= kProfiled && from.is_core;
    // Below 3.2 there are no profiles: whatever has all of that version will do, and the highest has.
    const bool takes_highest = !from.is_es && version <= 21;
    wish.profile = from.is_es ? kEs : is_core ? kCore : version == 31 ? 0 : kCompatibility;
    wish.major = takes_highest ? 0 : static_cast<std::uint32_t>(from.major);
    wish.minor = takes_highest ? 0 : static_cast<std::uint32_t>(from.minor);
    if (from.debug) wish.flags |= kDebug;
    if (from.forward_compatible) wish.flags |= kForward;
    if (from.robust) wish.flags |= kRobust;
    if (from.no_error) wish.flags |= kNoError;
    wish.reset = from.loses_on_reset ? 1 : 0;
    return wish;
}

}  // namespace guest::gl
