// The hot integer handlers for one instruction set: the build gives this file its -march flag. Only the registry uses it.
#define FERRY_ISA isa_base
#include "soft/launch/hot_integer.h"
