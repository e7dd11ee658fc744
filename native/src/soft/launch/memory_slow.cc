// Loads and stores one lane at a time: every space, type and shape, partial warps, and the accesses that
// fault. Address spaces are resolved here for atomics and calls too. See access.h.
#include <bit>
#include <cstring>

#include "soft/launch/access.h"
#include "soft/launch/registry.h"
#include "soft/launch/runtime.h"
#include "soft/launch/tables.h"

namespace soft {
namespace {

using ptx::Space;

template <class Word>
Word* words_at(Warp& w, std::uint32_t offset) {
    return static_cast<Word*>(static_cast<void*>(w.regs + offset));
}

// SAFETY: device addresses are host addresses; the caller found them in a live range.
std::byte* host_pointer(std::uint64_t address) {
    return static_cast<std::byte*>(std::bit_cast<void*>(address));
}

std::byte* resolve_global(Warp& w, const Insn& i, std::uint64_t address, std::uint64_t size,
                          std::uint32_t lane) {
    RangeCache& cache = w.caches[i.cache];
    if (address >= cache.lo && address + size <= cache.hi && address + size >= address)
        return host_pointer(address);
    Range range;
    if (w.block->grid->services.find_range(address, range)) {
        cache = RangeCache{range.lo, range.hi};
        if (address >= range.lo && address + size <= range.hi && address + size >= address)
            return host_pointer(address);
    }
    raise_address(w, &i, 700, lane, "illegal address", address);
    return nullptr;
}

std::byte* resolve_window(Warp& w, const Insn& i, std::byte* base, std::uint64_t limit, std::uint64_t offset,
                          std::uint64_t size, std::uint32_t lane, const char* what) {
    if (offset <= limit && size <= limit - offset) return base + offset;
    raise_address(w, &i, 700, lane, what, offset);
    return nullptr;
}

std::byte* resolve_local(Warp& w, const Insn& i, std::uint64_t offset, std::uint64_t size,
                         std::uint32_t lane) {
    std::byte* base = w.local + lane * w.local_stride;
    return resolve_window(w, i, base, w.local_stride, offset, size, lane, "illegal local address");
}

std::byte* resolve_generic(Warp& w, const Insn& i, std::uint64_t address, std::uint64_t size,
                           std::uint32_t lane) {
    const std::uint64_t offset = address & (kWindowSize - 1);
    switch (address - offset) {
        case kSharedWindow:
            return resolve_window(w, i, w.shared, w.shared_size, offset, size, lane,
                                  "illegal shared address");
        case kLocalWindow:
            return resolve_local(w, i, offset, size, lane);
        case kParamWindow:
            return resolve_bytes(w, i, Space::param, offset, size, lane);
        default:
            return resolve_global(w, i, address, size, lane);
    }
}

template <class T>
std::uint64_t read_atomic(const std::byte* at) {
    return __atomic_load_n(static_cast<const T*>(static_cast<const void*>(at)), __ATOMIC_RELAXED);
}

template <class T>
void write_atomic(std::byte* at, std::uint64_t value) {
    __atomic_store_n(static_cast<T*>(static_cast<void*>(at)), static_cast<T>(value), __ATOMIC_RELAXED);
}

// One element, sign-extended to 64 bits when asked.
std::uint64_t read_element(const std::byte* at, std::uint32_t size, bool is_signed) {
    switch (size) {
        case 1: {
            const std::uint64_t v = read_atomic<std::uint8_t>(at);
            return is_signed
                       ? static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int8_t>(v)))
                       : v;
        }
        case 2: {
            const std::uint64_t v = read_atomic<std::uint16_t>(at);
            return is_signed
                       ? static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int16_t>(v)))
                       : v;
        }
        case 4: {
            const std::uint64_t v = read_atomic<std::uint32_t>(at);
            return is_signed
                       ? static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(v)))
                       : v;
        }
        default:
            return read_atomic<std::uint64_t>(at);
    }
}

void write_element(std::byte* at, std::uint32_t size, std::uint64_t value) {
    switch (size) {
        case 1:
            return write_atomic<std::uint8_t>(at, value);
        case 2:
            return write_atomic<std::uint16_t>(at, value);
        case 4:
            return write_atomic<std::uint32_t>(at, value);
        default:
            return write_atomic<std::uint64_t>(at, value);
    }
}

void load_lane(Warp& w, const Insn& i, std::uint32_t lane, const std::byte* from) {
    const std::uint32_t size = i.mod[kModSize];
    const std::uint32_t width = i.mod[kModWidth];
    for (std::uint32_t v = 0; v < i.mod[kModVector]; ++v, from += size) {
        const std::uint32_t to = vector_slot(i, v);
        if (width == 16) {  // b128: the low words of all lanes, then the high ones
            words_at<std::uint64_t>(w, to)[lane] = read_element(from, 8, false);
            words_at<std::uint64_t>(w, to + 8 * kLanes)[lane] = read_element(from + 8, 8, false);
            continue;
        }
        const std::uint64_t value = read_element(from, size, i.mod[kModSigned] != 0);
        if (width == 8)
            words_at<std::uint64_t>(w, to)[lane] = value;
        else
            words_at<std::uint32_t>(w, to)[lane] = static_cast<std::uint32_t>(value);
    }
}

void store_lane(Warp& w, const Insn& i, std::uint32_t lane, std::byte* to) {
    const std::uint32_t size = i.mod[kModSize];
    const std::uint32_t width = i.mod[kModWidth];
    for (std::uint32_t v = 0; v < i.mod[kModVector]; ++v, to += size) {
        const std::uint32_t from = vector_slot(i, v);
        if (width == 16) {
            write_element(to, 8, words_at<std::uint64_t>(w, from)[lane]);
            write_element(to + 8, 8, words_at<std::uint64_t>(w, from + 8 * kLanes)[lane]);
            continue;
        }
        write_element(
            to, size,
            width == 8 ? words_at<std::uint64_t>(w, from)[lane] : words_at<std::uint32_t>(w, from)[lane]);
    }
}

std::byte* resolve_access(Warp& w, const Insn& i, Space space, std::uint64_t size, std::uint32_t lane) {
    const std::uint64_t address = lane_address(w, i, lane);
    if (i.mod[kModOp] != 0 && address % i.mod[kModOp] != 0) {
        raise_address(w, &i, 716, lane, "misaligned address", address);
        return nullptr;
    }
    return resolve(w, i, space, address, size, lane);
}

const OpEntry kEntries[] = {
    FERRY_PLAIN(load_any, none, 0, slow_load),
    FERRY_PLAIN(store_any, none, 0, slow_store),
};

}  // namespace

std::span<const OpEntry> memory_entries() { return kEntries; }

std::uint64_t lane_address(Warp& w, const Insn& i, std::uint32_t lane) {
    const std::uint64_t base = i.mod[kModAddressWidth] == 8 ? words_at<std::uint64_t>(w, i.a)[lane]
                                                            : words_at<std::uint32_t>(w, i.a)[lane];
    const std::uint64_t address = base + static_cast<std::uint64_t>(i.imm);
    return i.mod[kModAddressWidth] == 8 ? address : address & 0xffffffffu;
}

std::byte* resolve_bytes(Warp& w, const Insn& i, Space space, std::uint64_t address, std::uint64_t size,
                         std::uint32_t lane) {
    switch (space) {
        case Space::shared:
            if ((address & ~(kWindowSize - 1)) == kSharedWindow) address -= kSharedWindow;
            return resolve_window(w, i, w.shared, w.shared_size, address, size, lane,
                                  "illegal shared address");
        case Space::local:
            if ((address & ~(kWindowSize - 1)) == kLocalWindow) address -= kLocalWindow;
            return resolve_local(w, i, address, size, lane);
        case Space::param: {
            if ((address & ~(kWindowSize - 1)) == kParamWindow) address -= kParamWindow;
            // SAFETY: kernels only read their parameters; the decoder rejects stores to them.
            auto* base = const_cast<std::byte*>(w.params);
            return resolve_window(w, i, base, w.param_size, address, size, lane, "illegal parameter address");
        }
        case Space::generic:
            return resolve_generic(w, i, address, size, lane);
        default:
            return resolve_global(w, i, address, size, lane);
    }
}

std::byte* resolve(Warp& w, const Insn& i, Space space, std::uint64_t address, std::uint64_t size,
                   std::uint32_t lane) {
    std::byte* at = resolve_bytes(w, i, space, address, size, lane);
    if (at != nullptr && (address & (size - 1)) != 0) {
        raise_address(w, &i, 716, lane, "misaligned address", address);
        return nullptr;
    }
    return at;
}

const Insn* slow_load(Warp& w, const Insn* i) {
    const auto space = static_cast<Space>(i->mod[kModSpace]);
    const std::uint64_t size = static_cast<std::uint64_t>(i->mod[kModSize]) * i->mod[kModVector];
    const std::byte* from[kLanes];
    for (std::uint32_t mask = w.active; mask != 0; mask &= mask - 1) {
        const auto lane = static_cast<std::uint32_t>(std::countr_zero(mask));
        from[lane] = resolve_access(w, *i, space, size, lane);
        if (from[lane] == nullptr) return nullptr;
    }
    for (std::uint32_t mask = w.active; mask != 0; mask &= mask - 1) {
        const auto lane = static_cast<std::uint32_t>(std::countr_zero(mask));
        load_lane(w, *i, lane, from[lane]);
    }
    return i + 1;
}

const Insn* slow_store(Warp& w, const Insn* i) {
    const auto space = static_cast<Space>(i->mod[kModSpace]);
    const std::uint64_t size = static_cast<std::uint64_t>(i->mod[kModSize]) * i->mod[kModVector];
    for (std::uint32_t mask = w.active; mask != 0; mask &= mask - 1) {
        const auto lane = static_cast<std::uint32_t>(std::countr_zero(mask));
        std::byte* to = resolve_access(w, *i, space, size, lane);
        if (to == nullptr) return nullptr;
        store_lane(w, *i, lane, to);
    }
    return i + 1;
}

}  // namespace soft
