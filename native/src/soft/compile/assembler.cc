// See assembler.h. The encodings are those of the processor manuals' VEX and REX forms.
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

void Assembler::general(bool is_64, std::uint8_t code, General reg, General base, std::int32_t offset) {
    put({0x40u | (is_64 ? 8u : 0) | (reg >= 8 ? 4u : 0) | (base >= 8 ? 1u : 0), code});
    operand(reg, Place::at(base, offset));
}

void Assembler::between(std::uint8_t code, General to, General from) {
    put({0x40u | (from >= 8 ? 4u : 0) | (to >= 8 ? 1u : 0), code});
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

void Assembler::leave() { put({0xc5, 0xf8, 0x77, 0xc3}); }

}  // namespace soft::compile
