// g++ -O3: what an x86-64 of any age runs.
#define FERRY_REFERENCE kPlain
#include "reference.inc"
