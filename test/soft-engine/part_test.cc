// Loads, stores and atomics of parts of warps against loops: which lanes run is random, the others hold
// addresses that nobody may touch. PTX text, no toolkit.
#include <random>
#include <span>

#include "heap_device.h"
#include "ptx_kernel.h"
#include "testing.h"

namespace soft_test {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

constexpr u32 kThreads = 75;
constexpr u32 kBytes = 4096;  // of the memory that is accessed
constexpr u64 kNowhere = 0xffff'ffff'ffff'fffcu;

enum Pattern { kConsecutive, kSame, kScattered, kPatterns };

struct Case {
    bool is_shared;
    std::vector<u32> offsets;  // of each thread
    std::vector<u32> runs;     // 1: it takes part
};

// Warps keep to places of their own, because nobody says which of them comes first.
Case random_case(std::mt19937& random, u32 size, Pattern pattern, bool is_shared) {
    Case made{is_shared, std::vector<u32>(kThreads), std::vector<u32>(kThreads)};
    const u32 places = kBytes / size;
    const u32 first = static_cast<u32>(random()) % (places - kThreads);
    const u32 density = 1 + static_cast<u32>(random()) % 4;
    for (u32 t = 0; t < kThreads; ++t) {
        const u32 own = places / 3 * (t / 32);
        const u32 place = pattern == kConsecutive ? first + t
                          : pattern == kSame      ? own + first / 3
                                                  : own + static_cast<u32>(random()) % (places / 3);
        made.offsets[t] = place * size;
        made.runs[t] = random() % 4 < density ? 1 : 0;
    }
    return made;
}

// One access and what it does to a thread's four words and its place in memory. `text` names %a, the address
// less 8, and the words as %n0 to %n3 or as the pairs %v and %w.
struct Access {
    const char* text;
    u32 size;
    void (*effect)(std::byte* words, std::byte* place);
};

bool is_wide(const Access& access) { return std::string(access.text).find("%v") != std::string::npos; }

// A loop over the words of the memory, %d1 there and %r3 in shared memory.
std::string for_each_word(const std::string& label, const std::string& body) {
    return "bar.sync 0; mov.u32 %r1, %t;\n" + label +
           ": shl.b32 %r2, %r1, 2; add.u32 %r3, %s, %r2; cvt.u64.u32 %d1, %r2; add.u64 %d1, %memory, %d1;\n" +
           body + "mov.u32 %r2, %ntid.x; add.u32 %r1, %r1, %r2; setp.lt.u32 %q1, %r1, " +
           std::to_string(kBytes / 4) + ";\n@%q1 bra " + label + ";\nbar.sync 0;\n";
}

// k(memory, addresses, runs, words): the lanes that take part do the access, by a guard or in the arm of a
// branch. Shared memory is filled from `memory` before and put back after.
std::string program(const Access& access, bool is_shared, bool branches) {
    std::string text = ptx_head();
    text +=
        ".visible .entry k(.param .u64 k_m, .param .u64 k_a, .param .u64 k_r, .param .u64 k_w)\n{ .reg .pred "
        "%q<4>; .reg .b32 %r<8>, %s, %t, %n<4>; .reg .b64 %d<4>, %memory, %a, %v, %w;\n.shared .align 16 .b8 "
        "room[" +
        std::to_string(kBytes) +
        "];\nmov.u32 %t, %tid.x; mov.u32 %s, room; ld.param.u64 %memory, [k_m];\n"
        "ld.param.u64 %d0, [k_a]; mad.wide.u32 %d0, %t, 8, %d0; ld.global.u64 %a, [%d0];\n"
        "ld.param.u64 %d0, [k_r]; mad.wide.u32 %d0, %t, 4, %d0; ld.global.u32 %r0, [%d0];\n"
        "ld.param.u64 %d0, [k_w]; mad.wide.u32 %d0, %t, 16, %d0; ld.global.v2.u64 {%v, %w}, [%d0];\n"
        "setp.ne.u32 %q0, %r0, 0; sub.u64 %a, %a, 8; mov.b64 {%n0, %n1}, %v; mov.b64 {%n2, %n3}, %w;\n"
        "cvt.u32.u64 %r4, %a; add.u32 %r4, %r4, %s;\n";
    std::string action = access.text;
    if (is_shared) {
        action.replace(action.find(".global"), 7, ".shared");
        action.replace(action.find("%a"), 2, "%r4");
        text += for_each_word("FILL", "ld.global.u32 %r5, [%d1]; st.shared.u32 [%r3], %r5;\n");
    }
    text += branches ? "@!%q0 bra PAST;\n" + action + ";\nPAST:\n" : "@%q0 " + action + ";\n";
    if (is_shared) text += for_each_word("BACK", "ld.shared.u32 %r5, [%r3]; st.global.u32 [%d1], %r5;\n");
    const char* words = is_wide(access) ? "v2.u64 [%d0], {%v, %w}" : "v4.u32 [%d0], {%n0, %n1, %n2, %n3}";
    return text + "st.global." + words + ";\nret; }\n";
}

struct State {
    std::vector<u32> memory;
    std::vector<u32> words;  // four a thread
};

State random_state(std::mt19937& random) {
    State state{std::vector<u32>(kBytes / 4), std::vector<u32>(kThreads * 4)};
    for (auto* part : {&state.memory, &state.words}) {
        // Small numbers too, or nothing is ever equal or counted to its end.
        for (u32& word : *part) word = static_cast<u32>(random() % 2 == 0 ? random() % 3 : random());
    }
    return state;
}

struct Outcome {
    State state;
    soft::Fault fault;
};

Outcome run(const Case& made, const std::string& text, const State& before) {
    HeapDevice device;
    Kernels kernels(device, text);
    CHECK_EQ(kernels.log, std::string());
    Buffer<u32> memory(device, before.memory);
    Buffer<u32> words(device, before.words);
    std::vector<u64> addresses(kThreads);
    for (u32 t = 0; t < kThreads; ++t) {
        const u64 base = made.is_shared ? 0 : memory.address();
        addresses[t] = made.runs[t] != 0 ? base + made.offsets[t] : kNowhere + t;
    }
    Buffer<u64> at(device, addresses);
    Buffer<u32> runs(device, made.runs);
    const auto fault = kernels.launch(
        "k", {{1, 1, 1}, {kThreads, 1, 1}},
        Arguments().add(memory.address()).add(at.address()).add(runs.address()).add(words.address()));
    return {{{memory.data(), memory.data() + memory.size()}, {words.data(), words.data() + words.size()}},
            fault};
}

std::byte* bytes_of(std::vector<u32>& words, std::size_t offset) {
    return static_cast<std::byte*>(static_cast<void*>(words.data())) + offset;
}

void check_access(std::mt19937& random, const Access& access) {
    for (int round = 0; round < kPatterns * 4; ++round) {
        const bool is_shared = round / kPatterns % 2 == 1;
        const bool branches = round / kPatterns / 2 == 1;
        const Case made =
            random_case(random, access.size, static_cast<Pattern>(round % kPatterns), is_shared);
        const State before = random_state(random);
        const Outcome after = run(made, program(access, is_shared, branches), before);
        CHECK_EQ(after.fault.text, std::string());
        State wanted = before;
        for (u32 t = 0; t < kThreads; ++t) {
            if (made.runs[t] == 0) continue;
            access.effect(bytes_of(wanted.words, t * 16), bytes_of(wanted.memory, made.offsets[t]));
        }
        if (after.state.memory == wanted.memory && after.state.words == wanted.words) continue;
        std::cerr << access.text << ", round " << round << "\n";
        CHECK(after.state.memory == wanted.memory);
        CHECK(after.state.words == wanted.words);
        return;
    }
}

template <class T>
T read(const std::byte* at) {
    T value{};
    std::memcpy(&value, at, sizeof value);
    return value;
}
template <class T>
void write(std::byte* at, T value) {
    std::memcpy(at, &value, sizeof value);
}

template <std::size_t Size>
void loads(std::byte* words, std::byte* place) {
    std::memcpy(words, place, Size);
}
template <class T, class Register>
void extends(std::byte* words, std::byte* place) {
    write<Register>(words, static_cast<Register>(read<T>(place)));
}
template <std::size_t Size>
void stores(std::byte* words, std::byte* place) {
    std::memcpy(place, words, Size);
}
// `atom` answers the old value; `red` does not.
template <class T, auto Op, bool Answers>
void updates(std::byte* words, std::byte* place) {
    const T old = read<T>(place);
    write<T>(place, static_cast<T>(Op(old, read<T>(words), read<T>(words + sizeof(T)))));
    if (Answers) write<T>(words, old);
}

constexpr Access kMoves[] = {
    {"ld.global.u32 %n0, [%a+8]", 4, loads<4>},
    {"ld.global.v2.u32 {%n0, %n1}, [%a+8]", 8, loads<8>},
    {"ld.global.v4.u32 {%n0, %n1, %n2, %n3}, [%a+8]", 16, loads<16>},
    {"ld.global.u64 %v, [%a+8]", 8, loads<8>},
    {"ld.global.v2.u64 {%v, %w}, [%a+8]", 16, loads<16>},
    {"ld.global.u8 %n0, [%a+8]", 1, extends<std::uint8_t, u32>},
    {"ld.global.s8 %n0, [%a+8]", 1, extends<std::int8_t, u32>},
    {"ld.global.u16 %n0, [%a+8]", 2, extends<std::uint16_t, u32>},
    {"ld.global.s16 %n0, [%a+8]", 2, extends<std::int16_t, u32>},
    {"ld.global.s32 %v, [%a+8]", 4, extends<std::int32_t, u64>},
    {"st.global.u32 [%a+8], %n0", 4, stores<4>},
    {"st.global.v2.u32 [%a+8], {%n0, %n1}", 8, stores<8>},
    {"st.global.v4.u32 [%a+8], {%n0, %n1, %n2, %n3}", 16, stores<16>},
    {"st.global.u64 [%a+8], %v", 8, stores<8>},
    {"st.global.v2.u64 [%a+8], {%v, %w}", 16, stores<16>},
    {"st.global.u8 [%a+8], %n0", 1, stores<1>},
    {"st.global.u16 [%a+8], %n0", 2, stores<2>},
};

template <class T>
constexpr auto kAdd = [](T old, T b, T) { return old + b; };
template <class T>
constexpr auto kAnd = [](T old, T b, T) { return old & b; };
template <class T>
constexpr auto kOr = [](T old, T b, T) { return old | b; };
template <class T>
constexpr auto kXor = [](T old, T b, T) { return old ^ b; };
template <class T>
constexpr auto kExch = [](T, T b, T) { return b; };
template <class T>
constexpr auto kCas = [](T old, T b, T c) { return old == b ? c : old; };
template <class T>
constexpr auto kInc = [](T old, T b, T) { return old >= b ? T{0} : static_cast<T>(old + 1); };
template <class T>
constexpr auto kDec = [](T old, T b, T) { return old == 0 || old > b ? b : static_cast<T>(old - 1); };
template <class T>
constexpr auto kMin = [](T old, T b, T) { return b < old ? b : old; };
template <class T>
constexpr auto kMax = [](T old, T b, T) { return old < b ? b : old; };

using s32 = std::int32_t;
using s64 = std::int64_t;

constexpr Access kAtomics[] = {
    {"atom.global.add.u32 %n0, [%a+8], %n0", 4, updates<u32, kAdd<u32>, true>},
    {"atom.global.add.s32 _, [%a+8], %n0", 4, updates<u32, kAdd<u32>, false>},
    {"red.global.add.u32 [%a+8], %n0", 4, updates<u32, kAdd<u32>, false>},
    {"atom.global.and.b32 %n0, [%a+8], %n0", 4, updates<u32, kAnd<u32>, true>},
    {"atom.global.or.b32 %n0, [%a+8], %n0", 4, updates<u32, kOr<u32>, true>},
    {"red.global.xor.b32 [%a+8], %n0", 4, updates<u32, kXor<u32>, false>},
    {"atom.global.exch.b32 %n0, [%a+8], %n0", 4, updates<u32, kExch<u32>, true>},
    {"atom.global.cas.b32 %n0, [%a+8], %n0, %n1", 4, updates<u32, kCas<u32>, true>},
    {"atom.global.inc.u32 %n0, [%a+8], %n0", 4, updates<u32, kInc<u32>, true>},
    {"atom.global.dec.u32 %n0, [%a+8], %n0", 4, updates<u32, kDec<u32>, true>},
    {"atom.global.min.u32 %n0, [%a+8], %n0", 4, updates<u32, kMin<u32>, true>},
    {"atom.global.max.u32 %n0, [%a+8], %n0", 4, updates<u32, kMax<u32>, true>},
    {"atom.global.min.s32 %n0, [%a+8], %n0", 4, updates<s32, kMin<s32>, true>},
    {"red.global.max.s32 [%a+8], %n0", 4, updates<s32, kMax<s32>, false>},
    {"atom.global.add.u64 %v, [%a+8], %v", 8, updates<u64, kAdd<u64>, true>},
    {"red.global.and.b64 [%a+8], %v", 8, updates<u64, kAnd<u64>, false>},
    {"atom.global.or.b64 %v, [%a+8], %v", 8, updates<u64, kOr<u64>, true>},
    {"atom.global.xor.b64 %v, [%a+8], %v", 8, updates<u64, kXor<u64>, true>},
    {"atom.global.exch.b64 %v, [%a+8], %v", 8, updates<u64, kExch<u64>, true>},
    {"atom.global.cas.b64 %v, [%a+8], %v, %w", 8, updates<u64, kCas<u64>, true>},
    {"atom.global.min.u64 %v, [%a+8], %v", 8, updates<u64, kMin<u64>, true>},
    {"atom.global.max.u64 %v, [%a+8], %v", 8, updates<u64, kMax<u64>, true>},
    {"atom.global.min.s64 %v, [%a+8], %v", 8, updates<s64, kMin<s64>, true>},
    {"atom.global.max.s64 %v, [%a+8], %v", 8, updates<s64, kMax<s64>, true>},
};

TEST("parts of warps load and store what their lanes ask for, and nothing else") {
    std::mt19937 random(5);
    for (const Access& access : kMoves) check_access(random, access);
}

TEST("parts of warps update memory one lane after the other") {
    std::mt19937 random(6);
    for (const Access& access : kAtomics) check_access(random, access);
}

TEST("lanes that add floats to one place round one after the other") {
    HeapDevice device;
    Kernels kernels(device, plain_kernel(R"(
        mov.b32 %r0, 0x3f800000; mov.b64 %d0, 0x3ff0000000000000;
        atom.global.add.f32 %r1, [%out], %r0; red.global.add.f64 [%out+8], %d0;)"));
    CHECK_EQ(kernels.log, std::string());
    // The numbers from which on one more makes no difference.
    Buffer<u64> out(device, {0x4b800000u, 0x4340000000000000u});
    CHECK_EQ(kernels.launch("k", {{1, 1, 1}, {kThreads, 1, 1}}, Arguments().add(out.address())).error, 0);
    CHECK_EQ(out[0], 0x4b800000u);
    CHECK_EQ(out[1], 0x4340000000000000u);
}

TEST("one lane of a part of a warp that goes astray is a fault, and its neighbour is not") {
    std::mt19937 random(7);
    for (const auto list : {std::span<const Access>(kMoves), std::span<const Access>(kAtomics)}) {
        for (const Access& access : list) {
            for (const bool is_shared : {false, true}) {
                Case made = random_case(random, access.size, kConsecutive, is_shared);
                made.runs[40] = 1;
                made.offsets[40] = kBytes - access.size;
                const std::string text = program(access, is_shared, is_shared);
                CHECK_EQ(run(made, text, random_state(random)).fault.error, 0);
                made.offsets[40] = kBytes;
                CHECK_EQ(run(made, text, random_state(random)).fault.error, 700);
                made.offsets[40] = kBytes - access.size - access.size / 2;
                CHECK_EQ(run(made, text, random_state(random)).fault.error, access.size == 1 ? 0 : 716);
            }
        }
    }
}

}  // namespace
}  // namespace soft_test
