// Memory barriers that one thread makes others pass (membarrier(2)): whoever does something often then needs
// no fence, and whoever does the opposite rarely makes up for it. Used by the shim's lane and its lock, and
// by the reading end of a ring.
#pragma once
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace wire {

namespace detail {
inline long membarrier(int command) { return syscall(SYS_membarrier, command, 0, 0); }
}  // namespace detail

// From now on order_threads() works here, and order_processes() anywhere orders this process's threads. At
// once in a process of one thread, else it takes up to 20 ms. False: the kernel cannot, or must not.
inline bool register_for_barriers() {
    return detail::membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0 &&
           detail::membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED) == 0;
}

// All threads of this process that run pass a full barrier before this returns; those that do not have passed
// one. False: not registered, or forbidden since.
inline bool order_threads() { return detail::membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0; }

// The same for the threads of all registered processes under this kernel: less than 1 us. False: the kernel
// cannot, which can_order_processes() says before.
inline bool order_processes() { return detail::membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED) == 0; }
inline bool can_order_processes() {
    const long known = detail::membarrier(MEMBARRIER_CMD_QUERY);
    return known > 0 && (known & MEMBARRIER_CMD_GLOBAL_EXPEDITED) != 0;
}

}  // namespace wire
