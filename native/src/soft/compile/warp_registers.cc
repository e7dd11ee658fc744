// See warp_registers.h.
#include "soft/compile/warp_registers.h"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "soft/compile/registers.h"
#include "soft/launch/warp.h"

namespace soft::compile {
namespace {

constexpr Vector kLoad = {Map::x0f, Prefix::none, 0x28};           // vmovaps
constexpr Vector kLoadWide = {Map::x0f, Prefix::x66, 0x28, true};  // vmovapd
constexpr Vector kStore = {Map::x0f, Prefix::none, 0x29};          // vmovaps, the other way
constexpr Vector kUnordered = {Map::x0f, Prefix::none, 0xc2};
constexpr Vector kBlend = {Map::x0f38, Prefix::x66, 0x65};           // vblendmps
constexpr Vector kLoadMask8 = {Map::x0f, Prefix::x66, 0x90};         // kmovb
constexpr Vector kLoadMask16 = {Map::x0f, Prefix::none, 0x90};       // kmovw
constexpr Vector kLoadMask32 = {Map::x0f, Prefix::x66, 0x90, true};  // kmovd
constexpr Vector kStoreMask32 = {Map::x0f, Prefix::x66, 0x91, true};
constexpr Vector kMaskToGeneral = {Map::x0f, Prefix::xf2, 0x93};

constexpr auto kActive = static_cast<std::int32_t>(offsetof(Warp, active));

}  // namespace

Place spread(Constant constant) {
    return Place::at(kWarpConstants, static_cast<std::int32_t>(constant) * kChunkBytes);
}

Place part_of(std::uint32_t slot, std::uint32_t part) {
    return Place::at(kWindow, static_cast<std::int32_t>(slot + part * kPartBytes));
}

WarpRegisters::Held* WarpRegisters::find(std::uint32_t slot, Kind kind) {
    const auto found =
        std::ranges::find_if(held_, [&](const Held& held) { return held.slot == slot && held.kind == kind; });
    return found == held_.end() ? nullptr : &*found;
}

std::uint8_t WarpRegisters::take(Kind kind) {
    const bool is_predicate = kind == Kind::predicate;
    std::uint32_t& free = is_predicate ? free_masks_ : free_;
    if (free == 0) evict(is_predicate);
    const auto reg = static_cast<std::uint8_t>(std::countr_zero(free));
    free &= ~(1u << reg);
    return reg;
}

void WarpRegisters::give_back(const Held& held) {
    std::uint32_t& free = held.kind == Kind::predicate ? free_masks_ : free_;
    for (std::uint32_t part = 0; part < parts(held.kind); ++part) free |= 1u << held.reg[part];
}

// Makes room: of what the step does not use, the value that is needed last.
void WarpRegisters::evict(bool is_predicate) {
    auto last = held_.end();
    std::uint32_t last_use = 0;
    for (auto each = held_.begin(); each != held_.end(); ++each) {
        if (each->is_pinned || (each->kind == Kind::predicate) != is_predicate) continue;
        const std::uint32_t use = next_use(*each);
        if (last != held_.end() && use <= last_use) continue;
        last = each;
        last_use = use;
    }
    write_back(*last);
    give_back(*last);
    held_.erase(last);
}

void WarpRegisters::load(const Held& held) {
    if (held.kind == Kind::predicate) {
        out_.mask(kLoadMask32, held.reg[0], 0, part_of(held.slot, 0), false);
        return;
    }
    for (std::uint32_t part = 0; part < parts(held.kind); ++part)
        out_.wide(kLoad, held.reg[part], 0, part_of(held.slot, part));
}

void WarpRegisters::load(const std::vector<Held>& values) {
    for (const Held& held : values) load(held);
}

std::uint8_t WarpRegisters::read(const Source& source, std::uint32_t part) {
    Held* held = find(source.slot, source.kind);
    if (held == nullptr) {
        Held loaded;
        loaded.slot = source.slot;
        loaded.kind = source.kind;
        for (std::uint32_t p = 0; p < parts(source.kind); ++p) loaded.reg[p] = take(source.kind);
        load(loaded);
        held_.push_back(loaded);
        held = &held_.back();
    }
    held->is_pinned = true;
    return held->reg[part];
}

std::span<const std::uint8_t> WarpRegisters::all(const Source& source) {
    read(source);
    return find(source.slot, source.kind)->reg;
}

Place WarpRegisters::look(const Source& source, std::uint32_t part) {
    const bool is_held = find(source.slot, source.kind) != nullptr;
    if (!is_held && source.kind != Kind::predicate && uses_.next(step_, source.slot, source.kind) == kNever)
        return part_of(source.slot, part);
    return Place::reg(read(source, part));
}

void WarpRegisters::exact(Held& held) {
    if (!held.has_any_nan) return;
    for (std::uint32_t part = 0; part < parts(held.kind); ++part) {
        const std::uint8_t reg = held.reg[part];
        out_.wide(kUnordered, kTemporaryMask, reg, Place::reg(reg), 3);
        out_.wide(kBlend, reg, reg, spread(Constant::nan), Lanes{kTemporaryMask, false, true, 2});
    }
    held.has_any_nan = false;
}

void WarpRegisters::make_exact(const Source& source) {
    Held* held = find(source.slot, source.kind);
    if (held != nullptr) exact(*held);
}

bool WarpRegisters::has_any_nan(const Source& source) const {
    return std::ranges::any_of(held_, [&](const Held& held) {
        return held.slot == source.slot && held.kind == source.kind && held.has_any_nan;
    });
}

std::uint8_t WarpRegisters::define(std::uint32_t slot, Kind kind, std::uint32_t part) {
    const auto known = std::ranges::find(new_, slot, &Held::slot);
    if (known != new_.end()) return known->reg[part];
    Held made;
    made.slot = slot;
    made.kind = kind;
    made.is_changed = true;
    for (std::uint32_t p = 0; p < parts(kind); ++p) made.reg[p] = take(kind);
    new_.push_back(made);
    return made.reg[part];
}

void WarpRegisters::mark_any_nan() {
    for (Held& each : new_) each.has_any_nan = true;
}

void WarpRegisters::make_new_exact() {
    for (Held& each : new_) exact(each);
}

void WarpRegisters::release() {
    std::erase_if(held_, [&](const Held& held) {
        const bool is_old = std::ranges::any_of(
            new_, [&](const Held& made) { return made.slot == held.slot && made.kind == held.kind; });
        const bool is_done =
            next_use(held) == kNever && (!held.is_changed || uses_.is_lost(step_, held.slot, held.kind));
        if (!is_old && !is_done) return false;
        give_back(held);
        return true;
    });
    held_.insert(held_.end(), new_.begin(), new_.end());
    new_.clear();
    for (Held& held : held_) held.is_pinned = false;
    ++step_;
}

void WarpRegisters::load_active(std::uint8_t mask, Kind kind, std::uint32_t part) {
    const bool is_wide = kind == Kind::wide;
    const auto lanes = static_cast<std::int32_t>(is_wide ? part : 2 * part);
    out_.mask(is_wide ? kLoadMask8 : kLoadMask16, mask, 0, Place::at(kWarp, kActive + lanes), false);
}

void WarpRegisters::store_vector(const Held& held, std::uint32_t part) {
    const Place at = part_of(held.slot, part);
    std::uint8_t from = held.reg[part];
    if (is_partial_) {
        const bool is_wide = held.kind == Kind::wide;
        load_active(kTemporaryMask, held.kind, part);
        out_.wide(kLoad, kTemporary, 0, at);
        out_.wide(is_wide ? kLoadWide : kLoad, kTemporary, 0, Place::reg(from), Lanes{kTemporaryMask});
        from = kTemporary;
    }
    out_.wide(kStore, from, 0, at);
}

void WarpRegisters::store_predicate(const Held& held) {
    if (!is_partial_) {
        out_.mask(kStoreMask32, held.reg[0], 0, part_of(held.slot, 0), false);
        return;
    }
    const auto at = static_cast<std::int32_t>(held.slot);
    out_.mask(kMaskToGeneral, rax, 0, Place::reg(held.reg[0]), false);
    out_.load32(rcx, kWindow, at);
    out_.xor32(rax, rcx);
    out_.and32(rax, kWarp, kActive);
    out_.xor32(rax, rcx);
    out_.store32(kWindow, at, rax);
}

void WarpRegisters::write_back(Held& held) {
    if (!held.is_changed) return;
    exact(held);
    if (held.kind == Kind::predicate)
        store_predicate(held);
    else
        for (std::uint32_t part = 0; part < parts(held.kind); ++part) store_vector(held, part);
    held.is_changed = false;
}

void WarpRegisters::write(std::vector<Held> values) {
    for (Held& held : values) write_back(held);
}

void WarpRegisters::finish() {
    for (Held& held : held_) write_back(held);
}

}  // namespace soft::compile
