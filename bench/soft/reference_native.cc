// g++ -O3 -march=native: what the compiler makes of this machine.
#define FERRY_REFERENCE kNative
#include "reference.inc"
