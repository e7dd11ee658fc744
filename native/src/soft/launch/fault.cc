// Ends a grid with an error and a line for people. Called by every handler that can fail.
#include <array>
#include <string>

#include "soft/launch/access.h"
#include "soft/launch/registry.h"
#include "soft/launch/runtime.h"
#include "soft/launch/tables.h"

namespace soft {
namespace {

std::string coordinates(const std::uint32_t (&at)[3]) {
    std::string text("[");
    text.append(std::to_string(at[0])).append(",").append(std::to_string(at[1]));
    return text.append(",").append(std::to_string(at[2])).append("]");
}

std::string place(const Warp& w, const Insn* i, std::uint32_t lane) {
    const auto& size = w.block->grid->config.block;
    const std::uint32_t thread = w.index * kLanes + lane;
    const std::uint32_t at[3] = {thread % size[0], thread / size[0] % size[1], thread / size[0] / size[1]};
    const Code& code = *w.frame->code;
    const auto index = static_cast<std::size_t>(i - code.insns.data());
    std::string text(" in ");
    text.append(code.name);
    if (index < code.lines.size()) {
        text.append(", ").append(code.names[index], code.name_sizes[index]).append(" at PTX line ");
        text.append(std::to_string(code.lines[index]));
    }
    text.append(", block ").append(coordinates(w.block->index));
    return text.append(", thread ").append(coordinates(at));
}

std::string hexadecimal(std::uint64_t value) {
    std::array<char, 17> digits{};
    std::size_t at = digits.size() - 1;
    do {
        digits[--at] = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value != 0);
    std::string text("0x");
    text.append(digits.data() + at);
    return text;
}

// What a kernel meets at an instruction the decoder knows but nothing executes. `side` is its text.
const Insn* unsupported(Warp& w, const Insn* i) {
    return raise(w, i, 715, 0, "the software device does not execute this instruction:");
}

const Insn* trap(Warp& w, const Insn* i) { return raise(w, i, 719, 0, "trap"); }

const OpEntry kEntries[] = {
    FERRY_PLAIN(unsupported, none, 0, unsupported),
    FERRY_PLAIN(fault_trap, none, 0, trap),
};

}  // namespace

std::span<const OpEntry> fault_entries() { return kEntries; }

const Insn* raise(Warp& w, const Insn* i, int error, std::uint32_t lane, const char* what) {
    w.block->grid->fail(error, what + place(w, i, lane));
    return nullptr;
}

const Insn* raise_address(Warp& w, const Insn* i, int error, std::uint32_t lane, const char* what,
                          std::uint64_t address) {
    w.block->grid->fail(error, std::string(what) + " " + hexadecimal(address) + place(w, i, lane));
    return nullptr;
}

}  // namespace soft
