// Writes the instructions of compiled code: vector instructions of 256 bits in their VEX form and of 512 bits
// in their EVEX form, those of mask registers, and the few others around them. Registers by number, as the
// processor numbers them. Pure.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace soft::compile {

enum class Map : std::uint8_t { x0f = 1, x0f38 = 2, x0f3a = 3 };
enum class Prefix : std::uint8_t { none, x66, xf3, xf2 };

// One vector instruction: its opcode map, mandatory prefix, opcode and W bit (which most do not look at in
// their VEX form).
struct Vector {
    Map map = Map::x0f;
    Prefix prefix = Prefix::none;
    std::uint8_t code = 0;
    bool wide = false;
};

// A vector or mask register, or memory at a general register, an offset and `scale` times rcx.
struct Place {
    bool is_memory = false;
    std::uint8_t number = 0;  // of the vector register, or of the base register
    std::uint8_t scale = 0;   // 0, 1 or 2
    std::int32_t offset = 0;

    static Place reg(std::uint8_t number) { return {false, number, 0, 0}; }
    static Place at(std::uint8_t base, std::int32_t offset, std::uint8_t scale = 0) {
        return {true, base, scale, offset};
    }
};

// What an instruction of 512 bits does beside its operation: writes only the lanes of a mask register (not
// k0), zeroes the others, reads one element of memory for all lanes.
struct Lanes {
    std::uint8_t mask = 0;
    bool zeroes = false;
    bool broadcasts = false;
    std::uint8_t length = 2;  // 0: 128 bits, 2: 512
};

// Conditions of jumps.
enum class Condition : std::uint8_t { below = 2, above_equal = 3, equal = 4, not_equal = 5, above = 7 };

// General registers by their numbers. Compiled code uses only those that a callee may change.
enum General : std::uint8_t { rax, rcx, rdx, rsi = 6, rdi, r8, r9, r10, r11 };

class Assembler {
  public:
    // op to, left, right; `left` is 0 where the instruction has one source only.
    void vector(const Vector& op, std::uint8_t to, std::uint8_t left, const Place& right);
    void vector(const Vector& op, std::uint8_t to, std::uint8_t left, const Place& right, std::uint8_t last);

    // The same on 512 bits, where a register is one of 32.
    void wide(const Vector& op, std::uint8_t to, std::uint8_t left, const Place& right,
              const Lanes& lanes = {});
    void wide(const Vector& op, std::uint8_t to, std::uint8_t left, const Place& right, std::uint8_t last,
              const Lanes& lanes = {});
    // On mask registers; `is_pair`: the instruction has two sources.
    void mask(const Vector& op, std::uint8_t to, std::uint8_t left, const Place& right, bool is_pair);
    void last(std::uint8_t byte) { bytes_.push_back(byte); }  // of an instruction that takes one

    void load64(General to, General base, std::int32_t offset);
    void load32(General to, General base, std::int32_t offset);
    void store32(General base, std::int32_t offset, General from);
    void set64(General to, std::uint64_t value);
    void add_offset(General to, General from, std::int32_t offset);  // to = from + offset, 64 bits
    void or32(General to, General from);
    void xor32(General to, General from);
    void and32(General to, General base, std::int32_t offset);
    void shift_left32(General to, std::uint8_t bits);
    void shift_right32(General to, std::uint8_t bits);
    // A loop whose body runs with rcx at 0, `step`, and so on below `end`.
    std::size_t begin_loop();
    void end_loop(std::size_t begun, std::uint8_t step, std::int32_t end);
    void clear_upper();  // halves of the vector registers
    void leave();        // clears the upper halves and returns

    void load_signed32(General to, General base, std::int32_t offset);  // sign-extended to 64 bits
    void move64(General to, General from);
    void add64(General to, General base, std::int32_t offset);
    void add64(General to, General from);
    void compare64(General left, General base, std::int32_t offset);
    void compare64(General left, General right);
    void compare_memory32(General base, std::int32_t offset, std::uint32_t value);
    void test8(General reg, std::uint8_t bits);  // of rax, rcx and rdx
    void test64(General reg);
    void push(General reg);
    void pop(General reg);
    void call(General reg);
    // A jump whose target is named later, by the answer.
    std::size_t jump(Condition condition);
    std::size_t jump();
    void land(std::size_t jump) { land(jump, size()); }
    void land(std::size_t jump, std::size_t target);

    std::size_t size() const { return bytes_.size(); }
    void cut(std::size_t size) { bytes_.resize(size); }
    std::span<const std::uint8_t> bytes() const { return bytes_; }

  private:
    void put(std::initializer_list<unsigned> bytes);
    void put32(std::int32_t value);
    void operand(unsigned reg, const Place& place);
    void general(bool is_64, std::uint8_t code, General reg, General base, std::int32_t offset);
    void between(std::uint8_t code, General to, General from, bool is_64 = false);

    std::vector<std::uint8_t> bytes_;
};

}  // namespace soft::compile
