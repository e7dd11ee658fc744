// The second unit of linked_units.cu: what the first one uses by name.
#include "../common.h"

__device__ int shared_total = 11;
__constant__ int shared_factor = 9;
__device__ int mix(int value, int salt) { return (value ^ salt) + 17; }
