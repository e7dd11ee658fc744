// wmma from memory to memory in every shape and layout, and the instructions that move 8x8 matrices
// between shared memory and registers.
#include "heap_device.h"
#include "matrix_values.h"
#include "ptx_kernel.h"
#include "testing.h"

namespace soft_test {
namespace {

struct Shape3 {
    int m, n, k;
    std::string name() const {
        return "m" + std::to_string(m) + "n" + std::to_string(n) + "k" + std::to_string(k);
    }
};

std::string register_list(const ElementFormat& f, int first, int count) {
    std::string text("{");
    for (int k = 0; k < count; ++k)
        text += std::string(k == 0 ? "" : ", ") + (f.bits == 64 ? "%d" : "%r") + std::to_string(first + k);
    return text + "}";
}

int register_count(const ElementFormat& f, int elements, bool is_input) {
    if (is_input && f.name == "f16") return 8;
    return elements * std::min(f.bits, 32) / 32 / 32;
}

// Bytes of the matrix in memory with `stride` elements from one row (or column) to the next.
std::vector<std::uint8_t> lay_down(const Matrix& matrix, const ElementFormat& f, bool by_row, int stride) {
    const int lines = by_row ? matrix.rows : matrix.columns;
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(lines * stride * f.bits / 8) + 16, 0xee);
    for (int row = 0; row < matrix.rows; ++row) {
        for (int column = 0; column < matrix.columns; ++column) {
            const int bit = ((by_row ? row : column) * stride + (by_row ? column : row)) * f.bits;
            std::uint64_t value = encode(f, matrix.at(row, column));
            for (int k = 0; k < f.bits; ++k, value >>= 1) {
                auto& byte = bytes[static_cast<std::size_t>((bit + k) / 8)];
                const auto mask = static_cast<std::uint8_t>(1u << ((bit + k) % 8));
                byte = static_cast<std::uint8_t>((value & 1u) != 0 ? byte | mask : byte & ~mask);
            }
        }
    }
    return bytes;
}

struct Case {
    Shape3 s;
    std::string input, c, d;
    bool a_row, b_row, c_row;
    bool is_shared = false;   // A comes out of shared memory
    std::string types;        // of wmma.mma
    Combine combine = Combine::multiply;
};

std::string word(bool by_row) { return by_row ? ".row" : ".col"; }

std::string kernel_of(const Case& x) {
    const ElementFormat& in = format_of(x.input);
    const ElementFormat& c = format_of(x.c);
    const ElementFormat& d = format_of(x.d);
    const int na = register_count(in, x.s.m * x.s.k, true);
    const int nb = register_count(in, x.s.k * x.s.n, true);
    const int nc = register_count(c, x.s.m * x.s.n, false);
    const int nd = register_count(d, x.s.m * x.s.n, false);
    const std::string from = x.is_shared ? ".shared" : "";
    const std::string a_at = x.is_shared ? "[s+16]" : "[%d30]";
    std::string text = ".shared .align 128 .b8 s[4096];\n" + std::string();
    text = std::string(ptx_head()) + text +
           ".visible .entry k(.param .u64 a, .param .u64 b, .param .u64 c, .param .u64 d, .param .u32 st)\n"
           "{ .reg .pred %q<2>; .reg .b32 %r<64>; .reg .b64 %d<40>; .reg .u32 %t, %st;\n"
           "ld.param.u64 %d30, [a]; ld.param.u64 %d31, [b]; ld.param.u64 %d32, [c]; ld.param.u64 %d33, [d];\n"
           "ld.param.u32 %st, [st]; mov.u32 %t, %tid.x;\n";
    if (x.is_shared)
        text += "mul.wide.u32 %d35, %t, 4; mov.b64 %d36, s; add.u64 %d36, %d36, %d35;\n"
                "add.u64 %d35, %d35, %d30; mov.u32 %r60, 0;\n"
                "L: ld.global.b32 %r61, [%d35]; st.shared.b32 [%d36+16], %r61;\n"
                "add.u64 %d35, %d35, 128; add.u64 %d36, %d36, 128; add.u32 %r60, %r60, 1;\n"
                "setp.lt.u32 %q0, %r60, 24; @%q0 bra L; bar.sync 0;\n";
    const std::string ra = register_list(in, 0, na);
    const std::string rb = register_list(in, na, nb);
    const std::string rc = register_list(c, na + nb, nc);
    const std::string rd = register_list(d, na + nb + nc, nd);
    const std::string shape = "." + x.s.name();
    text += "wmma.load.a.sync.aligned" + word(x.a_row) + shape + from + "." + x.input + " " + ra + ", ";
    text += a_at + ", %st;\n";
    text += "wmma.load.b.sync.aligned" + word(x.b_row) + shape + ".global." + x.input + " " + rb +
            ", [%d31], %st;\n";
    text += "wmma.load.c.sync.aligned" + word(x.c_row) + shape + ".global." + x.c + " " + rc + ", [%d32];\n";
    text += "wmma.mma" + std::string(x.combine == Combine::bits_xor ? ".xor.popc" : "") +
            std::string(x.combine == Combine::bits_and ? ".and.popc" : "") + ".sync.aligned" + word(x.a_row) +
            word(x.b_row) + shape + x.types + " " + rd + ", " + ra + ", " + rb + ", " + rc + ";\n";
    return text + "wmma.store.d.sync.aligned" + word(x.c_row) + shape + ".global." + x.d + " [%d33], " + rd +
           ", " + std::to_string((x.c_row ? x.s.n : x.s.m) + 8) + ";\nret; }\n";
}

void check_case(const Case& x) {
    HeapDevice device;
    const std::string source = kernel_of(x);
    Kernels kernels(device, source);
    CHECK_EQ(kernels.log, std::string());
    if (kernels.error != 0) return;
    const ElementFormat& in = format_of(x.input);
    const ElementFormat& d = format_of(x.d);
    const Matrix a = random_matrix(in, x.s.m, x.s.k);
    const Matrix b = random_matrix(in, x.s.k, x.s.n);
    const Matrix c = random_matrix(format_of(x.c), x.s.m, x.s.n);
    const int stride = in.bits < 8 ? 2 * x.s.k : 40;
    Buffer<std::uint8_t> at_a(device, 4096), at_b(device, 4096), at_c(device, 4096), at_d(device, 8192);
    const auto place = [](Buffer<std::uint8_t>& buffer, const std::vector<std::uint8_t>& bytes) {
        std::copy(bytes.begin(), bytes.end(), buffer.data());
    };
    place(at_a, lay_down(a, in, x.a_row, stride));
    place(at_b, lay_down(b, in, x.b_row, stride));
    place(at_c, lay_down(c, format_of(x.c), x.c_row, x.c_row ? x.s.n : x.s.m));
    const auto fault = kernels.launch("k", {{1, 1, 1}, {32, 1, 1}},
                                      Arguments()
                                          .add(at_a.address())
                                          .add(at_b.address())
                                          .add(at_c.address())
                                          .add(at_d.address())
                                          .add(stride));
    CHECK_EQ(fault.text, std::string());
    const Matrix expected = product(a, b, c, x.combine);
    const int line = (x.c_row ? x.s.n : x.s.m) + 8;
    int wrong = 0;
    for (int row = 0; row < x.s.m; ++row) {
        for (int column = 0; column < x.s.n; ++column) {
            const int index = (x.c_row ? row : column) * line + (x.c_row ? column : row);
            std::uint64_t bits = 0;
            std::memcpy(&bits, at_d.data() + index * d.bits / 8, static_cast<std::size_t>(d.bits / 8));
            wrong += decode(d, bits) != expected.at(row, column);
        }
    }
    if (wrong != 0)
        report_failure(__FILE__, __LINE__, x.s.name() + x.types + word(x.a_row) + word(x.b_row) + ": " +
                                               std::to_string(wrong) + " elements differ");
}

void check_layouts(Case x) {
    for (const bool a_row : {true, false}) {
        for (const bool b_row : {true, false}) {
            x.a_row = a_row;
            x.b_row = b_row;
            x.c_row = a_row != b_row;
            x.is_shared = b_row && x.input != "f64";
            check_case(x);
        }
    }
}

TEST("wmma multiplies matrices in memory, whatever their shapes, types, layouts and strides") {
    for (const Shape3 s : {Shape3{16, 16, 16}, Shape3{32, 8, 16}, Shape3{8, 32, 16}}) {
        for (const std::string d : {"f16", "f32"}) {
            for (const std::string c : {"f16", "f32"})
                check_layouts({s, "f16", c, d, true, true, true, false, "." + d + "." + c});
        }
        check_layouts({s, "bf16", "f32", "f32", true, true, true, false, ".f32.bf16.bf16.f32"});
        for (const std::string in : {"s8", "u8"})
            check_layouts({s, in, "s32", "s32", true, true, true, false, ".s32." + in + "." + in + ".s32"});
    }
    check_layouts({{16, 16, 8}, "tf32", "f32", "f32", true, true, true, false, ".f32.tf32.tf32.f32"});
    check_layouts({{8, 8, 4}, "f64", "f64", "f64", true, true, true, false, ".rn.f64.f64.f64.f64"});
    for (const std::string in : {"s4", "u4"})
        check_case(
            {{8, 8, 32}, in, "s32", "s32", true, false, true, false, ".s32." + in + "." + in + ".s32"});
    for (const Combine how : {Combine::bits_xor, Combine::bits_and})
        check_case({{8, 8, 128}, "b1", "s32", "s32", true, false, true, false, ".s32.b1.b1.s32", how});
}

std::vector<std::uint64_t> run_rows(const std::string& body, std::string* text = nullptr) {
    HeapDevice device;
    // s[k] = k in 16 bits; %r10 is the address of the lane's row of 8.
    Kernels kernels(device,
                    plain_kernel("mov.u32 %r8, s; mad.lo.u32 %r10, %t, 16, %r8; mov.u32 %r9, 0;\n"
                                 "L: mad.lo.u32 %r11, %t, 8, %r9; cvt.u16.u32 %h0, %r11;\n"
                                 "mad.lo.u32 %r12, %r9, 2, %r10; st.shared.u16 [%r12], %h0;\n"
                                 "add.u32 %r9, %r9, 1; setp.lt.u32 %q0, %r9, 8; @%q0 bra L; bar.sync 0;\n" +
                                     body,
                                 ".shared .align 16 .b8 s[1024];\n"));
    CHECK_EQ(kernels.log, std::string());
    Buffer<std::uint64_t> out(device, 64);
    const auto fault = kernels.launch("k", {{1, 1, 1}, {32, 1, 1}}, Arguments().add(out.address()));
    if (text != nullptr)
        *text = std::to_string(fault.error) + " " + fault.text;
    else
        CHECK_EQ(fault.text, std::string());
    return {out.data(), out.data() + 64};
}

std::uint64_t half(std::uint64_t word, int k) { return word >> (16 * k) & 0xffff; }

TEST("ldmatrix gives each lane two neighbours of a row, and .trans two of a column") {
    const auto plain = run_rows(
        "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r0, %r1, %r2, %r3}, [%r10];\n"
        "mov.b64 %d0, {%r0, %r1}; mov.b64 %d1, {%r2, %r3}; st.global.u64 [%p], %d0;\n"
        "st.global.u64 [%p+256], %d1;");
    const auto turned = run_rows(
        "ldmatrix.sync.aligned.m8n8.x2.trans.shared::cta.b16 {%r0, %r1}, [%r10]; mov.b64 %d0, {%r0, %r1};\n"
        "st.global.u64 [%p], %d0;");
    for (std::size_t lane = 0; lane < 32; ++lane) {
        for (std::size_t e = 0; e < 4; ++e) {
            const std::size_t row = lane / 4;
            const std::size_t column = lane % 4 * 2 + e % 2;
            for (std::size_t pair = 0; pair < 2; ++pair) {
                const std::uint64_t got = half(plain[lane + 32 * pair], static_cast<int>(e));
                CHECK_EQ(got, (2 * pair + e / 2) * 64 + row * 8 + column);
            }
            CHECK_EQ(half(turned[lane], static_cast<int>(e)), e / 2 * 64 + column * 8 + row);
        }
    }
    std::string text;
    run_rows("add.u32 %r10, %r10, 8; ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r0}, [%r10];", &text);
    CHECK(text.find("716 misaligned address") == 0);
    run_rows("add.u32 %r10, %r10, 1024; ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r0}, [%r10];", &text);
    CHECK(text.find("700 illegal shared address") == 0);
    run_rows("wmma.load.a.sync.aligned.row.m16n16k16.global.f16 {%r0,%r1,%r2,%r3,%r4,%r5,%r6,%r7}, [%out], "
             "64;",
             &text);
    CHECK(text.find("700 illegal address") == 0);
}

TEST("stmatrix undoes ldmatrix, movmatrix transposes between lanes, and lanes that come apart meet") {
    const auto out = run_rows(R"(
        ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%r0, %r1}, [%r10];
        movmatrix.sync.aligned.m8n8.trans.b16 %r2, %r0;
        setp.lt.u32 %q1, %t, 7; @%q1 bra A;
        add.u32 %r20, %r10, 512; bra M;
        A: add.u32 %r20, %r10, 512;
        M: bar.warp.sync -1;
        stmatrix.sync.aligned.m8n8.x2.trans.shared.b16 [%r20], {%r2, %r1};
        ld.shared.u64 %d0, [%r10+512]; ld.shared.u64 %d1, [%r10+520];
        st.global.u64 [%p], %d0; st.global.u64 [%p+256], %d1;)");
    for (std::size_t row = 0; row < 16; ++row) {
        for (std::size_t column = 0; column < 8; ++column) {
            const std::uint64_t got = half(out[row + 32 * (column / 4)], static_cast<int>(column % 4));
            CHECK_EQ(got, row < 8 ? row * 8 + column : 64 + column * 8 + row - 8);
        }
    }
}

}  // namespace
}  // namespace soft_test
