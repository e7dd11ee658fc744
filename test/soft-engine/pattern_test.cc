// Loads whose addresses are made of each other: by steps that all lanes share, by steps of each lane's own,
// before and after waits, against the same walk in C++. PTX text, no toolkit.
#include <array>
#include <random>

#include "heap_device.h"
#include "ptx_kernel.h"
#include "testing.h"

namespace soft_test {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

constexpr u32 kThreads = 75;
constexpr u32 kTable = 4096;  // bytes that are read, the same in global and in shared memory
constexpr u32 kPlaces = 4;    // registers that hold an address

// What a lane's own step is: not in proportion to its number, and another one in each warp.
u32 own_step(u32 thread) { return (thread * thread + 3 * thread) % 64 * 8; }

// A program being written, and where it has each thread's addresses and its sum.
class Walk {
  public:
    Walk(unsigned seed, bool is_shared) : random_(seed), is_shared_(is_shared) {
        for (u32 place = 0; place < kPlaces; ++place) {
            say(add() + name(place) + ", %base, %own;");
            for (u32 t = 0; t < kThreads; ++t) at_[place][t] = own_step(t);
        }
    }

    void go_on() {
        const u32 to = pick(kPlaces);
        const u32 from = pick(kPlaces);
        switch (pick(8)) {
            case 0:
                return move(to, from, " %shared", [](u32) { return kThreads * 8; });
            case 1:
                return move(to, from, " %own", own_step);
            case 2: {
                const u32 step = pick(40) * 8;
                return move(to, from, " " + std::to_string(step), [&](u32) { return step; });
            }
            case 3: {
                const u32 step = pick(40) * 8;
                return move(to, from, " -" + std::to_string(step), [&](u32) { return 0u - step; });
            }
            case 4:
                return interrupt();
            default:
                return load(from);
        }
    }
    // The table's words give the sums that the program is to end with.
    std::vector<u64> sums(const std::vector<u64>& table) const {
        std::vector<u64> sums(kThreads);
        for (const Load& load : loads_) {
            const u64 mask = load.size == 8 ? ~u64{0} : (u64{1} << 8 * load.size) - 1;
            for (u32 t = 0; t < kThreads; ++t) sums[t] = sums[t] * 31 + (table[load.at[t] / 8] & mask);
        }
        return sums;
    }
    const std::string& text() const { return text_; }

  private:
    struct Load {
        u32 size;
        std::array<u32, kThreads> at;
    };

    u32 pick(u32 below) { return static_cast<u32>(random_() % below); }
    std::string name(u32 place) const { return (is_shared_ ? "%r4" : "%d2") + std::to_string(place); }
    void say(const std::string& line) { text_ += line + "\n"; }
    std::string add() const { return is_shared_ ? "add.u32 " : "add.u64 "; }
    // The address moves by `step` of the thread, unless that leaves the table.
    template <class Step>
    void move(u32 to, u32 from, const std::string& by, Step step, const std::string& guard = "") {
        std::array<u32, kThreads> next = at_[from];
        for (u32 t = 0; t < kThreads; ++t) {
            next[t] += step(t);
            if (next[t] > kTable - 8) return;
        }
        at_[to] = next;
        say(guard + add() + name(to) + ", " + name(from) + "," + by + ";");
    }
    void load(u32 place) {
        const u32 size = 2u << pick(3);
        const char* type = size == 2 ? "u16" : size == 4 ? "u32" : "u64";
        say(std::string("ld.") + (is_shared_ ? "shared." : "global.") + type + " %d1, [" + name(place) +
            "];");
        say("mad.lo.u64 %d0, %d0, 31, %d1;");
        loads_.push_back({size, at_[place]});
    }
    // What ends the knowledge of patterns: a wait, a join, and a step that only some lanes take.
    void interrupt() {
        const u32 place = pick(kPlaces);
        switch (pick(3)) {
            case 0:
                return say("bar.sync 0;");
            case 1: {
                const std::string label =
                    "L" + std::to_string(loads_.size()) + "_" + std::to_string(text_.size());
                return say("@%q1 bra " + label + "; " + label + ":");
            }
            default:
                return move(
                    place, place, " 8", [](u32 t) { return t % 3 == 0 ? 8u : 0u; }, "@%q1 ");
        }
    }

    std::mt19937 random_;
    bool is_shared_;
    std::string text_;
    std::array<std::array<u32, kThreads>, kPlaces> at_{};
    std::vector<Load> loads_;
};

std::string program(const Walk& walk, bool is_shared) {
    const std::string words = std::to_string(kTable / 8);
    std::string text = ".reg ." + std::string(is_shared ? "u32" : "u64") + " %base, %own, %shared;\n";
    text += "mov.u64 %d0, 0; add.u64 %d8, %out, " + std::to_string(kThreads * 8) + ";\n";
    text += "rem.u32 %r0, %t, 3; setp.eq.u32 %q1, %r0, 0;\n";
    text +=
        "mad.lo.u32 %r0, %t, 3, 0; mad.lo.u32 %r0, %t, %t, %r0; and.b32 %r0, %r0, 63; mov.u32 %r1, "
        "%ntid.x;\n";
    if (is_shared) {
        // Each thread copies its part of the table.
        text +=
            "mov.u32 %r2, %t; mov.u32 %base, table;\nCOPY: mul.wide.u32 %d2, %r2, 8; add.u64 %d2, %d8, %d2; "
            "ld.global.u64 %d3, [%d2]; shl.b32 %r3, %r2, 3; add.u32 %r3, %base, %r3; st.shared.u64 [%r3], "
            "%d3;\n"
            "add.u32 %r2, %r2, %r1; setp.lt.u32 %q2, %r2, " +
            words + "; @%q2 bra COPY;\nbar.sync 0;\n";
        text += "shl.b32 %own, %r0, 3; mul.lo.u32 %shared, %r1, 8;\n";
    } else {
        text += "mov.u64 %base, %d8; mul.wide.u32 %own, %r0, 8; mul.wide.u32 %shared, %r1, 8;\n";
    }
    return plain_kernel(text + walk.text() + "st.global.u64 [%p], %d0;\n",
                        ".shared .align 8 .b8 table[" + std::to_string(kTable) + "];\n");
}

void compare(bool is_shared) {
    HeapDevice device;
    for (unsigned seed = 1; seed <= 60; ++seed) {
        Walk walk(seed, is_shared);
        for (u32 k = 0; k < 60; ++k) walk.go_on();
        Kernels kernels(device, program(walk, is_shared));
        CHECK_EQ(kernels.log, std::string());
        Buffer<u64> memory(device, kThreads + kTable / 8);
        std::mt19937_64 random(seed);
        std::vector<u64> table(kTable / 8);
        for (std::size_t k = 0; k < table.size(); ++k) memory.data()[kThreads + k] = table[k] = random();
        const auto fault = kernels.launch("k", {{1, 1, 1}, {kThreads, 1, 1}, 0, false, 1},
                                          Arguments().add(memory.address()));
        CHECK_EQ(fault.text, std::string());
        const std::vector<u64> wanted = walk.sums(table);
        const bool is_right = std::equal(wanted.begin(), wanted.end(), memory.data());
        CHECK(is_right);
        if (!is_right) std::cerr << program(walk, is_shared);
    }
}

TEST("addresses made of each other lead to the same places, in global memory") { compare(false); }
TEST("addresses made of each other lead to the same places, in shared memory") { compare(true); }

}  // namespace
}  // namespace soft_test
