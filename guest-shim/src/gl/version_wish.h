// What a program asks of a new context by version and profile, as the lists of glXCreateContextAttribsARB and
// eglCreateContext say it, and what the host is asked for then.
#pragma once
#include "gl/context.h"

namespace guest::gl {

struct VersionWish {
    bool is_es = false;
    int major = 1;
    int minor = 0;
    bool is_core = true;  // of versions that have profiles
    bool debug = false;
    bool forward_compatible = false;
    bool robust = false;
    bool no_error = false;
    bool loses_on_reset = false;

    int number() const { return major * 10 + minor; }
};

// Whether there is such a version.
bool exists(const VersionWish& wish);

ContextWish wish_of(const VersionWish& wish);

}  // namespace guest::gl
