// mma, ldmatrix, stmatrix and movmatrix against a second description of their layouts: every lane and every
// element of a lane is a number in mixed radix, each digit of which is a walk of so many rows and columns.
// The walks restate the thread-value layouts that CUTLASS has in include/cute/atom/mma_traits_sm70.hpp,
// _sm75, _sm80, _sm89 and _sm90, and copy_traits_sm75.hpp and _sm90 (https://github.com/NVIDIA/cutlass), and
// were compared with the formulas of the PTX ISA, 9.7.14.5. They share nothing with mma_test.cc's formulas
// nor with the engine's tiles (matrix_site.h).
#include "heap_device.h"
#include "mma_forms.h"
#include "ptx_kernel.h"
#include "testing.h"

namespace soft_test {
namespace {

// One digit: `count` values, each a step of `row` and `column` from the one before.
struct Step {
    int count;
    int row;
    int column;
};
using Steps = std::vector<Step>;

// Adds up the digits of `number`, lowest first; what the last digit cannot hold is a mistake of the table.
At walk(const Steps& steps, int number, At from) {
    for (const Step& step : steps) {
        from.row += number % step.count * step.row;
        from.column += number % step.count * step.column;
        number /= step.count;
    }
    CHECK_EQ(number, 0);
    return from;
}

struct Strided {
    Steps lane;
    Steps element;
};

// B is written with n and k for row and column, as both multiplicands have k contiguous.
Layout layout_of(const Strided& strided, bool is_b = false) {
    return [=](int lane, int i) {
        const At at = walk(strided.element, i, walk(strided.lane, lane, {0, 0}));
        return is_b ? At{at.column, at.row} : at;
    };
}

// Four neighbouring lanes walk along k by what a register holds, groups of four down the rows.
Steps lanes_along(int columns) { return {{4, 0, columns}, {8, 1, 0}}; }
Strided sixteen_by_eight() { return {lanes_along(2), {{2, 0, 1}, {2, 8, 0}}}; }
Strided eight_by_eight() { return {lanes_along(2), {{2, 0, 1}}}; }

struct Shape3 {
    int m, n, k;
};

// The same layouts serve every pair of types of `inputs`, and both kinds of accumulator.
struct Row {
    Shape3 shape;
    std::vector<std::string> inputs;
    std::vector<std::string> sums;
    Strided a, b;
    bool is_mixed = false;  // A and B of different types among `inputs`
};

const std::vector<std::string> kF32{"f32"}, kF32F16{"f32", "f16"}, kS32{"s32"}, kF64{"f64"};

std::vector<Row> rows_of_floats() {
    const std::vector<std::string> kHalves{"f16", "bf16"}, kTf32{"tf32"}, kFp8{"e4m3", "e5m2"};
    const Strided half8{lanes_along(2), {{2, 0, 1}, {2, 8, 0}}};
    const Strided half16{lanes_along(2), {{2, 0, 1}, {2, 8, 0}, {2, 0, 8}}};
    const Strided byte16{lanes_along(4), {{4, 0, 1}, {2, 8, 0}}};
    const Strided byte32{lanes_along(4), {{4, 0, 1}, {2, 8, 0}, {2, 0, 16}}};
    const Strided one4{lanes_along(1), {{2, 8, 0}}};
    const Strided one8{lanes_along(1), {{2, 8, 0}, {2, 0, 4}}};
    return {
        {{16, 8, 8}, kHalves, kF32F16, half8, {lanes_along(2), {{2, 0, 1}}}},
        {{16, 8, 16}, kHalves, kF32F16, half16, {lanes_along(2), {{2, 0, 1}, {2, 0, 8}}}},
        {{16, 8, 4}, kTf32, kF32, one4, {lanes_along(1), {}}},
        {{16, 8, 8}, kTf32, kF32, one8, {lanes_along(1), {{2, 0, 4}}}},
        {{16, 8, 16}, kFp8, kF32F16, byte16, {lanes_along(4), {{4, 0, 1}}}, true},
        {{16, 8, 32}, kFp8, kF32F16, byte32, {lanes_along(4), {{4, 0, 1}, {2, 0, 16}}}, true},
        {{8, 8, 4}, kF64, kF64, {lanes_along(1), {}}, {lanes_along(1), {}}},
        {{16, 8, 4}, kF64, kF64, one4, {lanes_along(1), {}}},
        {{16, 8, 8}, kF64, kF64, one8, {lanes_along(1), {{2, 0, 4}}}},
        {{16, 8, 16}, kF64, kF64, {lanes_along(1), {{2, 8, 0}, {4, 0, 4}}}, {lanes_along(1), {{4, 0, 4}}}},
    };
}

std::vector<Row> rows_of_integers() {
    const std::vector<std::string> kBytes{"s8", "u8"}, kNibbles{"s4", "u4"}, kBits{"b1"};
    const Strided byte{lanes_along(4), {{4, 0, 1}}};
    const Strided nibble{lanes_along(8), {{8, 0, 1}}};
    const Strided bit{lanes_along(32), {{32, 0, 1}}};
    const Strided byte32{lanes_along(4), {{4, 0, 1}, {2, 8, 0}, {2, 0, 16}}};
    const Strided nibble64{lanes_along(8), {{8, 0, 1}, {2, 8, 0}, {2, 0, 32}}};
    const Strided bit256{lanes_along(32), {{32, 0, 1}, {2, 8, 0}, {2, 0, 128}}};
    return {
        {{8, 8, 16}, kBytes, kS32, byte, byte, true},
        {{16, 8, 16}, kBytes, kS32, {lanes_along(4), {{4, 0, 1}, {2, 8, 0}}}, byte, true},
        {{16, 8, 32}, kBytes, kS32, byte32, {lanes_along(4), {{4, 0, 1}, {2, 0, 16}}}, true},
        {{8, 8, 32}, kNibbles, kS32, nibble, nibble, true},
        {{16, 8, 32}, kNibbles, kS32, {lanes_along(8), {{8, 0, 1}, {2, 8, 0}}}, nibble, true},
        {{16, 8, 64}, kNibbles, kS32, nibble64, {lanes_along(8), {{8, 0, 1}, {2, 0, 32}}}, true},
        {{8, 8, 128}, kBits, kS32, bit, bit},
        {{16, 8, 128}, kBits, kS32, {lanes_along(32), {{32, 0, 1}, {2, 8, 0}}}, bit},
        {{16, 8, 256}, kBits, kS32, bit256, {lanes_along(32), {{32, 0, 1}, {2, 0, 128}}}},
    };
}

void check_row(const Row& row, const std::string& a, const std::string& b, const std::string& sum) {
    const auto [m, n, k] = row.shape;
    const std::string shape =
        "m" + std::to_string(m) + "n" + std::to_string(n) + "k" + std::to_string(k) + ".row.col";
    const std::string types = "." + sum + "." + a + "." + b + "." + sum;
    const Layout c = layout_of(m == 16 ? sixteen_by_eight() : eight_by_eight());
    const auto check = [&](const std::string& end, Combine how) {
        check_form({shape + types + end, m, n, k, sum, a, b, sum, layout_of(row.a), layout_of(row.b, true), c,
                    c, how});
    };
    if (a != "b1") return check("", Combine::multiply);
    check(".and.popc", Combine::bits_and);
    check(".xor.popc", Combine::bits_xor);
}

void check_rows(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        for (const std::string& a : row.inputs) {
            for (const std::string& b : row.inputs) {
                if (!row.is_mixed && a != b) continue;
                check_row(row, a, b, row.sums[0]);
                if (row.sums.size() > 1 && a != "bf16") check_row(row, a, b, row.sums[1]);
            }
        }
    }
}

TEST("mma of floats has its operands where the strides of the thread-value layouts lead") {
    check_rows(rows_of_floats());
}

TEST("mma of integers and bits has its operands where the strides of the thread-value layouts lead") {
    check_rows(rows_of_integers());
}

// The lanes 4q..4q+3 and 16 above: digit 1 is q, which does not move within the product.
Steps quad(const Steps& low, const Step& high) {
    Steps steps = low;
    steps.push_back({4, 0, 0});
    steps.push_back(high);
    return steps;
}

TEST("the four products of m8n8k4 follow the strides, with sums of either type on either side") {
    const Strided by_row{quad({{4, 1, 0}}, {2, 4, 0}), {{4, 0, 1}}};
    const Strided by_column{quad({{4, 0, 1}}, {2, 4, 0}), {{4, 1, 0}}};
    const Strided halves{quad({{4, 1, 0}}, {2, 4, 0}), {{8, 0, 1}}};
    const Strided words{quad({{2, 1, 0}, {2, 0, 2}}, {2, 4, 0}), {{2, 0, 1}, {2, 2, 0}, {2, 0, 4}}};
    const auto sums = [&](const std::string& type) { return layout_of(type == "f16" ? halves : words); };
    for (const bool a_row : {false, true}) {
        for (const bool b_row : {false, true}) {
            for (const std::string d : {"f16", "f32"}) {
                for (const std::string c : {"f16", "f32"}) {
                    if (d == "f16" && c == "f32") continue;  // PTX has no such form
                    const std::string text = std::string("m8n8k4.") + (a_row ? "row." : "col.") +
                                             (b_row ? "row." : "col.") + d + ".f16.f16." + c;
                    check_form({text, 8, 8, 4, d, "f16", "f16", c, layout_of(a_row ? by_row : by_column),
                                layout_of(b_row ? by_column : by_row, true), sums(d), sums(c)},
                               4);
                }
            }
        }
    }
}

// Which half-word of 8x8 matrices in a row, of 64 each, is half `i` of a lane's registers. As CUTLASS has it
// in bits: 16 a half, 128 a row, 1024 a matrix.
int half_of(int lane, int i, bool is_transposed) {
    const Steps straight{{2, 0, 16}, {4, 0, 32}, {8, 0, 128}, {4, 0, 1024}};
    const Steps turned{{2, 0, 128}, {4, 0, 256}, {8, 0, 16}, {4, 0, 1024}};
    const int number = i % 2 + 2 * lane + 64 * (i / 2);
    return walk(is_transposed ? turned : straight, number, {0, 0}).column / 16;
}

// Rows of shared memory are named by lanes in another order than they lie in, so that a row taken from the
// wrong lane shows. `body` finds in %r10 the address that the lane gives; s and what it wrote come back.
constexpr int row_of_lane(int lane) { return (lane * 5 + 3) % 32; }

std::vector<std::uint16_t> run_rows(const std::string& body, const std::vector<std::uint16_t>& in) {
    HeapDevice device;
    Kernels kernels(device,
                    plain_kernel("mov.u32 %r8, s; mad.lo.u32 %r11, %t, 16, %r8;\n"
                                 "mad.wide.u32 %d20, %t, 16, %out; ld.global.v2.u64 {%d0, %d1}, [%d20];\n"
                                 "st.shared.v2.u64 [%r11], {%d0, %d1}; bar.sync 0;\n"
                                 "mad.lo.u32 %r9, %t, 5, 3; and.b32 %r9, %r9, 31;\n"
                                 "mad.lo.u32 %r10, %r9, 16, %r8;\n" +
                                     body,
                                 ".shared .align 16 .b8 s[512];\n"));
    CHECK_EQ(kernels.log, std::string());
    Buffer<std::uint16_t> memory(device, in);
    const auto fault = kernels.launch("k", {{1, 1, 1}, {32, 1, 1}}, Arguments().add(memory.address()));
    CHECK_EQ(fault.text, std::string());
    return {memory.data(), memory.data() + memory.size()};
}

std::vector<std::uint16_t> numbered() {
    std::vector<std::uint16_t> in(256);
    for (std::size_t k = 0; k < in.size(); ++k) in[k] = static_cast<std::uint16_t>(0xa500u + k);
    return in;
}

std::string moved(int count, bool is_transposed) {
    return std::string("sync.aligned.m8n8.x") + std::to_string(count) + (is_transposed ? ".trans" : "") +
           ".shared.b16 ";
}
std::string list_of(int count) {
    std::string text("{%r20");
    for (int k = 1; k < count; ++k) text += ", %r" + std::to_string(20 + k);
    return text + "}";
}

TEST("ldmatrix gives each lane the halves that the strides name, of rows in any order") {
    const auto in = numbered();
    for (const bool is_transposed : {false, true}) {
        for (const int count : {1, 2, 4}) {
            const auto out = run_rows("mov.b32 %r21, 0; mov.b32 %r22, 0; mov.b32 %r23, 0;\nldmatrix." +
                                          moved(count, is_transposed) + list_of(count) +
                                          ", [%r10];\nst.global.v4.b32 [%d20], {%r20, %r21, %r22, %r23};\n",
                                      in);
            for (int lane = 0; lane < 32; ++lane) {
                for (int i = 0; i < 2 * count; ++i) {
                    const int half = half_of(lane, i, is_transposed);  // of the rows as lanes name them
                    const auto from = static_cast<std::size_t>(row_of_lane(half / 8) * 8 + half % 8);
                    CHECK_EQ(out[static_cast<std::size_t>(lane * 8 + i)], in[from]);
                }
            }
        }
    }
}

TEST("stmatrix puts each lane's halves where the strides lead, and leaves other rows alone") {
    const auto in = numbered();
    for (const bool is_transposed : {false, true}) {
        for (const int count : {1, 2, 4}) {
            const auto out = run_rows(
                "ld.global.v4.b32 {%r20, %r21, %r22, %r23}, [%d20]; mov.u64 %d0, 0;\n"
                "st.shared.v2.u64 [%r11], {%d0, %d0}; bar.sync 0;\nstmatrix." +
                    moved(count, is_transposed) + "[%r10], " + list_of(count) +
                    ";\nbar.sync 0; ld.shared.v2.u64 {%d0, %d1}, [%r11];\n"
                    "st.global.v2.u64 [%d20], {%d0, %d1};\n",
                in);
            std::vector<std::uint16_t> expected(in.size(), 0);
            for (int lane = 0; lane < 32; ++lane) {
                for (int i = 0; i < 2 * count; ++i) {
                    const int half = half_of(lane, i, is_transposed);
                    expected[static_cast<std::size_t>(row_of_lane(half / 8) * 8 + half % 8)] =
                        in[static_cast<std::size_t>(lane * 8 + i)];
                }
            }
            CHECK(out == expected);
        }
    }
}

TEST("movmatrix is what a matrix becomes on its way through memory to a transposed load") {
    const auto in = numbered();
    const auto out = run_rows(
        "ld.global.b32 %r20, [%d20];\n"
        "movmatrix.sync.aligned.m8n8.trans.b16 %r21, %r20; st.global.b32 [%d20], %r21;\n",
        in);
    std::vector<std::uint16_t> matrix(64);
    for (int lane = 0; lane < 32; ++lane) {
        for (int i = 0; i < 2; ++i)
            matrix[static_cast<std::size_t>(half_of(lane, i, false))] =
                in[static_cast<std::size_t>(lane * 8 + i)];
    }
    for (int lane = 0; lane < 32; ++lane) {
        for (int i = 0; i < 2; ++i)
            CHECK_EQ(out[static_cast<std::size_t>(lane * 8 + i)],
                     matrix[static_cast<std::size_t>(half_of(lane, i, true))]);
    }
}

}  // namespace
}  // namespace soft_test
