// Builds one-instruction kernels in PTX text: the way tests reach instructions that nvcc does not emit on
// demand.
#pragma once
#include <string>

namespace soft_test {

inline const char* ptx_head() { return ".version 8.8\n.target sm_90\n.address_size 64\n"; }

// A kernel `k(in a, in b, in c, out d)` of 64 threads: each loads one element of `width` bytes from each of
// a, b and c into %a, %b, %c, runs `body`, and stores %d. Register types are b16, b32 or b64.
inline std::string elementwise(const std::string& body, int in_bits, int out_bits, int c_bits = 0) {
    const auto width = [](int bits) { return std::to_string(bits == 8 ? 16 : bits); };
    const auto load = [&](const char* name, int bits) {
        return "ld.param.u64 %p0, [k_" + std::string(name) + "];\nmad.wide.u32 %p0, %t, " +
               std::to_string(bits / 8) + ", %p0;\nld.global.b" + std::to_string(bits) + " %" + name +
               ", [%p0];\n";
    };
    if (c_bits == 0) c_bits = in_bits;
    std::string text = ptx_head();
    text += ".visible .entry k(.param .u64 k_a, .param .u64 k_b, .param .u64 k_c, .param .u64 k_d)\n{\n";
    text +=
        ".reg .u64 %p0; .reg .u32 %t; .reg .pred %q, %q2; .reg .b32 %w<8>; .reg .b64 %x<8>; .reg .b16 "
        "%h<8>;\n";
    text += ".reg .b" + width(in_bits) + " %a, %b;\n.reg .b" + width(c_bits) + " %c;\n.reg .b" +
            width(out_bits) + " %d;\n";
    text += "mov.u32 %t, %tid.x;\n" + load("a", in_bits) + load("b", in_bits) + load("c", c_bits);
    text += "ld.param.u64 %p0, [k_d];\nmad.wide.u32 %p0, %t, " + std::to_string(out_bits / 8) + ", %p0;\n";
    text += body + "\nst.global.b" + std::to_string(out_bits) + " [%p0], %d;\nret;\n}\n";
    return text;
}

// A kernel `k(out)` with %p = out + 8 * tid.x, %t = tid.x and the registers that tests need; `module` goes
// before it.
inline std::string plain_kernel(const std::string& body, const std::string& module = "") {
    return std::string(ptx_head()) + module +
           ".visible .entry k(.param .u64 k_p)\n{ .reg .pred %q<8>; .reg .b16 %h<8>; .reg .b32 %r<64>; "
           ".reg .b64 %d<32>; .reg .u64 %p, %out; .reg .u32 %t;\n"
           "ld.param.u64 %out, [k_p]; mov.u32 %t, %tid.x; mad.wide.u32 %p, %t, 8, %out;\n" +
           body + "\nret; }\n";
}

}  // namespace soft_test
