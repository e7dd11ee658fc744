// What a loop says to its core between two looks at memory that another core writes.
#pragma once

namespace wire {

inline void relax() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace wire
