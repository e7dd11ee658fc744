// See module_writer.h. In a template a capital letter is a register of a kind, chosen by the next byte: H
// b16, R b32, L b64, F f32, D f64, P predicate; `#` is a constant of two bytes. A, S and Z make the address
// of a buffer, shared and local word in %la, %rs and %ll first.
#include "module_writer.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace fuzz {
namespace {

const char* const kTemplates[] = {
    "add.u32 R, R, R;",
    "sub.s32 R, R, #;",
    "mul.lo.s32 R, R, R;",
    "mul.hi.u32 R, R, R;",
    "mad.lo.u32 R, R, R, R;",
    "mul.wide.s32 L, R, R;",
    "div.s32 R, R, R;",
    "rem.u32 R, R, #;",
    "div.u64 L, L, L;",
    "rem.s64 L, L, L;",
    "add.s64 L, L, L;",
    "mad.lo.s64 L, L, L, L;",
    "add.cc.u32 R, R, R;",
    "addc.cc.u32 R, R, R;",
    "madc.hi.u32 R, R, R, R;",
    "add.s16 H, H, H;",
    "mul.lo.u16 H, H, H;",
    "div.u16 H, H, H;",
    "abs.s32 R, R;",
    "neg.s64 L, L;",
    "min.s32 R, R, R;",
    "max.u64 L, L, L;",
    "and.b32 R, R, R;",
    "or.b64 L, L, L;",
    "xor.b16 H, H, H;",
    "not.b32 R, R;",
    "cnot.b32 R, R;",
    "shl.b32 R, R, R;",
    "shr.s64 L, L, R;",
    "shf.l.wrap.b32 R, R, R, R;",
    "shf.r.clamp.b32 R, R, R, R;",
    "prmt.b32 R, R, R, R;",
    "bfe.s32 R, R, R, R;",
    "bfi.b64 L, L, L, R, R;",
    "bfind.u32 R, R;",
    "brev.b32 R, R;",
    "popc.b64 R, L;",
    "clz.b32 R, R;",
    "fns.b32 R, R, R, R;",
    "lop3.b32 R, R, R, R, 0x6a;",
    "dp4a.u32.s32 R, R, R, R;",
    "sad.u32 R, R, R, R;",
    "bmsk.clamp.b32 R, R, R;",
    "szext.wrap.s32 R, R, R;",
    "slct.u32.s32 R, R, R, R;",
    "setp.lt.s32 P, R, R;",
    "setp.ge.and.u64 P, L, L, P;",
    "setp.neu.f32 P, F, F;",
    "setp.gt.f64 P|P, D, D;",
    "set.le.u32.f32 R, F, F;",
    "selp.b32 R, R, R, P;",
    "selp.f64 D, D, D, P;",
    "and.pred P, P, P;",
    "xor.pred P, P, P;",
    "not.pred P, P;",
    "mov.b32 R, #;",
    "mov.b64 L, {R, R};",
    "mov.b64 {R, R}, L;",
    "mov.b32 {H, H}, R;",
    "mov.u32 R, %tid.x;",
    "mov.u32 R, %laneid;",
    "mov.u32 R, %lanemask_lt;",
    "mov.u64 L, %clock64;",
    "add.rn.f32 F, F, F;",
    "fma.rz.f32 F, F, F, F;",
    "mul.ftz.sat.f32 F, F, F;",
    "div.rn.f32 F, F, F;",
    "sqrt.rp.f32 F, F;",
    "ex2.approx.f32 F, F;",
    "sin.approx.f32 F, F;",
    "lg2.approx.ftz.f32 F, F;",
    "rsqrt.approx.f32 F, F;",
    "add.rm.f64 D, D, D;",
    "fma.rn.f64 D, D, D, D;",
    "div.rn.f64 D, D, D;",
    "sqrt.rn.f64 D, D;",
    "min.f32 F, F, F;",
    "copysign.f32 F, F, F;",
    "testp.normal.f32 P, F;",
    "cvt.rn.f32.s32 F, R;",
    "cvt.rzi.s32.f32 R, F;",
    "cvt.rni.u64.f64 L, D;",
    "cvt.f64.f32 D, F;",
    "cvt.rn.f32.f64 F, D;",
    "cvt.sat.u8.s32 R, R;",
    "cvt.s64.s32 L, R;",
    "cvt.u16.u32 H, R;",
    "cvt.rn.f16.f32 H, F;",
    "cvt.f32.f16 F, H;",
    "add.f16 H, H, H;",
    "fma.rn.f16x2 R, R, R, R;",
    "fma.rn.bf16x2 R, R, R, R;",
    "max.f16x2 R, R, R;",
    "cvt.rn.satfinite.e4m3x2.f32 H, F, F;",
    "cvt.rn.f16x2.e5m2x2 R, H;",
    "A ld.global.u32 R, [%la];",
    "A ld.global.v2.u32 {R, R}, [%la];",
    "A ld.global.nc.v4.f32 {F, F, F, F}, [%la];",
    "A ld.u8 R, [%la+3];",
    "A ld.volatile.global.f64 D, [%la];",
    "A st.global.b32 [%la], R;",
    "A st.global.v2.b64 [%la], {L, L};",
    "A @P st.global.u16 [%la+2], H;",
    "A atom.global.add.u32 R, [%la], R;",
    "A atom.global.cas.b64 L, [%la], L, L;",
    "A atom.global.add.f32 F, [%la], F;",
    "A red.global.max.s32 [%la], R;",
    "A atom.global.exch.b32 R, [%la], R;",
    "A prefetch.global.L2 [%la];",
    "S ld.shared.u32 R, [%rs];",
    "S st.shared.b32 [%rs], R;",
    "S st.shared.b8 [%rs+1], R;",
    "S atom.shared.inc.u32 R, [%rs], R;",
    "S ld.shared.v2.u32 {R, R}, [%rs];",
    "A S cp.async.ca.shared.global [%rs], [%la], 8;",
    "cp.async.commit_group;",
    "cp.async.wait_all;",
    "Z ld.local.u32 R, [%ll];",
    "Z st.local.u32 [%ll], R;",
    "Z st.local.f64 [%ll], D;",
    "ld.global.u32 R, [L];",
    "st.u64 [L], L;",
    "ld.shared.u32 R, [R];",
    "shfl.sync.bfly.b32 R|P, R, #, 31, -1;",
    "shfl.sync.idx.b32 R, R, R, 31, 0xffff;",
    "vote.sync.ballot.b32 R, P, -1;",
    "vote.sync.any.pred P, P, R;",
    "match.any.sync.b32 R, R, -1;",
    "redux.sync.add.s32 R, R, -1;",
    "activemask.b32 R;",
    "bar.warp.sync -1;",
    "bar.sync 0;",
    "barrier.sync 1, 64;",
    "bar.red.popc.u32 R, 0, P;",
    "membar.gl;",
    "fence.acq_rel.gpu;",
    "call (R), f, (R, R);",
    "call (R), g, (R);",
    "nanosleep.u32 20;",
    "@P exit;",
    "@P ret;",
    "@P trap;",
    "isspacep.shared P, L;",
    "cvta.to.global.u64 L, L;",
};

const char* const kHead = R"(.version 8.0
.target sm_80
.address_size 64
.extern .shared .align 16 .b8 dynamic[];
.global .align 8 .u64 table[4] = {1, 2, 3, 4};
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
.visible .entry k(.param .u64 buffer)
{
    .reg .b16 %h<4>;
    .reg .b32 %r<8>;
    .reg .b64 %l<6>;
    .reg .f32 %f<6>;
    .reg .f64 %d<4>;
    .reg .pred %p<4>;
    .reg .b32 %rs, %c<4>;
    .reg .b64 %la, %ll, %lb, %lm;
    .reg .pred %more;
    .local .align 16 .b8 depot[64];
    .shared .align 16 .b8 fixed[64];
    ld.param.u64 %lb, [buffer];
)";

class Writer {
  public:
    explicit Writer(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    std::string write() {
        text_ = kHead;
        start_registers();
        while (at_ < bytes_.size()) item();
        while (!open_.empty()) close();
        return text_ + "st.global.u32 [%lb], %r0;\nret;\n}\n";
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

    // An instruction, or the begin or end of a loop or a branch around.
    void item() {
        const std::uint8_t what = next();
        if (what >= 240 && open_.size() < 4) {
            open(what % 2 == 0);
        } else if (what >= 225 && !open_.empty()) {
            close();
        } else {
            instruction(kTemplates[(what + next()) % std::size(kTemplates)]);
        }
    }

    void open(bool loop) {
        const std::string n = std::to_string(labels_++);
        const std::string counter = "%c" + std::to_string(open_.size());
        if (loop) {
            text_ += "and.b32 " + counter + ", " + pick("%r", 8) + ", 7;\nL" + n + ":\n";
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
        if (kind == 'A') {
            text_ += "mul.wide.u32 %la, " + from + ", 16;\nand.b64 %la, %la, 4064;\nadd.u64 %la, %la, %lb;\n";
        } else if (kind == 'S') {
            text_ += std::string("and.b32 %rs, ") + from + ", 48;\nmov.u32 %c3, " +
                     (next() % 2 == 0 ? "fixed" : "dynamic") + ";\nadd.u32 %rs, %rs, %c3;\n";
        } else {
            text_ += "cvt.u64.u32 %ll, " + from +
                     ";\nand.b64 %ll, %ll, 48;\nmov.u64 %lm, depot;\n"
                     "add.u64 %ll, %ll, %lm;\n";
        }
    }

    void instruction(const std::string& pattern) {
        std::string line;
        for (std::size_t k = 0; k < pattern.size(); ++k) {
            const bool alone =
                (k == 0 || pattern[k - 1] == ' ') && k + 1 < pattern.size() && pattern[k + 1] == ' ';
            if (alone && (pattern[k] == 'A' || pattern[k] == 'S' || pattern[k] == 'Z')) {
                address(pattern[k]);
                ++k;
                continue;
            }
            // Letters inside a word, as in L2, are no registers.
            const bool free = k + 1 == pattern.size() || pattern[k + 1] != '2';
            line += free ? replaced(pattern[k]) : std::string(1, pattern[k]);
        }
        const std::uint8_t guard = next();
        const bool guarded = line[0] != '@' && guard >= 208 && line.find("bar") == std::string::npos;
        text_ +=
            (guarded ? (guard % 2 == 0 ? "@" : "@!") + pick("%p", 4) + " " : std::string()) + line + "\n";
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
};

}  // namespace

std::string write_module(std::span<const std::uint8_t> bytes) {
    return Writer(bytes.first(std::min<std::size_t>(bytes.size(), 400))).write();
}

}  // namespace fuzz
