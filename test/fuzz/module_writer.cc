// See module_writer.h. Templates are in arithmetic_templates.cc and other_templates.cc; this makes their
// registers and addresses, and loops and branches around them.
#include "module_writer.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "module_templates.h"

namespace fuzz {
namespace {

// More bytes say nothing.
constexpr std::size_t kMostBytes = 800;

const char* const kFunctions = R"(.version 8.6
.target sm_90
.address_size 64
.extern .shared .align 16 .b8 dynamic[];
.global .align 8 .u64 table[4] = {1, 2, 3, 4};
.const .align 8 .b32 constants[8] = {7, 0x3f800000, 0x80000000, 9, 1, 0x7fc00000, 3, 0x41200000};
.func (.reg .b32 %o) f(.reg .b32 %x, .reg .b32 %y)
{
    .reg .pred %q;
    setp.gt.u32 %q, %x, %y;
    mad.lo.u32 %o, %x, 3, %y;
    @%q bra DONE;
    xor.b32 %o, %o, %y;
DONE:
    ret;
}
.func (.reg .b32 %o) g(.reg .b32 %n)
{
    .reg .pred %q;
    .reg .b32 %m;
    and.b32 %m, %n, 7;
    mov.u32 %o, 1;
    setp.eq.u32 %q, %m, 0;
    @%q ret;
    sub.u32 %m, %m, 1;
    call (%o), g, (%m);
    add.u32 %o, %o, %n;
    ret;
}
.func (.reg .b32 %o) h(.reg .b32 %x, .reg .f32 %y)
{
    .reg .f32 %z;
    cvt.rn.f32.s32 %z, %x;
    fma.rn.f32 %z, %z, %y, 0f3f800000;
    cvt.rzi.s32.f32 %o, %z;
    ret;
}
)";

const char* const kRegisters = R"({
    .reg .b16 %h<4>;
    .reg .b32 %r<8>;
    .reg .b64 %l<6>;
    .reg .f32 %f<6>;
    .reg .f64 %d<4>;
    .reg .pred %p<4>;
    .reg .b32 %rs, %sb, %c<4>;
    .reg .b64 %la, %ll, %lb, %lm, %fp;
    .reg .pred %more, %nan;
    .local .align 16 .b8 depot[64];
    .shared .align 16 .b8 fixed[64];
far: .callprototype (.reg .b32 _) _ (.reg .b32 _, .reg .f32 _);
    ld.param.u64 %lb, [buffer];
    mov.u64 %fp, h;
    mov.b32 %c0, 0;
    add.cc.u32 %c0, %c0, 0;
    mov.u64 %lm, depot;
    st.local.v4.b32 [%lm], {%c0, %c0, %c0, %c0};
    st.local.v4.b32 [%lm+16], {%c0, %c0, %c0, %c0};
    st.local.v4.b32 [%lm+32], {%c0, %c0, %c0, %c0};
    st.local.v4.b32 [%lm+48], {%c0, %c0, %c0, %c0};
    mov.u32 %c1, %tid.x;
    shl.b32 %rs, %c1, 4;
    setp.lt.u32 %more, %c1, 20;
    @%more st.shared.v4.b32 [%rs], {%c0, %c0, %c0, %c0};
    bar.sync 0;
)";

// The registers of a kind in the dump: where they begin, how large each is, how many there are.
struct Group {
    const char* stem;
    const char* type;
    std::size_t begin;
    std::size_t size;
    int count;
};
constexpr Group kDumped[] = {{"%r", "b32", 0, 4, 8},   {"%l", "b64", 32, 8, 6},  {"%f", "b32", 80, 4, 6},
                             {"%h", "b16", 104, 2, 4}, {"%d", "b64", 112, 8, 4}, {"%p", "pred", 144, 4, 4}};

class Writer {
  public:
    explicit Writer(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    std::string write() {
        is_full_ = next() % 2 == 0;
        const std::uint32_t threads = is_full_ ? kMostThreads : kFewThreads;
        text_ = kFunctions;
        text_ += ".visible .entry k(.param .u64 buffer, .param .u64 dump)\n.reqntid " +
                 std::to_string(threads) + ", 1, 1\n" + kRegisters;
        start_registers();
        // Registers that nobody asks for in the end need not be kept, and half of the modules keep all.
        const std::uint8_t keeps = next();
        std::uint32_t dropped = keeps % 2 == 0 ? 0 : next() * 0x01010101u;
        if (keeps % 4 == 3) dropped ^= next() * 0x00010100u;
        while (at_ < bytes_.size()) item();
        while (!open_.empty()) close();
        dump(dropped);
        return text_ + "ret;\n}\n";
    }

  private:
    std::uint8_t next() { return at_ < bytes_.size() ? bytes_[at_++] : std::uint8_t{0}; }

    void start_registers() {
        static const char* const kSources[] = {"%tid.x", "%laneid", "%ctaid.x", "%ntid.x"};
        for (int k = 0; k < 8; ++k)
            text_ += "mov.u32 %r" + std::to_string(k) + ", " + kSources[k % 4] + ";\n";
        for (int k = 0; k < 6; ++k) {
            const std::string n = std::to_string(k);
            text_ += "cvt.u64.u32 %l" + n + ", %r" + n + ";\ncvt.rn.f32.u32 %f" + n + ", %r" + n + ";\n";
        }
        for (int k = 0; k < 4; ++k) {
            const std::string n = std::to_string(k);
            text_ += "cvt.rn.f64.u32 %d" + n + ", %r" + n + ";\ncvt.u16.u32 %h" + n + ", %r" + n +
                     ";\nsetp.gt.u32 %p" + n + ", %r" + n + ", 9;\n";
        }
    }

    // An instruction, some arithmetic, or the begin or end of a loop or a branch around.
    void item() {
        const std::uint8_t what = next();
        if (what >= 240 && open_.size() < 4) {
            open(what % 2 == 0);
        } else if (what >= 225 && !open_.empty()) {
            close();
        } else if (what >= 160) {
            for (int count = what % 16; count >= 0; --count)
                instruction(arithmetic_templates()[next() % arithmetic_templates().size()]);
        } else {
            other(other_templates()[(what * 256u + next()) % other_templates().size()]);
        }
    }

    // Instructions for whole warps only come where all lanes do, and only while all are there. What shfl gets
    // from a lane that is not there is anything.
    void other(const std::string& pattern) {
        const bool is_aligned = pattern.find(".aligned") != std::string::npos;
        const bool is_shuffle = pattern.starts_with("shfl");
        const bool thins_out = pattern == "@P exit;" || pattern == "@P ret;";
        const bool is_left_out = (is_aligned && !open_.empty()) ||
                                 ((is_aligned || is_shuffle) && !is_full_) || (thins_out && is_full_);
        if (!is_left_out) instruction(pattern);
    }

    // Inner loops turn less often than the outermost.
    void open(bool loop) {
        const std::string n = std::to_string(labels_++);
        const std::string counter = "%c" + std::to_string(open_.size());
        const char* const most = open_.empty() ? ", 7;\nL" : ", 3;\nL";
        if (loop) {
            text_ += "and.b32 " + counter + ", " + pick("%r", 8) + most + n + ":\n";
        } else {
            text_ += std::string("@") + (next() % 2 == 0 ? "!" : "") + pick("%p", 4) + " bra L" + n + ";\n";
        }
        open_.push_back({loop, n, counter});
    }

    void close() {
        const Open last = open_.back();
        open_.pop_back();
        if (!last.loop) {
            text_ += "L" + last.label + ":\n";
            return;
        }
        text_ += "setp.ne.u32 %more, " + last.counter + ", 0;\nsub.u32 " + last.counter + ", " +
                 last.counter + ", 1;\n@%more bra L" + last.label + ";\n";
    }

    void address(char kind) {
        const std::string from = pick("%r", 8);
        if (kind == 'S') {
            text_ += "and.b32 %rs, " + from + ", 48;\nmov.u32 %sb, " +
                     (next() % 2 == 0 ? "fixed" : "dynamic") + ";\nadd.u32 %rs, %rs, %sb;\n";
        } else if (kind == 'Z') {
            text_ += "cvt.u64.u32 %ll, " + from +
                     ";\nand.b64 %ll, %ll, 48;\nmov.u64 %lm, depot;\n"
                     "add.u64 %ll, %ll, %lm;\n";
        } else if (kind == 'Y') {
            // The stack has what kernels before left there, which is nothing to compare.
            text_ += "cvt.u64.u32 %ll, " + from + ";\nor.b64 %ll, %ll, 0x10000000;\n";
        } else {
            const std::size_t size = kind == 'A' ? 16 : kind == 'B' ? 8 : 4;
            text_ += "mul.wide.u32 %la, " + from + ", " + std::to_string(size) + ";\nand.b64 %la, %la, " +
                     std::to_string(kBufferBytes / (kind == 'A' ? 1 : 2) - size) +
                     ";\nadd.u64 %la, %la, %lb;\n";
        }
    }

    void instruction(const std::string& pattern) {
        std::string line;
        std::string wide;  // the first f64 register, which is what f64 arithmetic writes
        for (std::size_t k = 0; k < pattern.size(); ++k) {
            const bool alone =
                (k == 0 || pattern[k - 1] == ' ') && k + 1 < pattern.size() && pattern[k + 1] == ' ';
            if (alone && std::string("ABCSYZ").find(pattern[k]) != std::string::npos) {
                address(pattern[k]);
                ++k;
                continue;
            }
            // Letters inside a word, as in L2, are no registers.
            const bool free = k + 1 == pattern.size() || pattern[k + 1] != '2';
            const std::string piece = free ? replaced(pattern[k]) : std::string(1, pattern[k]);
            if (free && pattern[k] == 'D' && wide.empty()) wide = piece;
            line += piece;
        }
        const std::uint8_t guard = next();
        const bool guarded = line[0] != '@' && guard >= 208 && line.find("bar") == std::string::npos &&
                             line.find("aligned") == std::string::npos;
        text_ +=
            (guarded ? (guard % 2 == 0 ? "@" : "@!") + pick("%p", 4) + " " : std::string()) + line + "\n";
        if (!wide.empty()) make_canonical(wide);
    }

    // The payload of an f64 NaN is not told by PTX, and instruction sets differ in it.
    void make_canonical(const std::string& reg) {
        text_ += "setp.nan.f64 %nan, " + reg + ", " + reg + ";\nselp.f64 " + reg + ", 0d7ff8000000000000, " +
                 reg + ", %nan;\n";
    }

    std::string replaced(char letter) {
        switch (letter) {
            case 'H':
                return pick("%h", 4);
            case 'R':
                return pick("%r", 8);
            case 'L':
                return pick("%l", 6);
            case 'F':
                return pick("%f", 6);
            case 'D':
                return pick("%d", 4);
            case 'P':
                return pick("%p", 4);
            case '#':
                return std::to_string(next() * 256 + next());
            default:
                return std::string(1, letter);
        }
    }

    std::string pick(const char* stem, int count) { return stem + std::to_string(next() % count); }

    // Stores the registers but for those whose bit is set in `dropped`.
    void dump(std::uint32_t dropped) {
        text_ +=
            "ld.param.u64 %ll, [dump];\nmov.u32 %c0, %ctaid.x;\nmov.u32 %c1, %ntid.x;\n"
            "mov.u32 %c2, %tid.x;\nmad.lo.u32 %c0, %c0, %c1, %c2;\nmad.wide.u32 %ll, %c0, " +
            std::to_string(kThreadDumpBytes) + ", %ll;\n";
        for (const Group& group : kDumped) {
            for (int k = 0; k < group.count; ++k, dropped >>= 1) {
                if (dropped % 2 == 0) store(group, k);
            }
        }
    }

    void store(const Group& group, int index) {
        const std::string reg = group.stem + std::to_string(index);
        const std::string place =
            " [%ll+" + std::to_string(group.begin + group.size * static_cast<std::size_t>(index)) + "], ";
        if (group.type == std::string("pred"))
            text_ += "selp.b32 %c1, 1, 2, " + reg + ";\nst.global.b32" + place + "%c1;\n";
        else
            text_ += std::string("st.global.") + group.type + place + reg + ";\n";
    }

    struct Open {
        bool loop;
        std::string label;
        std::string counter;
    };

    std::span<const std::uint8_t> bytes_;
    std::size_t at_ = 0;
    std::string text_;
    std::vector<Open> open_;
    int labels_ = 0;
    bool is_full_ = false;  // all warps have 32 lanes up to their end
};

}  // namespace

std::string write_module(std::span<const std::uint8_t> bytes) {
    return Writer(bytes.first(std::min(bytes.size(), kMostBytes))).write();
}

std::string register_at(std::size_t offset) {
    const std::size_t thread = offset / kThreadDumpBytes;
    const std::size_t at = offset % kThreadDumpBytes;
    std::string reg = "?";
    for (const Group& group : kDumped) {
        const bool is_here = at >= group.begin && at < group.begin + group.size * group.count;
        if (is_here) reg = group.stem + std::to_string((at - group.begin) / group.size);
    }
    return reg + " of thread " + std::to_string(thread);
}

}  // namespace fuzz
