// Which instruction set this translation unit is compiled for, as a name for an inline namespace. The
// interpreter compiles one source three times (x86-64, -v3, -v4) into one library. Without distinct names
// the linker would keep a single copy of each inline function, perhaps the AVX-512 one, and run it on a
// machine that lacks it. Every header here that defines inline functions puts them in `inline namespace
// FERRY_ISA`.
#pragma once

#if defined(__AVX512F__)
#define FERRY_ISA isa_v4
#elif defined(__AVX2__)
#define FERRY_ISA isa_v3
#else
#define FERRY_ISA isa_v1
#endif
