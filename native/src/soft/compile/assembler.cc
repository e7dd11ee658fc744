// See assembler.h. The encodings are those of the processor manuals' VEX, EVEX and REX forms.
#include "soft/compile/assembler.h"

namespace soft::compile {

void Assembler::put(std::initializer_list<unsigned> bytes) {
    for (const unsigned each : bytes) bytes_.push_back(static_cast<std::uint8_t>(each));
}

void Assembler::put32(std::int32_t value) {
    const auto bits = static_cast<std::uint32_t>(value);
    put({bits & 255u, bits >> 8 & 255u, bits >> 16 & 255u, bits >> 24});
}

// ModRM. No base is rsp or r12, which would need one byte more.
void Assembler::operand(unsigned reg, const Place& place) {
    const unsigned low = place.number & 7u;
    const bool is_indexed = place.scale != 0;
    put({(place.is_memory ? 0x80u : 0xc0u) | (reg & 7u) << 3 | (is_indexed ? 4u : low)});
    if (is_indexed) put({(place.scale == 2 ? 0x40u : 0) | 1u << 3 | low});  // 1: rcx
    if (place.is_memory) put32(place.offset);
}

void Assembler::vector(const Vector& op, std::uint8_t to, std::uint8_t left, const Place& right) {
    const unsigned no_r = to < 8 ? 0x80u : 0;
    const unsigned no_b = right.number < 8 ? 0x20u : 0;
    const unsigned wide = op.wide ? 0x80u : 0;
    put({0xc4, no_r | 0x40u | no_b | static_cast<unsigned>(op.map),
         wide | (~static_cast<unsigned>(left) & 15u) << 3 | 4u | static_cast<unsigned>(op.prefix), op.code});
    operand(to, right);
}

void Assembler::vector(const Vector& op, std::uint8_t to, std::uint8_t left, const Place& right,
                       std::uint8_t last) {
    vector(op, to, left, right);
    put({last});
}

void Assembler::wide(const Vector& op, std::uint8_t to, std::uint8_t left, const Place& right,
                     const Lanes& lanes) {
    const unsigned no_r = (to & 8u) == 0 ? 0x80u : 0;
    const unsigned no_r2 = (to & 16u) == 0 ? 0x10u : 0;
    const unsigned no_x = right.is_memory || (right.number & 16u) == 0 ? 0x40u : 0;
    const unsigned no_b = (right.number & 8u) == 0 ? 0x20u : 0;
    const unsigned no_v2 = (left & 16u) == 0 ? 8u : 0;
    put({0x62, no_r | no_x | no_b | no_r2 | static_cast<unsigned>(op.map),
         (op.wide ? 0x80u : 0) | (~static_cast<unsigned>(left) & 15u) << 3 | 4u |
             static_cast<unsigned>(op.prefix),
         (lanes.zeroes ? 0x80u : 0) | static_cast<unsigned>(lanes.length) << 5 |
             (lanes.broadcasts ? 0x10u : 0) | no_v2 | lanes.mask,
         op.code});
    operand(to, right);
}

void Assembler::wide(const Vector& op, std::uint8_t to, std::uint8_t left, const Place& right,
                     std::uint8_t last, const Lanes& lanes) {
    wide(op, to, left, right, lanes);
    put({last});
}

void Assembler::mask(const Vector& op, std::uint8_t to, std::uint8_t left, const Place& right, bool is_pair) {
    vector(op, to, left, right);
    // vector() writes the form of 256 bits, which those with two sources have; the bit is in the third byte.
    const std::size_t third = bytes_.size() - (right.is_memory ? 7 : 3);
    if (!is_pair) bytes_[third] &= static_cast<std::uint8_t>(~4u);
}

void Assembler::general(bool is_64, std::uint8_t code, General reg, General base, std::int32_t offset) {
    put({0x40u | (is_64 ? 8u : 0) | (reg >= 8 ? 4u : 0) | (base >= 8 ? 1u : 0), code});
    operand(reg, Place::at(base, offset));
}

void Assembler::between(std::uint8_t code, General to, General from, bool is_64) {
    put({0x40u | (is_64 ? 8u : 0) | (from >= 8 ? 4u : 0) | (to >= 8 ? 1u : 0), code});
    operand(from, Place::reg(to));
}

void Assembler::load64(General to, General base, std::int32_t offset) {
    general(true, 0x8b, to, base, offset);
}
void Assembler::load32(General to, General base, std::int32_t offset) {
    general(false, 0x8b, to, base, offset);
}
void Assembler::store32(General base, std::int32_t offset, General from) {
    general(false, 0x89, from, base, offset);
}
void Assembler::and32(General to, General base, std::int32_t offset) {
    general(false, 0x23, to, base, offset);
}
void Assembler::add_offset(General to, General from, std::int32_t offset) {
    general(true, 0x8d, to, from, offset);
}
void Assembler::or32(General to, General from) { between(0x09, to, from); }
void Assembler::xor32(General to, General from) { between(0x31, to, from); }

void Assembler::set64(General to, std::uint64_t value) {
    put({0x48u | (to >= 8 ? 1u : 0), 0xb8u | (to & 7u)});
    put32(static_cast<std::int32_t>(value & 0xffffffffu));
    put32(static_cast<std::int32_t>(value >> 32));
}

void Assembler::shift_left32(General to, std::uint8_t bits) {
    put({0x40u | (to >= 8 ? 1u : 0), 0xc1, 0xe0u | (to & 7u), bits});
}

void Assembler::shift_right32(General to, std::uint8_t bits) {
    put({0x40u | (to >= 8 ? 1u : 0), 0xc1, 0xe8u | (to & 7u), bits});
}

std::size_t Assembler::begin_loop() {
    put({0x31, 0xc9});  // xor ecx, ecx
    return size();
}

void Assembler::end_loop(std::size_t begun, std::uint8_t step, std::int32_t end) {
    put({0x83, 0xc1, step, 0x81, 0xf9});  // add ecx, step; cmp ecx, end
    put32(end);
    put({0x0f, 0x82});  // jb
    put32(static_cast<std::int32_t>(begun) - static_cast<std::int32_t>(size() + 4));
}

void Assembler::load_signed32(General to, General base, std::int32_t offset) {
    general(true, 0x63, to, base, offset);
}
void Assembler::add64(General to, General base, std::int32_t offset) {
    general(true, 0x03, to, base, offset);
}
void Assembler::compare64(General left, General base, std::int32_t offset) {
    general(true, 0x3b, left, base, offset);
}
void Assembler::move64(General to, General from) { between(0x89, to, from, true); }
void Assembler::add64(General to, General from) { between(0x01, to, from, true); }
void Assembler::compare64(General left, General right) { between(0x39, left, right, true); }
void Assembler::test64(General reg) { between(0x85, reg, reg, true); }

void Assembler::compare_memory32(General base, std::int32_t offset, std::uint32_t value) {
    general(false, 0x81, static_cast<General>(7), base, offset);
    put32(static_cast<std::int32_t>(value));
}

void Assembler::test8(General reg, std::uint8_t bits) { put({0xf6, 0xc0u | reg, bits}); }
void Assembler::push(General reg) { put({0x40u | (reg >= 8 ? 1u : 0), 0x50u | (reg & 7u)}); }
void Assembler::pop(General reg) { put({0x40u | (reg >= 8 ? 1u : 0), 0x58u | (reg & 7u)}); }
void Assembler::call(General reg) { put({0x40u | (reg >= 8 ? 1u : 0), 0xff, 0xd0u | (reg & 7u)}); }

std::size_t Assembler::jump(Condition condition) {
    put({0x0f, 0x80u | static_cast<unsigned>(condition)});
    put32(0);
    return size();
}

std::size_t Assembler::jump() {
    put({0xe9});
    put32(0);
    return size();
}

void Assembler::land(std::size_t jump, std::size_t target) {
    const auto distance = static_cast<std::uint32_t>(target - jump);
    for (std::size_t k = 0; k < 4; ++k) bytes_[jump - 4 + k] = static_cast<std::uint8_t>(distance >> (8 * k));
}

void Assembler::clear_upper() { put({0xc5, 0xf8, 0x77}); }

void Assembler::leave() {
    clear_upper();
    put({0xc3});
}

}  // namespace soft::compile
