// The hot atomic handlers for one instruction set: the build gives this file its -march flag. Only the
// registry uses it.
#include "soft/launch/hot_atomic.h"
