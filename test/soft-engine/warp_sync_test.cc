// shfl, vote, match, redux and bar.warp against the manual's definitions, lane by lane: whole warps, a warp
// that the block does not fill, lanes that have left, both arms of a branch, tiles with masks of their own.
// PTX text, no toolkit.
#include <array>
#include <random>

#include "heap_device.h"
#include "ptx_kernel.h"
#include "testing.h"

namespace soft_test {
namespace {

using u32 = std::uint32_t;
using s32 = std::int32_t;

constexpr u32 kThreads = 75;  // two whole warps and eleven lanes
constexpr u32 kIn = 6;        // words a thread
constexpr u32 kOut = 24;

struct Thread {
    u32 value, b, c, members, arm, leaves;
};
static_assert(sizeof(Thread) == kIn * 4);
using Results = std::array<u32, kOut>;

// Results in the order of expected(). The targets are also sources in places, and hold something before.
std::string operations() {
    std::string text;
    u32 word = 0;
    const auto keep = [&](const std::string& reg) {
        text += "st.global.u32 [%out+" + std::to_string(word++ * 4) + "], " + reg + ";\n";
    };
    const auto keep_predicate = [&] {
        text += "selp.u32 %r9, 1, 0, %q1;\n";
        keep("%r9");
    };
    for (const char* mode : {"up", "down", "bfly", "idx"}) {
        text += "mov.u32 %r5, %b; shfl.sync." + std::string(mode) + ".b32 %r5|%q1, %v, %r5, %c, %m;\n";
        keep("%r5");
        keep_predicate();
    }
    text += "mov.u32 %r5, %v; shfl.sync.bfly.b32 %r5, %r5, 1, 0x1f, %m;\n";
    keep("%r5");
    text += "vote.sync.ballot.b32 %r5, %odd, %m;\n";
    keep("%r5");
    for (const char* mode : {"all", "any", "uni"}) {
        text += "vote.sync." + std::string(mode) + ".pred %q1, !%odd, %m;\n";
        keep_predicate();
    }
    text += "match.any.sync.b32 %r5, %v, %m;\n";
    keep("%r5");
    text += "mul.wide.u32 %d0, %v, 0x10001; match.any.sync.b64 %r5, %d0, %m;\n";
    keep("%r5");
    text += "match.all.sync.b32 %r5|%q1, %v, %m;\n";
    keep("%r5");
    keep_predicate();
    for (const char* op : {"add.u32", "min.u32", "max.u32", "min.s32", "max.s32", "and.b32", "xor.b32"}) {
        text += "redux.sync." + std::string(op) + " %r5, %v, %m;\n";
        keep("%r5");
    }
    return text + "bar.warp.sync %m;\n";
}

std::string program() {
    return std::string(ptx_head()) +
           ".visible .entry k(.param .u64 k_in, .param .u64 k_out)\n{ .reg .pred %q<4>, %odd; .reg .b32 "
           "%r<10>, %v, %b, %c, %m; .reg .b64 %in, %out, %d<2>;\n"
           "ld.param.u64 %in, [k_in]; ld.param.u64 %out, [k_out]; mov.u32 %r0, %tid.x;\n"
           "mad.wide.u32 %in, %r0, " +
           std::to_string(kIn * 4) + ", %in; mad.wide.u32 %out, %r0, " + std::to_string(kOut * 4) +
           ", %out;\n"
           "ld.global.u32 %v, [%in]; ld.global.u32 %b, [%in+4]; ld.global.u32 %c, [%in+8];\n"
           "ld.global.u32 %m, [%in+12]; ld.global.u32 %r1, [%in+16]; ld.global.u32 %r2, [%in+20];\n"
           "and.b32 %r3, %v, 1; setp.ne.u32 %odd, %r3, 0; setp.ne.u32 %q0, %r2, 0;\n@%q0 exit;\n"
           "setp.ne.u32 %q0, %r1, 0;\n@%q0 bra ONE;\n" +
           operations() + "bra BOTH;\nONE:\n" + operations() + "BOTH:\nret; }\n";
}

struct Lanes {
    std::array<Thread, 32> threads;
    u32 live;
    u32 members_of(u32 lane) const { return threads[lane].members & live; }
    template <class Value>
    u32 where(u32 among, Value holds) const {
        u32 mask = 0;
        for (u32 l = 0; l < 32; ++l) mask |= (among >> l & 1) != 0 && holds(threads[l]) ? 1u << l : 0;
        return mask;
    }
};

// The manual's pseudocode.
void expect_shuffle(const Lanes& lanes, const std::string& mode, u32 lane, u32 b, u32 c, u32& value,
                    u32* in_range) {
    const s32 bval = static_cast<s32>(b & 31);
    const s32 cval = static_cast<s32>(c & 31);
    const s32 mask = static_cast<s32>(c >> 8 & 31);
    const s32 at = static_cast<s32>(lane);
    const s32 most = (at & mask) | (cval & ~mask);
    const s32 least = at & mask;
    s32 j = mode == "up" ? at - bval : mode == "down" ? at + bval : mode == "bfly" ? at ^ bval : 0;
    if (mode == "idx") j = least | (bval & ~mask);
    const bool fits = mode == "up" ? j >= most : j <= most;
    if (!fits) j = at;
    const bool is_member = (lanes.members_of(lane) >> j & 1) != 0;
    value = lanes.threads[is_member ? static_cast<u32>(j) : lane].value;
    if (in_range != nullptr) *in_range = fits ? 1 : 0;
}

Results expected(const Lanes& lanes, u32 lane) {
    Results out{};
    u32 word = 0;
    const Thread& self = lanes.threads[lane];
    const u32 members = lanes.members_of(lane);
    for (const char* mode : {"up", "down", "bfly", "idx"}) {
        expect_shuffle(lanes, mode, lane, self.b, self.c, out[word], &out[word + 1]);
        word += 2;
    }
    expect_shuffle(lanes, "bfly", lane, 1, 0x1f, out[word++], nullptr);
    const u32 odd = lanes.where(members, [](const Thread& t) { return t.value % 2 == 1; });
    out[word++] = odd;
    out[word++] = odd == 0 ? 1 : 0;
    out[word++] = odd != members ? 1 : 0;
    out[word++] = odd == 0 || odd == members ? 1 : 0;
    const u32 same = lanes.where(members, [&](const Thread& t) { return t.value == self.value; });
    out[word++] = same;
    out[word++] = same;
    out[word++] = same == members ? members : 0;
    out[word++] = same == members ? 1 : 0;
    u32 sum = 0, parity = 0, all = ~0u, least = ~0u, most = 0;
    s32 low = 0x7fffffff, high = -0x7fffffff - 1;
    for (u32 l = 0; l < 32; ++l) {
        if ((members >> l & 1) == 0) continue;
        const u32 value = lanes.threads[l].value;
        sum += value;
        parity ^= value;
        all &= value;
        least = std::min(least, value);
        most = std::max(most, value);
        low = std::min(low, static_cast<s32>(value));
        high = std::max(high, static_cast<s32>(value));
    }
    for (const u32 value : {sum, least, most, static_cast<u32>(low), static_cast<u32>(high), all, parity})
        out[word++] = value;
    return out;
}

enum Grouping { kWhole, kArms, kTiles, kAcrossArms, kGroupings };

// Masks are such that every member comes to each operation: a group is never split by who leaves.
std::vector<Thread> random_threads(std::mt19937& random, Grouping grouping, bool some_leave) {
    std::vector<Thread> threads(96);
    const u32 spread = random() % 2 == 0 ? 3 : ~0u;
    const u32 pattern = static_cast<u32>(random());
    for (u32 t = 0; t < threads.size(); ++t) {
        const u32 lane = t % 32;
        const u32 arm = pattern >> lane & 1;
        Thread& thread = threads[t];
        thread.value = static_cast<u32>(random()) & spread;
        thread.b = static_cast<u32>(random()) % 40;
        thread.c = random() % 2 == 0 ? 0x1f : static_cast<u32>(random()) & 0x1f1f;
        thread.arm = grouping == kArms || grouping == kAcrossArms ? arm : 0;
        thread.leaves = some_leave && random() % 4 == 0 ? 1 : 0;
        thread.members = grouping == kArms    ? (arm != 0 ? pattern : ~pattern)
                         : grouping == kTiles ? 0xffu << (lane / 8 * 8)
                                              : ~0u;
    }
    return threads;
}

void check_threads(const std::vector<Thread>& threads, Grouping grouping) {
    HeapDevice device;
    Kernels kernels(device, program());
    CHECK_EQ(kernels.log, std::string());
    Buffer<Thread> in(device, threads);
    Buffer<Results> out(device, threads.size());
    const auto fault =
        kernels.launch("k", {{1, 1, 1}, {kThreads, 1, 1}}, Arguments().add(in.address()).add(out.address()));
    CHECK_EQ(fault.text, std::string());
    for (u32 t = 0; t < threads.size(); ++t) {
        Lanes lanes{};
        for (u32 l = 0; l < 32; ++l) {
            lanes.threads[l] = threads[t / 32 * 32 + l];
            const bool is_live = t / 32 * 32 + l < kThreads && lanes.threads[l].leaves == 0;
            lanes.live |= is_live ? 1u << l : 0;
        }
        const bool is_live = (lanes.live >> t % 32 & 1) != 0;
        const Results wanted = is_live ? expected(lanes, t % 32) : Results{};
        for (u32 k = 0; k < kOut; ++k) {
            if (out[t][k] == wanted[k]) continue;
            std::cerr << "thread " << t << ", result " << k << ", grouping " << grouping << "\n";
            CHECK_EQ(out[t][k], wanted[k]);
            return;
        }
    }
}

TEST("warp-wide operations give every lane what the manual says, whoever is there") {
    std::mt19937 random(11);
    for (int round = 0; round < 12; ++round) {
        for (int grouping = 0; grouping < kGroupings; ++grouping) {
            for (const bool some_leave : {false, true}) {
                const auto as = static_cast<Grouping>(grouping);
                check_threads(random_threads(random, as, some_leave), as);
            }
        }
    }
}

}  // namespace
}  // namespace soft_test
