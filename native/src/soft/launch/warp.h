// One warp in flight: its register window, masks and fragments (groups of lanes at one place in the code).
// Written by handlers and the scheduler of one worker thread; never shared between threads.
#pragma once
#include <cstddef>
#include <cstdint>

#include "soft/launch/insn.h"

namespace soft {

struct BlockContext;

// The last live range an instruction touched; empty when lo > hi.
struct RangeCache {
    std::uint64_t lo = ~std::uint64_t{0};
    std::uint64_t hi = 0;
};

// How half a warp accesses memory: consecutive elements, one element, otherwise; kMisaligned where the lanes
// of the warp lie apart by other than multiples of what they access.
enum AddressShape : std::uint8_t { kConsecutive, kSame, kMixed, kMisaligned };

// The pattern of addresses an instruction saw last, relative to lane 0's. It says nothing of memory, so it
// outlives launches: whoever uses it compares it first, or follows one that did (ptx/address_patterns.h).
struct alignas(64) AddressMemo {
    std::uint64_t delta[kLanes] = {};  // 32-bit words when the address slot has those
    std::int64_t low = 0;              // the least and the greatest of them
    std::int64_t high = 0;
    // Compiled code compares the next four at once.
    std::uint8_t size = 0;        // bytes of an access; 0: nothing learnt yet
    std::uint8_t width = 0;       // bytes of an address
    std::uint8_t shapes[2] = {};  // AddressShape of each half-warp
};

// A call in progress. Fragments that split inside the callee share it.
struct Frame {
    Frame* parent = nullptr;
    const Insn* return_to = nullptr;
    const Code* code = nullptr;
    const CallSite* site = nullptr;
    std::uint32_t references = 0;  // fragments and child frames
    std::uint32_t depth = 0;
    std::uint32_t registers = 0;  // offset of the window in the warp's registers
    std::uint32_t local = 0;      // offset of the frame in each lane's local memory
    std::uint32_t local_top = 0;  // first free byte above it (alloca moves it)
};

enum class Wait : std::uint8_t { ready, sync, barrier };

struct Fragment {
    const Insn* pc = nullptr;
    Frame* frame = nullptr;
    std::uint32_t mask = 0;
    std::uint32_t turn = 0;         // how often it gave way while spinning
    std::uint32_t member_mask = 0;  // Wait::sync: who has to come
    std::uint16_t sync_kind = 0;    // Wait::sync: what they meet for
    std::uint16_t barrier = 0;      // Wait::barrier: which
    Wait wait = Wait::ready;
};

struct Warp {
    std::byte* regs = nullptr;          // window of the running frame
    std::uint32_t active = 0;           // lanes of the running fragment
    std::uint32_t live = 0;             // lanes that have not exited
    std::uint32_t partial = 0;          // active != live: index into Insn::run
    std::uint32_t waiting = 0;          // fragments besides the running one
    std::int32_t budget = 0;            // back edges until the next poll
    std::uint32_t turn = 0;             // of the running fragment
    std::uint32_t carry = 0;            // the .cc flag, one bit a lane
    std::uint32_t index = 0;            // in its block
    std::uint32_t cluster_arrived = 0;  // lanes whose barrier.cluster.wait is to come
    RangeCache* caches = nullptr;
    AddressMemo* memos = nullptr;  // as many as caches
    std::byte* shared = nullptr;
    std::uint64_t shared_size = 0;
    std::byte* local = nullptr;      // of lane 0, at the running frame's offset 0 of the thread's stack
    std::uint64_t local_stride = 0;  // bytes between lanes
    std::uint64_t local_frame = 0;   // offset of the running frame
    const std::byte* params = nullptr;
    std::uint64_t param_size = 0;
    Frame* frame = nullptr;
    BlockContext* block = nullptr;
    std::byte* registers = nullptr;  // of the bottom frame
    std::uint64_t register_bytes = 0;
    std::uint64_t exchange[kLanes] = {};               // values deposited for a warp-wide operation
    alignas(64) std::uint32_t lane_mask[kLanes] = {};  // `active` with one word a lane; valid while partial
    Fragment fragments[kLanes];
    Frame bottom;
};

// Generic addresses of the windows: outside what x86-64 lets a process map, so they never collide with
// memory.
constexpr std::uint64_t kSharedWindow = 0x0000'8000'0000'0000u;
constexpr std::uint64_t kLocalWindow = 0x0000'8001'0000'0000u;
constexpr std::uint64_t kParamWindow = 0x0000'8002'0000'0000u;
constexpr std::uint64_t kFunctionWindow = 0x0000'8003'0000'0000u;
constexpr std::uint64_t kWindowSize = 0x1'0000'0000u;

// Makes `mask` the running lanes. SAFETY of static: every ISA's unit must keep its own copy of inline
// functions.
static inline void set_active(Warp& w, std::uint32_t mask) {
    w.active = mask;
    w.partial = mask != w.live;
    if (w.partial == 0) return;
    for (std::uint32_t l = 0; l < kLanes; ++l) w.lane_mask[l] = 0u - ((mask >> l) & 1u);
}

}  // namespace soft
