// The engine of the randomised differential test: see lanes.h.
#include "lanes.h"

#include <cmath>
#include <cstdlib>
#include <random>

#include "heap_device.h"
#include "testing.h"

namespace soft_test {
namespace {

constexpr u32 kBlock = 256;

u64 mask_of(int width) { return width == 64 ? ~u64{0} : (u64{1} << width) - 1; }

bool is_long() {
    static const bool kLong = std::getenv("FERRY_TEST_LONG") != nullptr;
    return kLong;
}

u32 lane_count() { return is_long() ? 1'000'192 : 10'240; }

u64 choose_seed() {
    const char* const named = std::getenv("FERRY_TEST_SEED");
    const u64 seed = named == nullptr ? u64{std::random_device{}()} << 32 | std::random_device{}()
                                      : std::strtoull(named, nullptr, 0);
    std::cout << "FERRY_TEST_SEED=" << seed << " repeats these lanes\n";
    return seed;
}

numerics_test::Random& random_source() {
    static numerics_test::Random random(choose_seed());
    return random;
}

int instructions = 0;

u64 random_integer(numerics_test::Random& random, int width) {
    const u64 any = random.next();
    switch (random.below(5)) {
        case 0:  // near a power of two, or its negative
            return (((u64{1} << random.below(static_cast<u64>(width))) + random.below(3) - 1) ^
                    (any % 2 == 0 ? 0 : ~u64{0})) &
                   mask_of(width);
        case 1:
            return any & 0xff & mask_of(width);
        case 2:
            return (any & mask_of(width)) >> random.below(static_cast<u64>(width));
        default:
            return any & mask_of(width);
    }
}

int register_width(int width) { return width == 8 ? 16 : width; }

std::string load(const char* name, int width) {
    const std::string bits = std::to_string(width);
    return "ld.param.u64 %p0, [k_" + std::string(name) + "];\nmad.wide.u32 %p0, %t, " +
           std::to_string(width / 8) + ", %p0;\nld.global.b" + bits + " %" + name + ", [%p0];\n";
}

std::string kernel_text(const Lanes& lanes) {
    const auto type = [](int width) { return std::to_string(register_width(width)); };
    std::string text = ".version 8.8\n.target sm_90\n.address_size 64\n";
    text += ".visible .entry k(.param .u64 k_a, .param .u64 k_b, .param .u64 k_c, .param .u64 k_d)\n{\n";
    text += ".reg .u64 %p0; .reg .u32 %t, %u; .reg .pred %q, %q2;\n.reg .b32 %w<8>; .reg .b64 %x<8>;";
    text += ".reg .b16 %h<8>;\n.reg .b" + type(lanes.a.width) + " %a;\n.reg .b" + type(lanes.b.width) +
            " %b;\n.reg .b" + type(lanes.c.width) + " %c;\n.reg .b" + type(lanes.d.width) + " %d;\n";
    text += "mov.u32 %t, %ctaid.x;\nmov.u32 %u, %ntid.x;\nmov.u32 %w0, %tid.x;\n";
    text += "mad.lo.u32 %t, %t, %u, %w0;\n";
    text += load("a", lanes.a.width) + load("b", lanes.b.width) + load("c", lanes.c.width);
    text += lanes.text + "\n";
    text += "ld.param.u64 %p0, [k_d];\nmad.wide.u32 %p0, %t, " + std::to_string(lanes.d.width / 8) +
            ", %p0;\nst.global.b" + std::to_string(lanes.d.width) + " [%p0], %d;\nret;\n}\n";
    return text;
}

u64 read(const Buffer<std::byte>& from, std::size_t k, int width) {
    u64 value = 0;
    std::memcpy(&value, from.data() + k * static_cast<std::size_t>(width / 8),
                static_cast<std::size_t>(width / 8));
    return value;
}

void fill(const Buffer<std::byte>& to, Operand operand) {
    const auto size = static_cast<std::size_t>(operand.width / 8);
    for (std::size_t k = 0; k < lane_count(); ++k) {
        const u64 value = random_operand(random_source(), operand);
        std::memcpy(to.data() + k * size, &value, size);
    }
}

// A NaN of f64 may carry any payload; those of the narrower types are one value.
bool same(const Lanes& lanes, u64 actual, u64 expected) {
    if (actual == expected) return true;
    if (lanes.d.kind == Kind::f64 && std::isnan(as_f64(actual)) && std::isnan(as_f64(expected))) return true;
    if (lanes.relative == 0) return false;
    const bool wide = lanes.d.width == 64;
    const double a = wide ? as_f64(actual) : static_cast<double>(as_f32(actual));
    const double e = wide ? as_f64(expected) : static_cast<double>(as_f32(expected));
    if (std::isnan(a) || std::isnan(e)) return std::isnan(a) && std::isnan(e);
    return std::fabs(a - e) <= lanes.relative * std::fmax(std::fabs(e), lanes.floor);
}

void report(const Lanes& lanes, u64 a, u64 b, u64 c, u64 actual, u64 expected) {
    std::ostringstream text;
    text << lanes.text << std::hex << " of 0x" << a << ", 0x" << b << ", 0x" << c << " gives 0x" << actual
         << ", not 0x" << expected;
    report_failure(__FILE__, __LINE__, text.str());
}

}  // namespace

u64 random_operand(numerics_test::Random& random, Operand operand) {
    switch (operand.kind) {
        case Kind::count:
            return random.below(4) == 0 ? random_integer(random, operand.width) : random.below(80);
        case Kind::f16:
            return random.float_bits(16, 11);
        case Kind::bf16:
            return random.float_bits(16, 8);
        case Kind::f32:
            return random.float_bits(32, 24);
        case Kind::f64:
            return random.float_bits(64, 53);
        case Kind::f16x2:
            return random.float_bits(16, 11) | random.float_bits(16, 11) << 16;
        case Kind::bf16x2:
            return random.float_bits(16, 8) | random.float_bits(16, 8) << 16;
        default:
            return random_integer(random, operand.width);
    }
}

int checked_instructions() { return instructions; }

void check_lanes(const Lanes& lanes) {
    ++instructions;
    HeapDevice device;
    Kernels kernels(device, kernel_text(lanes));
    if (kernels.error != 0) {
        report_failure(__FILE__, __LINE__, lanes.text + " does not load: " + kernels.log);
        return;
    }
    const auto bytes = [](Operand operand) { return lane_count() * static_cast<u32>(operand.width / 8); };
    Buffer<std::byte> a(device, bytes(lanes.a)), b(device, bytes(lanes.b)), c(device, bytes(lanes.c));
    Buffer<std::byte> d(device, bytes(lanes.d));
    fill(a, lanes.a);
    fill(b, lanes.b);
    fill(c, lanes.c);
    const auto fault =
        kernels.launch("k", {{lane_count() / kBlock, 1, 1}, {kBlock, 1, 1}},
                       Arguments().add(a.address()).add(b.address()).add(c.address()).add(d.address()));
    if (!fault.text.empty()) {
        report_failure(__FILE__, __LINE__, lanes.text + ": " + fault.text);
        return;
    }
    for (std::size_t k = 0; k < lane_count(); ++k) {
        const u64 x = read(a, k, lanes.a.width), y = read(b, k, lanes.b.width), z = read(c, k, lanes.c.width);
        const u64 expected = lanes.reference(x, y, z) & mask_of(lanes.d.width);
        const u64 actual = read(d, k, lanes.d.width);
        if (same(lanes, actual, expected)) continue;
        report(lanes, x, y, z, actual, expected);
        return;
    }
}

Operand operand_of(const std::string& type) {
    if (type == "count") return {Kind::count, 32};
    if (type == "f16") return {Kind::f16, 16};
    if (type == "bf16") return {Kind::bf16, 16};
    if (type == "f32") return {Kind::f32, 32};
    if (type == "f64") return {Kind::f64, 64};
    if (type == "f16x2") return {Kind::f16x2, 32};
    if (type == "bf16x2") return {Kind::bf16x2, 32};
    return {Kind::bits, std::atoi(type.c_str() + 1)};
}

void check_typed(const std::string& text, const std::string& to, const std::string& from,
                 const std::function<u64(u64, u64, u64)>& reference, const std::string& c) {
    const Operand operand = operand_of(from);
    check_lanes({text, operand_of(to), operand, operand, c.empty() ? operand : operand_of(c), reference});
}

}  // namespace soft_test
