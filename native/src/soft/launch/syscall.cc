// The functions device code may call that the engine provides: vprintf, __assertfail, malloc, free,
// cudaGraphSetConditional.
#include <bit>
#include <cstring>
#include <string>
#include <string_view>

#include "soft/graph_services.h"
#include "soft/launch/access.h"
#include "soft/launch/call.h"
#include "soft/launch/registry.h"
#include "soft/launch/runtime.h"
#include "soft/launch/tables.h"
#include "soft/numerics/device_printf.h"

namespace soft {
namespace {

numerics::ReadMemory reader(Warp& w, std::uint32_t lane) {
    return [&w, lane](std::uint64_t address, void* to, std::size_t size) {
        const std::byte* from = find_generic(w, lane, address, size);
        if (from != nullptr) std::memcpy(to, from, size);
        return from != nullptr;
    };
}

template <class Body>
const Insn* each_lane(Warp& w, const Insn* i, Body body) {
    const auto& site = *static_cast<const CallSite*>(i->side);
    for (std::uint32_t mask = w.active; mask != 0; mask &= mask - 1) {
        body(site, static_cast<std::uint32_t>(std::countr_zero(mask)));
    }
    return i + 1;
}

const Insn* call_printf(Warp& w, const Insn* i) {
    return each_lane(w, i, [&](const CallSite& site, std::uint32_t lane) {
        const std::uint64_t format = read_argument(w, site, 0, lane);
        const std::uint64_t values = read_argument(w, site, 1, lane);
        const numerics::Printed printed = numerics::format_device_printf(reader(w, lane), format, values);
        w.block->grid->services.print(printed.text);
        write_result(w, site, lane, static_cast<std::uint32_t>(printed.result));
    });
}

std::string assertion_text(Warp& w, const CallSite& site, std::uint32_t lane) {
    constexpr std::size_t kLimit = 4096;
    std::string parts[3];
    const std::size_t from[3] = {0, 1, 3};
    for (std::size_t k = 0; k < 3; ++k) {
        numerics::read_device_string(reader(w, lane), read_argument(w, site, from[k], lane), kLimit,
                                     parts[k]);
    }
    const auto& size = w.block->grid->config.block;
    const std::uint32_t thread = w.index * kLanes + lane;
    const std::uint32_t at[3] = {thread % size[0], thread / size[0] % size[1], thread / size[0] / size[1]};
    return numerics::format_assert(parts[0], parts[1],
                                   static_cast<std::uint32_t>(read_argument(w, site, 2, lane)), parts[2],
                                   w.block->index, at);
}

const Insn* call_assert(Warp& w, const Insn* i) {
    std::string first;
    each_lane(w, i, [&](const CallSite& site, std::uint32_t lane) {
        const std::string text = assertion_text(w, site, lane);
        if (first.empty()) first = text;
        w.block->grid->services.print_error(text);
    });
    if (!first.empty() && first.back() == '\n') first.pop_back();
    w.block->grid->fail(710, first);
    return nullptr;
}

const Insn* call_malloc(Warp& w, const Insn* i) {
    return each_lane(w, i, [&](const CallSite& site, std::uint32_t lane) {
        write_result(w, site, lane, w.block->grid->services.device_malloc(read_argument(w, site, 0, lane)));
    });
}

// Other instructions may have cached the freed range, so every cache of this worker forgets.
const Insn* call_free(Warp& w, const Insn* i) {
    each_lane(w, i, [&](const CallSite& site, std::uint32_t lane) {
        const std::uint64_t address = read_argument(w, site, 0, lane);
        if (address != 0) w.block->grid->services.device_free(address);
    });
    for (RangeCache& cache : w.block->worker->caches) cache = RangeCache{};
    return i + 1;
}

const Insn* call_set_condition(Warp& w, const Insn* i) {
    auto* const graphs = dynamic_cast<GraphServices*>(&w.block->grid->services);
    return each_lane(w, i, [&](const CallSite& site, std::uint32_t lane) {
        if (graphs == nullptr) return;
        graphs->set_condition(read_argument(w, site, 0, lane),
                              static_cast<std::uint32_t>(read_argument(w, site, 1, lane)));
    });
}

// Said aloud, once a grid: the program cannot guess from 715 what is missing.
const Insn* call_missing(Warp& w, const Insn* i) {
    GridState& grid = *w.block->grid;
    const std::string_view name(static_cast<const char*>(i->side), static_cast<std::size_t>(i->imm));
    const std::string text = "the software device has no " + std::string(name) + " of the device runtime";
    if (!grid.stop.exchange(true))
        grid.services.print_error("ferry-soft: kernel " + grid.code->name + ": " + text + "\n");
    return raise(w, i, 715, static_cast<std::uint32_t>(std::countr_zero(w.active)), text.c_str());
}

const OpEntry kEntries[] = {
    FERRY_PLAIN(call, none, kCallMissing, call_missing),
    FERRY_PLAIN(call, none, kCallPrintf, call_printf),
    FERRY_PLAIN(call, none, kCallAssert, call_assert),
    FERRY_PLAIN(call, none, kCallMalloc, call_malloc),
    FERRY_PLAIN(call, none, kCallFree, call_free),
    FERRY_PLAIN(call, none, kCallSetCondition, call_set_condition),
};

}  // namespace

std::byte* find_generic(const Warp& w, std::uint32_t lane, std::uint64_t address, std::size_t size) {
    const std::uint64_t offset = address & (kWindowSize - 1);
    const std::uint64_t window = address - offset;
    if (window == kLocalWindow)
        return offset + size <= w.local_stride ? w.local + lane * w.local_stride + offset : nullptr;
    if (window == kSharedWindow) return offset + size <= w.shared_size ? w.shared + offset : nullptr;
    Range range;
    if (!w.block->grid->services.find_range(address, range) || size > range.hi - address) return nullptr;
    // SAFETY: device addresses are host addresses, and these bytes are in a live range.
    return static_cast<std::byte*>(std::bit_cast<void*>(address));
}

std::span<const OpEntry> syscall_entries() { return kEntries; }

}  // namespace soft
