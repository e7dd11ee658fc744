// Compiles the straight-line parts of decoded functions: runs of arithmetic become one piece of AVX2 code
// that keeps its values in registers, entered in the place of the run's first instruction. What is not
// compiled, and everything where the processor has no AVX2, stays with the interpreter. Called while a
// program is loaded.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "soft/compile/assembler.h"
#include "soft/launch/registry.h"

namespace soft::compile {

// False where nothing is compiled: the processor has no AVX2, or FERRY_SOFT_COMPILE is 0.
bool is_enabled();

class Run;

// Executable memory, filled once.
class CodePages {
  public:
    CodePages() = default;
    CodePages(const CodePages&) = delete;
    CodePages& operator=(const CodePages&) = delete;
    ~CodePages();
    // False when the system does not allow it.
    bool fill(std::span<const std::uint8_t> bytes);
    const std::byte* at(std::size_t offset) const { return data_ + offset; }

  private:
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

// The compiled code of one program, which outlives every grid that runs it. Used by one thread until
// finish().
class Compiler {
  public:
    // Compiles what it can of `code`. `entries` names each instruction's operation; instructions that others
    // jump to are named by `starts`, in ascending order. `code` stays where it is from now on.
    void add(Code& code, std::span<const OpEntry* const> entries, std::span<const std::uint32_t> starts);
    // Makes all of it executable and puts it in place.
    void finish();

  private:
    struct Entry {
        Insn* insn;
        std::size_t full;  // where the code begins for warps with all lanes active
        std::size_t partial;
    };

    // Compiles what `run` has collected up to the instruction `end`, if it is long enough, and empties it.
    void close(Code& code, Run& run, std::uint32_t end);

    Assembler out_;
    std::vector<Entry> entries_;
    CodePages pages_;
};

}  // namespace soft::compile
