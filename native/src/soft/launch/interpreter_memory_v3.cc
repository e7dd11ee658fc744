// The hot memory handlers for one instruction set: the build gives this file its -march flag. Only the registry uses it.
#define FERRY_ISA isa_v3
#include "soft/launch/hot_memory.h"
