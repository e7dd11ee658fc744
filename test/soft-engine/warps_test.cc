// Warp-wide operations, divergence, forward progress, atomics, barriers, cooperative groups.
#include <algorithm>
#include <bit>

#include "heap_device.h"
#include "testing.h"

namespace soft_test {
namespace {

std::size_t at(int row, int thread) { return static_cast<std::size_t>(row * 64 + thread); }

TEST("shuffles, votes and matches give every lane what the manual says") {
    const std::string text = compiled("warps");
    if (text.empty()) return;
    HeapDevice device;
    Kernels kernels(device, text);
    CHECK_EQ(kernels.log, std::string());
    Buffer<int> out(device, 64 * 11);
    CHECK_EQ(kernels.launch("shuffles", {{1, 1, 1}, {64, 1, 1}}, Arguments().add(out.address())).text,
             std::string());
    for (int t = 0; t < 64; ++t) {
        const int base = t & ~31;
        const int l = t & 31;
        const auto v = [base](int lane) { return (base + lane) * 3 + 1; };
        CHECK_EQ(out[at(0, t)], v(l * 7 % 32));
        CHECK_EQ(out[at(1, t)], v(l < 3 ? l : l - 3));
        CHECK_EQ(out[at(2, t)], v(l % 16 + 5 < 16 ? l + 5 : l));
        CHECK_EQ(out[at(3, t)], v(l ^ 9));
        CHECK_EQ(out[at(4, t)], 0x55555555);
        CHECK_EQ(out[at(5, t)], 1 + (base == 0 ? 2 : 0));
        CHECK_EQ(out[at(6, t)], l < 16 ? v(15 - l) : v(31 - (l - 16)));
        CHECK_EQ(out[at(7, t)], v(l ^ 1));
        unsigned same = 0;
        for (int k = 0; k < 32; ++k) same |= v(k) % 3 == v(l) % 3 ? 1u << k : 0u;
        CHECK_EQ(static_cast<unsigned>(out[at(8, t)]), same);
        CHECK_EQ(out[at(9, t)], -1);
        CHECK_EQ(out[at(10, t)], 1);
    }
}

TEST("a shuffle whose members sit in different arms waits for all of them") {
    const std::string text = compiled("warps");
    if (text.empty()) return;
    HeapDevice device;
    Kernels kernels(device, text);
    Buffer<int> out(device, 32);
    CHECK_EQ(kernels.launch("apart", {{1, 1, 1}, {32, 1, 1}}, Arguments().add(out.address())).text,
             std::string());
    for (int l = 0; l < 32; ++l) {
        const int other = l ^ 1;
        CHECK_EQ(out[static_cast<std::size_t>(l)], other * (2 + other % 3) + 1000 * (1 + l % 3));
    }
}

TEST("lanes that spin on a lock held by another lane of their warp get it in the end") {
    const std::string text = compiled("warps");
    if (text.empty()) return;
    for (const char* name : {"spin_lock", "spin_lock_outside"}) {
        HeapDevice device;
        Kernels kernels(device, text);
        Buffer<int> lock(device, 1), counter(device, 1);
        const auto fault = kernels.launch(name, {{4, 1, 1}, {64, 1, 1}, 0, false, 2},
                                          Arguments().add(lock.address()).add(counter.address()));
        CHECK_EQ(fault.text, std::string());
        CHECK_EQ(counter[0], 256);
    }
}

TEST("one warp waits for a flag that another warp of the block sets") {
    const std::string text = compiled("warps");
    if (text.empty()) return;
    HeapDevice device;
    Kernels kernels(device, text);
    Buffer<int> flag(device, 1), out(device, 64);
    const auto fault = kernels.launch("flag_wait", {{1, 1, 1}, {64, 1, 1}},
                                      Arguments().add(flag.address()).add(out.address()));
    CHECK_EQ(fault.text, std::string());
    CHECK_EQ(out[31], 42);
}

int nested(const int* in, int t) {
    int s = 0;
    for (int i = 0; i < in[t] % 9; i++) {
        if (i == in[(t + 1) & 63] % 7) continue;
        for (int j = i; j < in[(t + i) & 63] % 13; j++) {
            if (j == 11) break;
            s += i * j + t;
            if (s > 4000) return -s;
        }
    }
    return s;
}

TEST("nested loops with continue, break and early return give each lane its own result") {
    const std::string text = compiled("warps");
    if (text.empty()) return;
    HeapDevice device;
    Kernels kernels(device, text);
    Buffer<int> in(device, 64), out(device, 64);
    unsigned seed = 7;
    for (int round = 0; round < 20; ++round) {
        for (int k = 0; k < 64; ++k)
            in[static_cast<std::size_t>(k)] = static_cast<int>((seed = seed * 1664525 + 1013904223) >> 20);
        const auto fault = kernels.launch("nested", {{1, 1, 1}, {64, 1, 1}},
                                          Arguments().add(in.address()).add(out.address()));
        CHECK_EQ(fault.text, std::string());
        for (int k = 0; k < 64; ++k) CHECK_EQ(out[static_cast<std::size_t>(k)], nested(in.data(), k));
    }
}

TEST("atomics of all kinds agree between blocks and threads") {
    const std::string text = compiled("warps");
    if (text.empty()) return;
    HeapDevice device;
    Kernels kernels(device, text);
    Buffer<int> i(device, 16), old(device, 1024);
    Buffer<unsigned> u(device, 4);
    Buffer<float> f(device, 1);
    Buffer<double> d(device, 1);
    Buffer<unsigned long long> l(device, 2);
    i[3] = -1;
    const auto fault = kernels.launch("atomics", {{8, 1, 1}, {128, 1, 1}, 0, false, 2},
                                      Arguments()
                                          .add(i.address())
                                          .add(u.address())
                                          .add(f.address())
                                          .add(d.address())
                                          .add(l.address())
                                          .add(old.address()));
    CHECK_EQ(fault.text, std::string());
    CHECK_EQ(i[0], 1023 * 512);
    CHECK_EQ(i[1], -1023);
    CHECK_EQ(i[2], 1023);
    CHECK_EQ(i[3], 0);
    CHECK_EQ(i[4], -1);
    CHECK_EQ(i[5], 0);
    CHECK_EQ(u[0], 1024u % 38u);
    CHECK_EQ(u[1], (42u - 1024u % 42u) % 42u);
    CHECK_EQ(f[0], 1024.0f);
    CHECK_EQ(d[0], 512.0);
    CHECK_EQ(l[0], 1024ull << 33);
    CHECK_EQ(l[1], 1023ull);
    for (std::size_t k = 6; k < 10; ++k) CHECK_EQ(i[k], 256);
    std::vector<bool> seen(1024);
    for (std::size_t k = 0; k < 1024; ++k) seen[static_cast<std::size_t>(old[k]) & 1023] = true;
    CHECK_EQ(std::count(seen.begin(), seen.end(), true), 1024);
}

TEST("cooperative groups: tiles, coalesced threads and synchronising the whole grid") {
    const std::string text = compiled("warps");
    if (text.empty()) return;
    HeapDevice device;
    Kernels kernels(device, text);
    Buffer<int> out(device, 192);
    CHECK_EQ(kernels.launch("groups", {{1, 1, 1}, {64, 1, 1}}, Arguments().add(out.address())).text,
             std::string());
    for (int t = 0; t < 64; ++t) {
        const int first = t & ~7;
        CHECK_EQ(out[at(0, t)], first * 8 + 28);
        if (t % 3 != 1) continue;
        int size = 0;
        int rank = 0;
        int leader = -1;
        for (int k = t & ~31; k < (t & ~31) + 32; ++k) {
            if (k % 3 != 1) continue;
            if (leader < 0) leader = k;
            rank += k < t;
            ++size;
        }
        CHECK_EQ(out[at(1, t)], size * 100 + rank);
        CHECK_EQ(out[at(2, t)], leader);
    }
    constexpr int kThreads = 40 * 64;
    Buffer<int> data(device, kThreads), sums(device, kThreads);
    const auto fault = kernels.launch("grid_sync", {{40, 1, 1}, {64, 1, 1}, 0, true, 2},
                                      Arguments().add(data.address()).add(sums.address()).add(3));
    CHECK_EQ(fault.text, std::string());
    for (std::size_t k = 0; k < kThreads; ++k) CHECK_EQ(sums[k], 6);
}

TEST("barriers count, vote, and do not wait for threads that have left") {
    const std::string text = compiled("warps");
    if (text.empty()) return;
    HeapDevice device;
    Kernels kernels(device, text);
    Buffer<int> out(device, 288);
    CHECK_EQ(kernels.launch("block_votes", {{1, 1, 1}, {96, 1, 1}}, Arguments().add(out.address())).text,
             std::string());
    for (std::size_t t = 0; t < 96; ++t) {
        CHECK_EQ(out[t], 32);
        CHECK_EQ(out[96 + t], 3);
        CHECK_EQ(out[192 + t], t < 32 ? 0 : 5);
    }
}

}  // namespace
}  // namespace soft_test
