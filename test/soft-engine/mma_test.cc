// mma of every shape: operands are put into registers by the formulas that the PTX ISA gives with the
// figure of each fragment, and the result is read by its formula.
#include "heap_device.h"
#include "mma_forms.h"
#include "ptx_kernel.h"
#include "testing.h"

namespace soft_test {
namespace {

int g(int lane) { return lane >> 2; }
int t(int lane) { return lane % 4; }

At c_of_8(int lane, int i) { return {g(lane), t(lane) * 2 + i}; }
At c_of_16(int lane, int i) { return {i < 2 ? g(lane) : g(lane) + 8, t(lane) * 2 + (i & 1)}; }

// A and B of the shapes with eight rows: `count` neighbours of a row, or of a column of B.
Layout a_of_8(int count) {
    return [=](int lane, int i) { return At{g(lane), t(lane) * count + i}; };
}
Layout b_of_8(int count) {
    return [=](int lane, int i) { return At{t(lane) * count + i, g(lane)}; };
}

// Sixteen rows, in figures: "row = groupID for ai where 0 <= i < 2 || 4 <= i < 6" and so on.
Layout a_of_16(int in_word) {
    return [=](int lane, int i) {
        const bool is_upper = i % (2 * in_word) < in_word;
        const int column = t(lane) * in_word + i % in_word + (i >= 2 * in_word ? 4 * in_word : 0);
        return At{is_upper ? g(lane) : g(lane) + 8, column};
    };
}
Layout b_of_16(int in_word) {
    return [=](int lane, int i) {
        return At{t(lane) * in_word + i % in_word + (i >= in_word ? 4 * in_word : 0), g(lane)};
    };
}

At a_f64_k16(int lane, int i) {
    return {i % 2 == 0 ? g(lane) : g(lane) + 8, (i % 2 == 0 ? i * 2 : i * 2 - 2) + t(lane)};
}
At b_f64(int lane, int i) { return {t(lane) + i * 4, g(lane)}; }

// m8n8k4 of f16: lane 4q..4q+3 and 16 above make one of four products.
At quad_a(int lane, int i, bool by_row) {
    const int low = lane % 4;
    if (by_row) return {lane < 16 ? low : low + 4, i};
    return {lane < 16 ? i % 4 : i % 4 + 4, low};
}
At quad_b(int lane, int i, bool by_row) {
    const int low = lane % 4;
    if (by_row) return {low, lane < 16 ? i : i + 4};
    return {i, lane < 16 ? low : low + 4};
}
At quad_f16(int lane, int i) { return {lane < 16 ? lane % 4 : lane % 4 + 4, i}; }
At quad_f32(int lane, int i) {
    const int x = (lane & 1) + (i & 2);
    return {lane < 16 ? x : x + 4, (i & 4) + (lane & 2) + (i & 1)};
}

TEST("mma of 16-bit floats, tf32 and fp8 has its operands where the manual's figures show them") {
    for (const std::string f : {"f16", "bf16"}) {
        for (const std::string acc : {"f32", "f16"}) {
            if (f == "bf16" && acc == "f16") continue;
            const std::string types = "." + acc + "." + f + "." + f + "." + acc;
            check_form({"m16n8k8.row.col" + types, 16, 8, 8, acc, f, f, acc, a_of_16(2), b_of_16(2), c_of_16,
                        c_of_16});
            check_form({"m16n8k16.row.col" + types, 16, 8, 16, acc, f, f, acc, a_of_16(2), b_of_16(2),
                        c_of_16, c_of_16});
        }
    }
    check_form({"m16n8k4.row.col.f32.tf32.tf32.f32", 16, 8, 4, "f32", "tf32", "tf32", "f32", a_of_16(1),
                b_of_16(1), c_of_16, c_of_16});
    check_form({"m16n8k8.row.col.f32.tf32.tf32.f32", 16, 8, 8, "f32", "tf32", "tf32", "f32", a_of_16(1),
                b_of_16(1), c_of_16, c_of_16});
    for (const std::string a : {"e4m3", "e5m2"}) {
        for (const std::string b : {"e4m3", "e5m2"}) {
            for (const std::string acc : {"f32", "f16"}) {
                const std::string types = "." + acc + "." + a + "." + b + "." + acc;
                check_form({"m16n8k32.row.col" + types, 16, 8, 32, acc, a, b, acc, a_of_16(4), b_of_16(4),
                            c_of_16, c_of_16});
                check_form({"m16n8k16.row.col" + types, 16, 8, 16, acc, a, b, acc, a_of_16(4), b_of_16(4),
                            c_of_16, c_of_16});
            }
        }
    }
}

TEST("mma of integers and of bits has its operands where the manual's figures show them") {
    for (const std::string a : {"s8", "u8"}) {
        for (const std::string b : {"s8", "u8"}) {
            const std::string types = ".s32." + a + "." + b + ".s32";
            check_form({"m8n8k16.row.col" + types, 8, 8, 16, "s32", a, b, "s32", a_of_8(4), b_of_8(4), c_of_8,
                        c_of_8});
            check_form({"m16n8k16.row.col.satfinite" + types, 16, 8, 16, "s32", a, b, "s32", a_of_16(4),
                        b_of_16(4), c_of_16, c_of_16});
            check_form({"m16n8k32.row.col" + types, 16, 8, 32, "s32", a, b, "s32", a_of_16(4), b_of_16(4),
                        c_of_16, c_of_16});
        }
    }
    for (const std::string a : {"s4", "u4"}) {
        for (const std::string b : {"s4", "u4"}) {
            const std::string types = ".s32." + a + "." + b + ".s32";
            check_form({"m8n8k32.row.col" + types, 8, 8, 32, "s32", a, b, "s32", a_of_8(8), b_of_8(8), c_of_8,
                        c_of_8});
            check_form({"m16n8k32.row.col" + types, 16, 8, 32, "s32", a, b, "s32", a_of_16(8), b_of_16(8),
                        c_of_16, c_of_16});
            check_form({"m16n8k64.row.col" + types, 16, 8, 64, "s32", a, b, "s32", a_of_16(8), b_of_16(8),
                        c_of_16, c_of_16});
        }
    }
    for (const bool is_xor : {false, true}) {
        const std::string types = std::string(".s32.b1.b1.s32.") + (is_xor ? "xor" : "and") + ".popc";
        const Combine how = is_xor ? Combine::bits_xor : Combine::bits_and;
        check_form({"m8n8k128.row.col" + types, 8, 8, 128, "s32", "b1", "b1", "s32", a_of_8(32), b_of_8(32),
                    c_of_8, c_of_8, how});
        check_form({"m16n8k128.row.col" + types, 16, 8, 128, "s32", "b1", "b1", "s32", a_of_16(32),
                    b_of_16(32), c_of_16, c_of_16, how});
        check_form({"m16n8k256.row.col" + types, 16, 8, 256, "s32", "b1", "b1", "s32", a_of_16(32),
                    b_of_16(32), c_of_16, c_of_16, how});
    }
}

TEST("mma of f64, and the four of m8n8k4, have their operands where the manual's figures show them") {
    const std::string f64 = ".f64.f64.f64.f64";
    check_form(
        {"m8n8k4.row.col" + f64, 8, 8, 4, "f64", "f64", "f64", "f64", a_of_8(1), b_of_8(1), c_of_8, c_of_8});
    check_form({"m16n8k4.row.col.rz" + f64, 16, 8, 4, "f64", "f64", "f64", "f64", a_of_16(1), b_f64, c_of_16,
                c_of_16});
    check_form(
        {"m16n8k8.row.col" + f64, 16, 8, 8, "f64", "f64", "f64", "f64", a_of_16(1), b_f64, c_of_16, c_of_16});
    check_form({"m16n8k16.row.col.rn" + f64, 16, 8, 16, "f64", "f64", "f64", "f64", a_f64_k16, b_f64, c_of_16,
                c_of_16});
    for (const bool a_row : {false, true}) {
        for (const bool b_row : {false, true}) {
            for (const std::string d : {"f16", "f32"}) {
                const std::string text = std::string("m8n8k4.") + (a_row ? "row." : "col.") +
                                         (b_row ? "row." : "col.") + d + ".f16.f16." + d;
                const Layout a = [=](int lane, int i) { return quad_a(lane, i, a_row); };
                const Layout b = [=](int lane, int i) { return quad_b(lane, i, b_row); };
                const Layout out = d == "f16" ? quad_f16 : quad_f32;
                check_form({text, 8, 8, 4, d, "f16", "f16", d, a, b, out, out}, 4);
            }
        }
    }
}

TEST("an integer mma wraps around, or stays at the limits with .satfinite") {
    HeapDevice device;
    const auto sum = [&](const std::string& saturates) {
        Kernels kernels(device, plain_kernel("mov.b32 %r0, 0x7f7f7f7f; mov.b32 %r1, 0x7fffffff;\n"
                                             "mma.sync.aligned.m8n8k16.row.col" +
                                             saturates +
                                             ".s32.s8.s8.s32 {%r2, %r3}, {%r0}, {%r0}, {%r1, %r1};\n"
                                             "mov.b64 %d0, {%r2, %r3}; st.global.b64 [%p], %d0;"));
        CHECK_EQ(kernels.log, std::string());
        Buffer<std::uint64_t> out(device, 32);
        CHECK_EQ(kernels.launch("k", {{1, 1, 1}, {32, 1, 1}}, Arguments().add(out.address())).text,
                 std::string());
        return out[7];
    };
    CHECK_EQ(sum(".satfinite"), std::uint64_t{0x7fffffff7fffffff});
    CHECK_EQ(sum(""), std::uint64_t{0x8003f00f8003f00f});
}

}  // namespace
}  // namespace soft_test
