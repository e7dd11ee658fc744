// Which slots whole-warp code holds in registers: 32 lanes of a word are two registers of 512 bits, of 64-bit
// lanes four, a predicate is a mask register. Used by warp_recipes.cc and warp_memory.cc.
#pragma once
#include <span>
#include <vector>

#include "soft/compile/step.h"

namespace soft::compile {

constexpr std::uint8_t kPartBytes = 64;

// Vector and mask registers that recipes use as they like, above those that hold values.
constexpr std::uint8_t kHeldVectors = 28;
constexpr std::uint8_t kTemporary = 28;
constexpr std::uint8_t kTemporary2 = 29;
constexpr std::uint8_t kFirstMask = 1;  // mask register 0 means no mask
constexpr std::uint8_t kHeldMasks = 5;
constexpr std::uint8_t kTemporaryMask = 6;
constexpr std::uint8_t kTemporaryMask2 = 7;

// What whole-warp code keeps in general registers beside those of registers.h: the constants, the memos and
// the ranges of memory instructions. rax, rcx and rdx are free.
constexpr General kWarpConstants = r9;
constexpr General kMemos = r10;
constexpr General kCaches = r11;

// A constant, of which every lane reads one word.
Place spread(Constant constant);
constexpr Lanes kSpread = {0, false, true, 2};

// Number of vector registers that a value needs.
inline std::uint32_t parts(Kind kind) { return kind == Kind::wide ? 4 : kind == Kind::word ? 2 : 1; }
// What of a slot is the part.
Place part_of(std::uint32_t slot, std::uint32_t part);

class WarpRegisters {
  public:
    struct Held {
        std::uint32_t slot = 0;
        Kind kind = Kind::word;
        std::uint8_t reg[4] = {};
        bool is_changed = false;  // memory has an older value
        bool has_any_nan = false;
        bool is_pinned = false;  // the step at hand uses it
    };

    WarpRegisters(Assembler& out, std::span<const Step> steps, std::span<const std::uint32_t> unread,
                  bool is_partial)
        : out_(out), uses_(steps, unread), is_partial_(is_partial) {}

    // The register of a part of the slot's value, loaded if it is not there. Stays until release().
    std::uint8_t read(const Source& source, std::uint32_t part = 0);
    // The same, or the slot's memory when the value is not held and not needed again.
    Place look(const Source& source, std::uint32_t part = 0);
    // The registers of all its parts.
    std::span<const std::uint8_t> all(const Source& source);
    // A held value with its NaNs made canonical.
    void make_exact(const Source& source);
    bool has_any_nan(const Source& source) const;
    // A new value's register, unset; it replaces the slot's value at release().
    std::uint8_t define(std::uint32_t slot, Kind kind, std::uint32_t part = 0);
    void mark_any_nan();
    // The new values with their NaNs made canonical, if they were marked.
    void make_new_exact();
    // The step is done.
    void release();
    // The active lanes of a part of a value, to a mask register.
    void load_active(std::uint8_t mask, Kind kind, std::uint32_t part);
    // Writes back what is due to be written.
    void finish();

    // All values at the step at hand; what writes them to their slots and what loads them again.
    const std::vector<Held>& held() const { return held_; }
    const std::vector<Held>& made() const { return new_; }
    void write(std::vector<Held> values);
    void load(const std::vector<Held>& values);

  private:
    Held* find(std::uint32_t slot, Kind kind);
    std::uint32_t next_use(const Held& held) const { return uses_.next(step_, held.slot, held.kind); }
    std::uint8_t take(Kind kind);
    void evict(bool is_predicate);
    void give_back(const Held& held);
    void load(const Held& held);
    void write_back(Held& held);
    void store_vector(const Held& held, std::uint32_t part);
    void store_predicate(const Held& held);
    void exact(Held& held);

    Assembler& out_;
    Uses uses_;
    bool is_partial_;
    std::uint32_t step_ = 0;
    std::uint32_t free_ = (1u << kHeldVectors) - 1;                      // one bit a vector register
    std::uint32_t free_masks_ = ((1u << kHeldMasks) - 1) << kFirstMask;  // the same of masks
    std::vector<Held> held_;
    std::vector<Held> new_;
};

}  // namespace soft::compile
