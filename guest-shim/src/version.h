// The shim's own version, told to the daemon and exported as ferry_shim_version: a daemon refuses to load a
// "driver" that has this symbol, so that Ferry never forwards to Ferry.
#pragma once

namespace guest {

inline constexpr char kShimVersion[] = "0.1.0";

}  // namespace guest
