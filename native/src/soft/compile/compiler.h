// Compiles the straight-line parts of decoded functions: runs of arithmetic become one piece of AVX2 code
// that keeps its values in registers, entered in the place of the run's first instruction. With AVX-512 loads
// and stores are part of runs (warp_*). What is not compiled, and everything where the processor has no AVX2,
// stays with the interpreter. A function is compiled when it is first wanted, not when it is loaded: programs
// carry more kernels than they launch.
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

// The operation of a decoded instruction, and the statement of the function's layout that it comes from.
struct Origin {
    const OpEntry* entry = nullptr;
    std::uint32_t statement = 0;
};

// A register's stay in a slot, from the first statement that names it to the last.
struct Stay {
    std::uint32_t slot = 0;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
};

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

// The compiled code of one program, which outlives every grid that runs it. One thread at a time.
class Compiler {
  public:
    // Notes what it takes to compile `code`, which stays where it is from now on. `origins` is parallel to
    // its instructions; those that others jump to are named by `starts`, in ascending order. What a slot
    // holds after all its `stays` is of no use; a slot without any is always of use.
    void add(Code& code, std::vector<Origin> origins, std::vector<std::uint32_t> starts,
             std::vector<Stay> stays);
    // Compiles what it can of `code`, if add() knows it and it has not been done, and puts it in place. Of
    // code that no grid runs yet.
    void compile(const Code& code);

  private:
    struct Noted {
        Code* code;
        std::vector<Origin> origins;
        std::vector<std::uint32_t> starts;
        std::vector<Stay> stays;
    };
    struct Entry {
        Insn* insn;
        std::size_t full;  // where the code begins for warps with all lanes active
        std::size_t partial;
    };

    void find_runs(const Noted& noted);
    // Compiles what `run` has collected up to the instruction `end`, if it is long enough, and empties it.
    void close(const Noted& noted, Run& run, std::uint32_t end);
    // Makes all of it executable and puts it in place.
    void finish();
    // The slots that hold one value for all lanes while a block runs.
    void find_same(const Code& code);

    std::vector<Noted> noted_;
    Assembler out_;
    std::vector<Entry> entries_;
    std::vector<std::uint32_t> same_;  // of the function at hand
    std::vector<std::unique_ptr<CodePages>> pages_;
};

}  // namespace soft::compile
