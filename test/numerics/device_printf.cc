// device_printf.h against glibc's own snprintf on the same arguments, and its manners with hostile ones.
#include "soft/numerics/device_printf.h"

#include <array>
#include <bit>
#include <map>
#include <vector>

#include "check.h"

namespace numerics_test {
namespace {

using namespace soft::numerics;

// A device memory of blocks at made-up addresses; whatever is not wholly inside one cannot be read.
class Memory {
  public:
    std::uint64_t place(const void* data, std::size_t size) {
        const std::uint64_t address = next_;
        const auto* bytes = static_cast<const char*>(data);
        blocks_[address] = std::string(bytes, size);
        next_ += (size + 4096 + 63) & ~std::uint64_t{63};
        return address;
    }
    std::uint64_t place(const std::string& text) { return place(text.c_str(), text.size() + 1); }
    ReadMemory reader() const {
        return [this](std::uint64_t address, void* target, std::size_t size) {
            auto block = blocks_.upper_bound(address);
            if (block == blocks_.begin()) return false;
            --block;
            const std::uint64_t offset = address - block->first;
            if (offset > block->second.size() || block->second.size() - offset < size) return false;
            block->second.copy(static_cast<char*>(target), size, static_cast<std::size_t>(offset));
            return true;
        };
    }

  private:
    std::map<std::uint64_t, std::string> blocks_;
    std::uint64_t next_ = 0x7f0000001000;
};

// The argument buffer as nvcc packs it.
class Packer {
  public:
    template <class T>
    Packer& add(T value) {
        while (bytes_.size() % sizeof(T) != 0) bytes_.push_back(0);
        const auto raw = std::bit_cast<std::array<char, sizeof(T)>>(value);
        for (const char byte : raw) bytes_.push_back(byte);
        return *this;
    }
    std::uint64_t place(Memory& memory) const { return memory.place(bytes_.data(), bytes_.size()); }

  private:
    std::vector<char> bytes_;
};

template <class... Arguments>
std::string by_glibc(const std::string& format, Arguments... arguments) {
    std::array<char, 4096> text{};
    const int size = std::snprintf(text.data(), text.size(), format.c_str(), arguments...);
    return std::string(text.data(), static_cast<std::size_t>(size));
}

void expect_text(Context& context, const std::string& format, const std::string& actual,
                 const std::string& expected) {
    expect_equal(context, actual, expected, [&] {
        return "printf \"" + format + "\": \"" + actual + "\", expected \"" + expected + "\"";
    });
}

template <class T>
void one(Context& context, const std::string& format, T value) {
    Memory memory;
    const std::uint64_t at = memory.place(format);
    const Printed printed = format_device_printf(memory.reader(), at, Packer().add(value).place(memory));
    expect_text(context, format, printed.text, by_glibc(format, value));
    expect_bits(context, "arguments taken", static_cast<std::uint64_t>(printed.result), 1);
}

void conversions(Context& context, Random& random) {
    const char* flags[] = {"", "-", "0", "+", " ", "#", "+0", "- ", "#0", "-#+"};
    const char* sizes[] = {"", "5", "20", ".0", ".3", "12.7", "3.", ".40"};
    for (const char* flag : flags) {
        for (const char* size : sizes) {
            const std::string start = std::string("<%") + flag + size;
            const std::uint64_t bits = random.next() >> random.below(64);
            for (const char letter : std::string("dioxXu")) {
                const std::string end = std::string(1, letter) + ">";
                for (const char* length : {"", "h", "hh"})
                    one(context, start + length + end, static_cast<int>(bits));
                for (const char* length : {"l", "ll", "z", "j", "t"}) {
                    one(context, start + length + end, static_cast<long long>(bits));
                }
            }
            for (const char letter : std::string("fFeEgGaA")) {
                one(context, start + letter + ">", random.f64());
                one(context, start + letter + ">", static_cast<double>(static_cast<std::int64_t>(bits)) / 7);
                one(context, start + "l" + letter + ">", 0.0);
            }
        }
        one(context, std::string("<%") + flag + "12c>", 'x' + 0);
        one(context, std::string("<%") + flag + "24p>", std::bit_cast<void*>(random.next() >> 16));
        one(context, std::string("<%") + flag + "24p>", static_cast<void*>(nullptr));
    }
}

void packing(Context& context) {
    Memory memory;
    const std::string format = "%d %lld %c %f %s|%5.2s|%-6s|%*d|%.*f|%p|100%%\n";
    const std::uint64_t text = memory.place("hello");
    const std::uint64_t arguments = Packer()
                                        .add(-3)
                                        .add(1234567890123ll)
                                        .add(int{'q'})
                                        .add(2.5)
                                        .add(text)
                                        .add(text)
                                        .add(text)
                                        .add(6)
                                        .add(42)
                                        .add(3)
                                        .add(1.0 / 3)
                                        .add(std::uint64_t{0xabc})
                                        .place(memory);
    const Printed printed = format_device_printf(memory.reader(), memory.place(format), arguments);
    expect_text(context, format, printed.text,
                "-3 1234567890123 q 2.500000 hello|   he|hello |    42|0.333|0xabc|100%\n");
    expect_bits(context, "arguments taken", static_cast<std::uint64_t>(printed.result), 12);
}

void hostile(Context& context) {
    Memory memory;
    const auto print = [&](const std::string& format, const Packer& packer, const PrintLimits& limits = {}) {
        return format_device_printf(memory.reader(), memory.place(format), packer.place(memory), limits).text;
    };
    const Packer zero = Packer().add(std::uint64_t{0});
    expect_text(context, "%s null", print("%s", zero), "(null)");
    expect_text(context, "%s wild", print("[%s]", Packer().add(std::uint64_t{8})), "[(unreadable)]");
    expect_text(context, "unknown", print("%y %5k %", zero), "%y %5k %");
    expect_text(context, "%n", print("a%nb", zero), "a%nb");
    expect_text(context, "cut", print("abc%", zero), "abc%");
    const PrintLimits small{.output_size = 16, .string_size = 64};
    expect_bits(context, "wide", print("%2000000000d", zero, small).size(), 16);
    expect_bits(context, "precise", print("%.2000000000f", zero, small).size(), 16);
    expect_bits(context, "long text", print(std::string(40, 'x'), zero, small).size(), 16);
    expect_bits(context, "missing arguments", print("%d%d%d%d%s", Packer().add(1)).size(), 4 + 6);
    const std::uint64_t unterminated = memory.place("abc", 3);
    expect_text(context, "%.3s", print("%.3s", Packer().add(unterminated)), "abc");
    expect_text(context, "%s to the edge", print("%s", Packer().add(unterminated)), "(unreadable)");
    expect_text(context, "%c 0", print("a%cb", Packer().add(0)), std::string("a\0b", 3));
    const Printed null = format_device_printf(memory.reader(), 0, 0);
    expect_bits(context, "null format", static_cast<std::uint64_t>(null.result), ~std::uint64_t{0});
    const Printed wild = format_device_printf(memory.reader(), 5, 0);
    expect_bits(context, "wild format", static_cast<std::uint64_t>(wild.result), ~std::uint64_t{1});
    const std::string text = format_assert("x > 0", "a.cu", 12, "void f(int)", {1, 2, 3}, {4, 5, 6});
    expect_text(context, "assert", text,
                "a.cu:12: void f(int): block: [1,2,3], thread: [4,5,6] Assertion `x > 0` failed.\n");
}

}  // namespace

void test_printf(Context& context) {
    Random random(context.seed);
    for (std::uint64_t i = 0; i < 1 + context.rounds / 400'000; ++i) conversions(context, random);
    packing(context);
    hostile(context);
}

}  // namespace numerics_test
