// Which slots compiled code holds in vector registers: loads them when they are read, keeps what was
// computed until it is written back. The code is a loop over chunks, eight lanes each. Used by compiler.cc
// and recipes.cc.
#pragma once
#include <span>
#include <vector>

#include "soft/compile/step.h"

namespace soft::compile {

// A lane is four bytes of a word's slot, so a chunk is this far from the next one: what rcx counts in.
constexpr std::uint8_t kChunkBytes = 32;
constexpr std::int32_t kSlotBytes = 128;

// Registers that recipes use as they like; the last one holds the chunk's lane mask in partial code.
constexpr std::uint8_t kScratch = 13;
constexpr std::uint8_t kScratch2 = 14;
constexpr std::uint8_t kMask = 15;
constexpr std::uint8_t kAllocated = 13;

// What compiled code keeps in general registers: the warp, its register window, the constants.
constexpr General kWarp = rdi;
constexpr General kInsn = rsi;
constexpr General kWindow = r8;
constexpr General kConstants = rax;
constexpr General kFree = r11;
// Where predicates are gathered, eight lanes of each at a time.
constexpr General kGathered[] = {rdx, r9, r10};
constexpr std::uint32_t kMostPredicates = 3;

// Of a constant in the constants' memory.
Place place_of(Constant constant);
// The constants themselves, which live as long as the process.
std::uint64_t constants_address();

class Registers {
  public:
    // `unread` as in Uses.
    Registers(Assembler& out, std::span<const Step> steps, std::span<const std::uint32_t> unread,
              bool is_partial);

    // Begins the loop's body.
    void begin_chunk();
    // Writes back what is due to be written; the body is complete then.
    void end_chunk();
    // After the loop.
    void store_predicates();

    // The register of a slot's value (of its upper four lanes with `half` 1), loaded if it is not there.
    // Stays until release().
    std::uint8_t read(const Source& source, std::uint32_t half = 0);
    // The same, or the slot's memory when the value is not held and not needed again.
    Place look(const Source& source, std::uint32_t half = 0);
    // A held value with its NaNs made canonical.
    void make_exact(const Source& source);
    bool has_any_nan(const Source& source) const;
    // The new value's register, unset; it replaces the slot's value at release().
    std::uint8_t define(std::uint32_t slot, Kind kind, std::uint32_t half = 0);
    void mark_any_nan() { new_.has_any_nan = true; }
    // The new value with its NaNs made canonical, if it was marked.
    void make_new_exact() { exact(new_); }
    // The step is done.
    void release();

  private:
    struct Held {
        std::uint32_t slot = 0;
        Kind kind = Kind::word;
        std::uint8_t reg[2] = {0, 0};
        bool is_changed = false;  // memory has an older value
        bool has_any_nan = false;
        bool is_pinned = false;  // the step at hand uses it
    };

    Held* find(std::uint32_t slot, Kind kind);
    std::uint32_t next_use(std::uint32_t slot, Kind kind) const { return uses_.next(step_, slot, kind); }
    std::uint8_t take();
    void evict();
    void give_back(const Held& held);
    // What of a slot belongs to the chunk.
    static Place memory(std::uint32_t slot, Kind kind, std::uint32_t half);
    void write_back(Held& held);
    void store(std::uint32_t slot, Kind kind, std::uint32_t half, std::uint8_t reg);
    void gather(const Held& held);
    void load_predicate(std::uint8_t to, std::uint32_t slot);
    void exact(Held& held);

    Assembler& out_;
    Uses uses_;
    bool is_partial_;
    std::uint32_t step_ = 0;
    std::uint32_t free_ = 0;  // one bit a register
    std::vector<Held> held_;
    Held new_;
    bool has_new_ = false;
    std::vector<std::uint32_t> predicates_;  // slots, in the order of kGathered
};

// Number of vector registers that a value needs.
inline std::uint32_t halves(Kind kind) { return kind == Kind::wide ? 2 : 1; }

}  // namespace soft::compile
