// See registers.h.
#include "soft/compile/registers.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <iterator>

#include "soft/launch/warp.h"

namespace soft::compile {
namespace {

// In the order of enum Constant.
constexpr std::uint32_t kValues[] = {0,           ~0u, 0x80000000u, 0x7fffffffu, 0x3f800000u, 0,  0x4f000000u,
                                     0x7fffffffu, 255, 65535,       16,          24,          31, 32};
constexpr std::size_t kCount = std::size(kValues);
static_assert(kCount == static_cast<std::size_t>(Constant::count));

struct alignas(32) Constants {
    std::uint32_t values[kCount][8];
    std::uint32_t bits[4][8];  // of each chunk, the bit that each lane has in a predicate
};

constexpr Constants make_constants() {
    Constants made{};
    for (std::uint32_t k = 0; k < kCount; ++k) {
        for (std::uint32_t l = 0; l < 8; ++l) made.values[k][l] = kValues[k];
    }
    for (std::uint32_t c = 0; c < 4; ++c) {
        for (std::uint32_t l = 0; l < 8; ++l) made.bits[c][l] = 1u << (8 * c + l);
    }
    return made;
}

constexpr Constants kConstantValues = make_constants();

constexpr Vector kLoad = {Map::x0f, Prefix::none, 0x28};   // vmovaps
constexpr Vector kStore = {Map::x0f, Prefix::none, 0x29};  // vmovaps, the other way
constexpr Vector kUnordered = {Map::x0f, Prefix::none, 0xc2};
constexpr Vector kBlend = {Map::x0f3a, Prefix::x66, 0x4a};  // vblendvps
constexpr Vector kSignExtend = {Map::x0f38, Prefix::x66, 0x25};
constexpr Vector kBroadcast = {Map::x0f38, Prefix::x66, 0x58};
constexpr Vector kAnd = {Map::x0f, Prefix::x66, 0xdb};
constexpr Vector kEqual = {Map::x0f, Prefix::x66, 0x76};
constexpr Vector kSigns = {Map::x0f, Prefix::none, 0x50};  // vmovmskps

constexpr auto kMaskOffset = static_cast<std::int32_t>(offsetof(Warp, lane_mask));

const Place kLaneBits = Place::at(kConstants, static_cast<std::int32_t>(offsetof(Constants, bits)), 1);

}  // namespace

Place place_of(Constant constant) {
    return Place::at(kConstants, static_cast<std::int32_t>(constant) * kChunkBytes);
}
std::uint64_t constants_address() { return std::bit_cast<std::uint64_t>(&kConstantValues); }

Registers::Registers(Assembler& out, std::span<const Step> steps, std::span<const std::uint32_t> unread,
                     bool is_partial)
    : out_(out), uses_(steps, unread), is_partial_(is_partial) {
    for (const Step& step : steps) {
        if (step.rule->to != Kind::predicate || uses_.is_unread(step.slot)) continue;
        if (std::ranges::find(predicates_, step.slot) == predicates_.end()) predicates_.push_back(step.slot);
    }
}

void Registers::begin_chunk() {
    free_ = (1u << kAllocated) - 1;
    if (is_partial_) out_.vector(kLoad, kMask, 0, Place::at(kWarp, kMaskOffset, 1));
}

Place Registers::memory(std::uint32_t slot, Kind kind, std::uint32_t half) {
    const auto at = static_cast<std::int32_t>(slot + half * kChunkBytes);
    return Place::at(kWindow, at, kind == Kind::wide ? 2 : 1);
}

Registers::Held* Registers::find(std::uint32_t slot, Kind kind) {
    const auto found =
        std::ranges::find_if(held_, [&](const Held& held) { return held.slot == slot && held.kind == kind; });
    return found == held_.end() ? nullptr : &*found;
}

std::uint8_t Registers::take() {
    if (free_ == 0) evict();
    const auto reg = static_cast<std::uint8_t>(std::countr_zero(free_));
    free_ &= ~(1u << reg);
    return reg;
}

void Registers::give_back(const Held& held) {
    for (std::uint32_t half = 0; half < halves(held.kind); ++half) free_ |= 1u << held.reg[half];
}

// Makes room: of what the step does not use, the value that is needed last. Predicates have no memory of
// their own until the end, and are few.
void Registers::evict() {
    auto last = held_.end();
    std::uint32_t last_use = 0;
    for (auto each = held_.begin(); each != held_.end(); ++each) {
        if (each->is_pinned || (each->kind == Kind::predicate && each->is_changed)) continue;
        const std::uint32_t use = next_use(each->slot, each->kind);
        if (last != held_.end() && use <= last_use) continue;
        last = each;
        last_use = use;
    }
    write_back(*last);
    give_back(*last);
    held_.erase(last);
}

std::uint8_t Registers::read(const Source& source, std::uint32_t half) {
    Held* held = find(source.slot, source.kind);
    if (held == nullptr) {
        Held loaded;
        loaded.slot = source.slot;
        loaded.kind = source.kind;
        for (std::uint32_t h = 0; h < halves(source.kind); ++h) {
            loaded.reg[h] = take();
            if (source.kind == Kind::predicate)
                load_predicate(loaded.reg[h], source.slot);
            else
                out_.vector(kLoad, loaded.reg[h], 0, memory(source.slot, source.kind, h));
        }
        held_.push_back(loaded);
        held = &held_.back();
    }
    held->is_pinned = true;
    return held->reg[half];
}

void Registers::load_predicate(std::uint8_t to, std::uint32_t slot) {
    out_.vector(kBroadcast, to, 0, Place::at(kWindow, static_cast<std::int32_t>(slot)));
    out_.vector(kAnd, to, to, kLaneBits);
    out_.vector(kEqual, to, to, kLaneBits);
}

Place Registers::look(const Source& source, std::uint32_t half) {
    const bool is_held = find(source.slot, source.kind) != nullptr;
    const bool once = source.kind != Kind::predicate && next_use(source.slot, source.kind) == kNever;
    if (!is_held && once) return memory(source.slot, source.kind, half);
    return Place::reg(read(source, half));
}

void Registers::exact(Held& held) {
    if (!held.has_any_nan) return;
    out_.vector(kUnordered, kScratch2, held.reg[0], Place::reg(held.reg[0]), 3);
    out_.vector(kBlend, held.reg[0], held.reg[0], place_of(Constant::nan),
                static_cast<std::uint8_t>(kScratch2 << 4));
    held.has_any_nan = false;
}

void Registers::make_exact(const Source& source) {
    Held* held = find(source.slot, source.kind);
    if (held != nullptr) exact(*held);
}

bool Registers::has_any_nan(const Source& source) const {
    return std::ranges::any_of(held_, [&](const Held& held) {
        return held.slot == source.slot && held.kind == source.kind && held.has_any_nan;
    });
}

std::uint8_t Registers::define(std::uint32_t slot, Kind kind, std::uint32_t half) {
    if (!has_new_) {
        new_ = Held{};
        new_.slot = slot;
        new_.kind = kind;
        new_.is_changed = true;
        for (std::uint32_t h = 0; h < halves(kind); ++h) new_.reg[h] = take();
        has_new_ = true;
    }
    return new_.reg[half];
}

void Registers::release() {
    std::erase_if(held_, [&](Held& held) {
        held.is_pinned = false;
        const bool is_old = has_new_ && held.slot == new_.slot && held.kind == new_.kind;
        const bool is_done = next_use(held.slot, held.kind) == kNever &&
                             (!held.is_changed || uses_.is_lost(step_, held.slot, held.kind));
        if (!is_old && !is_done) return false;
        give_back(held);
        return true;
    });
    if (has_new_) held_.push_back(new_);
    has_new_ = false;
    ++step_;
}

void Registers::store(std::uint32_t slot, Kind kind, std::uint32_t half, std::uint8_t reg) {
    const Place at = memory(slot, kind, half);
    if (!is_partial_) {
        out_.vector(kStore, reg, 0, at);
        return;
    }
    std::uint8_t mask = kMask;
    if (kind == Kind::wide) {
        mask = kScratch2;
        const auto lanes = kMaskOffset + static_cast<std::int32_t>(half * kChunkBytes / 2);
        out_.vector(kSignExtend, mask, 0, Place::at(kWarp, lanes, 1));
    }
    out_.vector(kLoad, kScratch, 0, at);
    out_.vector(kBlend, kScratch, kScratch, Place::reg(reg), static_cast<std::uint8_t>(mask << 4));
    out_.vector(kStore, kScratch, 0, at);
}

void Registers::write_back(Held& held) {
    if (!held.is_changed) return;
    exact(held);
    if (held.kind == Kind::predicate)
        gather(held);
    else
        for (std::uint32_t h = 0; h < halves(held.kind); ++h) store(held.slot, held.kind, h, held.reg[h]);
    held.is_changed = false;
}

// Each chunk pushes its eight lanes in from above.
void Registers::gather(const Held& held) {
    const General into = kGathered[std::ranges::find(predicates_, held.slot) - predicates_.begin()];
    out_.vector(kSigns, kFree, 0, Place::reg(held.reg[0]));
    out_.shift_left32(kFree, 24);
    out_.shift_right32(into, 8);
    out_.or32(into, kFree);
}

void Registers::end_chunk() {
    for (Held& held : held_) write_back(held);
}

void Registers::store_predicates() {
    for (std::size_t k = 0; k < predicates_.size(); ++k) {
        const auto at = static_cast<std::int32_t>(predicates_[k]);
        if (is_partial_) {
            out_.load32(kFree, kWindow, at);
            out_.xor32(kGathered[k], kFree);
            out_.and32(kGathered[k], kWarp, static_cast<std::int32_t>(offsetof(Warp, active)));
            out_.xor32(kGathered[k], kFree);
        }
        out_.store32(kWindow, at, kGathered[k]);
    }
}

}  // namespace soft::compile
